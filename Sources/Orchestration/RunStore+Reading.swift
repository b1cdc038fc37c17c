import Foundation
import GRDB

extension RunStore {
    /// The latest runs first.
    ///
    /// - Parameter limit: at most so many; all if nil.
    public func runs(limit: Int? = nil) throws -> [StoredRun] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM run ORDER BY started_at DESC, id DESC LIMIT ?",
                arguments: [limit ?? -1]
            ).map(StoredRun.init)
        }
    }

    /// The run with an id, or with an id that starts like this; `latest` is the one started last.
    ///
    /// - Throws: `StoreError.unknownRun`, `StoreError.ambiguousRun`.
    public func run(_ id: String) throws -> StoredRun {
        if id == "latest" {
            guard let run = try runs(limit: 1).first else {
                throw StoreError.unknownRun(id, similar: [])
            }
            return run
        }
        let found = try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM run WHERE substr(id, 1, ?) = ? ORDER BY started_at",
                arguments: [id.count, id]
            ).map(StoredRun.init)
        }
        if let exact = found.first(where: { $0.id == id }) { return exact }
        guard let run = found.first, !id.isEmpty else {
            throw StoreError.unknownRun(id, similar: try similar(to: id))
        }
        guard found.count == 1 else {
            throw StoreError.ambiguousRun(id, matches: found.prefix(5).map(\.id))
        }
        return run
    }

    /// Runs whose id contains the text.
    private func similar(to id: String) throws -> [String] {
        guard !id.isEmpty else { return [] }
        return try read { db in
            try String.fetchAll(
                db, sql: "SELECT id FROM run WHERE instr(id, ?) ORDER BY started_at DESC LIMIT 3",
                arguments: [id])
        }
    }

    /// In the order they happened.
    public func events(of run: String) throws -> [RunEvent] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM event WHERE run = ? ORDER BY id", arguments: [run]
            ).map(RunEvent.init)
        }
    }

    /// By name and step.
    public func metrics(of run: String) throws -> [MetricPoint] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM metric WHERE run = ? ORDER BY name, step",
                arguments: [run]
            ).map(MetricPoint.init)
        }
    }

    public func checks(of run: String) throws -> [CheckResult] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM check_result WHERE run = ? ORDER BY id", arguments: [run]
            ).map(CheckResult.init)
        }
    }

    public func deployments(of run: String) throws -> [DeploymentRecord] {
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
    public func materializations(of run: String) throws -> [Materialization] {
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
            ).map(Materialization.init)
        }
    }

    /// The latest that was made of a version.
    public func materialization(
        of asset: String, version: AssetVersion
    ) throws -> Materialization? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT * FROM materialization WHERE asset = ? AND version = ?
                    ORDER BY id DESC LIMIT 1
                    """, arguments: [asset, version.digest]
            ).map(Materialization.init)
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
            ).map(Materialization.init)
        }
    }

    /// What a materialisation was made from, by the input's name.
    public func inputs(of materialization: Materialization) throws -> [String: Materialization] {
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
                uniqueKeysWithValues: rows.map { ($0["input_name"], try Materialization($0)) })
        }
    }
}

extension StoredRun {
    fileprivate init(_ row: Row) throws {
        id = row["id"]
        job = row["job"]
        status = try row.named("status")
        startedAt = Date(timeIntervalSince1970: row["started_at"])
        finishedAt = (row["finished_at"] as Double?).map(Date.init(timeIntervalSince1970:))
        failure = row["failure"]
        config = try JSONText.decode([String: String].self, row["config"])
        environment = try JSONText.decode([String: String].self, row["environment"])
        tags = try JSONText.decode([String: String].self, row["tags"])
    }
}

extension RunEvent {
    fileprivate init(_ row: Row) throws {
        self.init(
            at: Date(timeIntervalSince1970: row["at"]), kind: try row.named("kind"),
            asset: row["asset"], seconds: row["seconds"], message: row["message"])
    }
}

extension MetricPoint {
    fileprivate init(_ row: Row) {
        self.init(
            row["name"], step: row["step"], epoch: row["epoch"], value: row["value"] ?? .nan,
            at: Date(timeIntervalSince1970: row["at"]))
    }
}

extension CheckResult {
    fileprivate init(_ row: Row) throws {
        self.init(
            row["name"], of: row["asset"], severity: try row.named("severity"),
            passed: row["passed"],
            evidence: try JSONText.decode(Metadata.self, row["evidence"]))
    }
}

extension Materialization {
    init(_ row: Row) throws {
        id = row["id"]
        run = row["run"]
        asset = row["asset"]
        version = AssetVersion(digest: row["version"])
        codeVersion = row["code_version"]
        config = row["config"]
        artifact = row["artifact"]
        bytes = row["bytes"]
        metadata = try JSONText.decode(Metadata.self, row["metadata"])
        at = Date(timeIntervalSince1970: row["at"])
    }
}

extension Row {
    /// A column that names one of an enumeration's cases.
    fileprivate func named<Case: RawRepresentable>(_ column: String) throws -> Case
    where Case.RawValue == String {
        let text: String = self[column]
        guard let value = Case(rawValue: text) else {
            throw DatabaseError(
                resultCode: .SQLITE_MISMATCH, message: "\(column) \(text) is unknown here")
        }
        return value
    }
}
