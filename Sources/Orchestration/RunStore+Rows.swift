import Foundation
import GRDB

extension RunStore {
    /// Columns of `run`, with the number that says in which order runs were made.
    static let runColumns = "run.rowid AS number, run.*"

    func run(_ row: Row) throws -> StoredRun {
        let number: Int64 = row["number"]
        var reader = StoreRow(row: row, path: path, table: "run", name: "row \(number)")
        let id = try reader.runID("id")
        reader = StoreRow(row: row, path: path, table: "run", name: "run \(id)")
        return try StoredRun(reader, id: id)
    }

    func event(_ row: Row, of run: String) throws -> RunEvent {
        let row = reader(row, "event", of: run)
        return RunEvent(
            at: try row.time("at"), kind: try row.named("kind"), asset: row.row["asset"],
            seconds: try row.real("seconds"), message: row.row["message"],
            elapsed: try row.real("elapsed"))
    }

    func metric(_ row: Row, of run: String) throws -> MetricPoint {
        let row = StoreRow(row: row, path: path, table: "metric", name: "run \(run)")
        return MetricPoint(
            try row.identifier("name"), step: try row.number("step"), epoch: row.row["epoch"],
            value: try row.real("value") ?? .nan, at: try row.time("at"))
    }

    func check(_ row: Row, of run: String) throws -> CheckResult {
        let row = reader(row, "check_result", of: run)
        return CheckResult(
            try row.text("name"), of: try row.identifier("asset"),
            severity: try row.named("severity"), passed: try row.flag("passed"),
            evidence: try row.json(Metadata.self, "evidence"))
    }

    func materialization(_ row: Row) throws -> Materialization {
        let number: Int64 = row["id"]
        let run = (row["run"] as String?).map { " of run \(StoreRow.quoted($0))" } ?? ""
        return try Materialization(
            StoreRow(
                row: row, path: path, table: "materialization", name: "row \(number)\(run)"))
    }

    private func reader(_ row: Row, _ table: String, of run: String) -> StoreRow {
        let number: Int64 = row["id"]
        return StoreRow(row: row, path: path, table: table, name: "row \(number) of run \(run)")
    }
}

extension StoredRun {
    fileprivate init(_ row: StoreRow, id: String) throws {
        self.id = id
        job = try row.text("job")
        status = try row.named("status")
        startedAt = try row.time("started_at")
        finishedAt = try row.optionalTime("finished_at")
        // Runs of earlier versions have no more than the two dates.
        seconds =
            try row.real("seconds").flatMap { $0.isFinite ? max(0, $0) : nil }
            ?? finishedAt.map { [startedAt] in max(0, $0.timeIntervalSince(startedAt)) }
        failure = row.row["failure"]
        config = try row.json([String: String].self, "config")
        environment = try row.json([String: String].self, "environment")
        paths = try row.json([String: String].self, "paths")
        tags = try row.json([String: String].self, "tags")
    }
}

extension Materialization {
    fileprivate init(_ row: StoreRow) throws {
        id = row.row["id"]
        run = try row.optionalRunID("run")
        asset = try row.identifier("asset")
        version = AssetVersion(digest: try row.text("version"))
        codeVersion = try row.text("code_version")
        config = try row.text("config")
        artifact = try row.digest("artifact")
        bytes = try row.number("bytes")
        metadata = try row.metadata("metadata")
        at = try row.time("at")
    }
}

extension Database {
    func insert(_ event: RunEvent, run: String) throws {
        try execute(
            sql: """
                INSERT INTO event (run, at, kind, asset, seconds, message, elapsed)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                run, event.at.timeIntervalSince1970, event.kind.rawValue, event.asset,
                event.seconds, event.message, event.elapsed,
            ])
    }
}
