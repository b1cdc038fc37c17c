import Foundation
import GRDB

extension RunStore {
    /// The latest runs first: those that were begun last, whatever the clock said then.
    ///
    /// - Parameter limit: at most so many; all if nil.
    /// - Throws: `StoreError.damaged` for the first whose record is.
    package func runs(limit: Int? = nil) throws -> [StoredRun] {
        try runRows(limit: limit).map(run)
    }

    /// The latest runs first, but for those whose records are damaged, which are told beside them.
    package func readableRuns() throws -> (runs: [StoredRun], damage: [StoreError]) {
        var (found, damage): ([StoredRun], [StoreError]) = ([], [])
        for row in try runRows(limit: nil) {
            do { found.append(try run(row)) } catch let error as StoreError { damage.append(error) }
        }
        return (found, damage)
    }

    private func runRows(limit: Int?) throws -> [Row] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT \(RunStore.runColumns) FROM run ORDER BY rowid DESC LIMIT ?",
                arguments: [limit ?? -1])
        }
    }

    /// The ids of all runs as they are stored, the latest first, also of those whose records are
    /// damaged.
    package func runIDs() throws -> [String] {
        try read { try String.fetchAll($0, sql: "SELECT id FROM run ORDER BY rowid DESC") }
    }

    /// The run with an id, or with an id that starts like this; `latest` is the one started last.
    ///
    /// - Throws: `StoreError.unknownRun`, `StoreError.ambiguousRun`.
    package func run(_ id: String) throws -> StoredRun {
        let whole = try self.id(id)
        let row = try read { db in
            try Row.fetchOne(
                db, sql: "SELECT \(RunStore.runColumns) FROM run WHERE id = ?", arguments: [whole])
        }
        guard let row else { throw StoreError.unknownRun(id, similar: []) }
        return try run(row)
    }

    /// The id of a run that `run` would find, though its record be damaged.
    ///
    /// - Throws: `StoreError.unknownRun`, `StoreError.ambiguousRun`; `StoreError.damaged` if what is
    ///   stored as its id is none.
    package func id(_ reference: String) throws -> String {
        let isLatest = reference == "latest"
        let found = try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT rowid AS number, id FROM run WHERE \(isLatest ? "?" : "substr(id, 1, ?)") = ?
                    ORDER BY rowid \(isLatest ? "DESC LIMIT 1" : "")
                    """,
                arguments: isLatest
                    ? [reference, reference] : [reference.unicodeScalars.count, reference])
        }
        let ids = try found.map { row in
            try StoreRow(row: row, path: path, table: "run", name: "row \(row["number"] as Int64)")
                .runID("id")
        }
        if ids.contains(reference) { return reference }
        guard let id = ids.first, !reference.isEmpty else {
            throw StoreError.unknownRun(reference, similar: try similar(to: reference))
        }
        guard ids.count == 1 else {
            throw StoreError.ambiguousRun(reference, matches: Array(ids.prefix(5)))
        }
        return id
    }

    /// Runs whose id contains the text.
    private func similar(to id: String) throws -> [String] {
        guard !id.isEmpty, id != "latest" else { return [] }
        return try read { db in
            try String.fetchAll(
                db, sql: "SELECT id FROM run WHERE instr(id, ?) ORDER BY rowid DESC LIMIT 3",
                arguments: [id])
        }
    }

    /// In the order they happened.
    package func events(of run: String) throws -> [RunEvent] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM event WHERE run = ? ORDER BY id", arguments: [run]
            ).map { try event($0, of: run) }
        }
    }

    /// By name and step.
    package func metrics(of run: String) throws -> [MetricPoint] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM metric WHERE run = ? ORDER BY name, step",
                arguments: [run]
            ).map { try metric($0, of: run) }
        }
    }

    package func checks(of run: String) throws -> [CheckResult] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM check_result WHERE run = ? ORDER BY id", arguments: [run]
            ).map { try check($0, of: run) }
        }
    }

    package func deployments(of run: String) throws -> [DeploymentRecord] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM deployment WHERE run = ? ORDER BY id", arguments: [run]
            ).map {
                DeploymentRecord(
                    model: $0["model"], strategy: $0["strategy"], outcome: $0["outcome"],
                    reason: $0["reason"])
            }
        }
    }

    /// What a run has of each asset, made by it or by an earlier one; in the order in which the run made
    /// or took them, inputs first.
    package func materializations(of run: String) throws -> [Materialization] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT materialization.* FROM run_asset
                    JOIN materialization ON materialization.id = run_asset.materialization
                    LEFT JOIN (
                        SELECT asset AS name, MAX(id) AS place FROM event
                        WHERE run = ? AND kind IN ('asset_succeeded', 'asset_skipped')
                        GROUP BY asset
                    ) ON name = run_asset.asset
                    WHERE run_asset.run = ? ORDER BY place, materialization.id
                    """, arguments: [run, run]
            ).map(materialization)
        }
    }

    /// The latest that was made of a version.
    package func materialization(
        of asset: String, version: AssetVersion
    ) throws -> Materialization? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT * FROM materialization WHERE asset = ? AND version = ?
                    ORDER BY id DESC LIMIT 1
                    """, arguments: [asset, version.digest]
            ).map(materialization)
        }
    }

    /// All that was made of an asset with one code version and config, the latest first.
    func materializations(
        of asset: AssetDefinition, config: String
    ) throws -> [Materialization] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM materialization
                    WHERE asset = ? AND code_version = ? AND config = ? ORDER BY id DESC
                    """, arguments: [asset.name, asset.codeVersion, config]
            ).map(materialization)
        }
    }

    /// What a materialisation was made from, by the input's name.
    package func inputs(of materialization: Materialization) throws -> [String: Materialization] {
        try read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT materialization_input.asset AS input_name, materialization.*
                    FROM materialization_input
                    JOIN materialization ON materialization.id = materialization_input.input
                    WHERE materialization_input.materialization = ?
                    """, arguments: [materialization.id])
            return try Dictionary(
                uniqueKeysWithValues: rows.map { ($0["input_name"], try self.materialization($0)) })
        }
    }
}
