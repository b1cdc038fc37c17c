import Foundation
import GRDB
import RunFacts

/// What a run writes into the store while it runs.
///
/// Each call is one transaction, so a reader sees all of it or nothing. A recorder that goes away
/// without `finish` leaves a run that the next start marks as interrupted.
package final class RunRecorder: Sendable {
    package let id: String
    private let store: RunStore
    private let lock: RunLock
    /// When it began, by the clock that nobody sets.
    private let start: Double

    init(id: String, store: RunStore, lock: RunLock, start: Double) {
        self.id = id
        self.store = store
        self.lock = lock
        self.start = start
    }

    /// Seconds since it began.
    private var elapsed: Double { max(0, store.clock.seconds() - start) }

    private func event(
        _ kind: RunEventKind, asset: String? = nil, seconds: Double? = nil, message: String? = nil
    ) -> RunEvent {
        RunEvent(
            at: store.clock.date(), kind: kind, asset: asset, seconds: seconds, message: message,
            elapsed: elapsed)
    }

    package func record(
        _ kind: RunEventKind, asset: String? = nil, seconds: Double? = nil, message: String? = nil
    ) throws {
        let event = event(kind, asset: asset, seconds: seconds, message: message)
        try store.write { try $0.insert(event, run: id) }
    }

    /// What the run made of an asset, with the event of its success.
    ///
    /// - Parameters:
    ///   - inputs: what it was made from, by the input's name.
    ///   - artifact: the digest of its content, which the artifact store has.
    package func materialized(
        _ asset: AssetDefinition, version: AssetVersion, config: String,
        inputs: [String: Materialization], artifact: String, bytes: Int, metadata: Metadata,
        seconds: Double
    ) throws -> Materialization {
        let now = Date(timeIntervalSince1970: store.clock.date().timeIntervalSince1970)
        return try store.write { db in
            try db.execute(
                sql: """
                    INSERT INTO materialization
                        (run, asset, version, code_version, config, artifact, bytes, metadata, at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, asset.name, version.digest, asset.codeVersion, config, artifact, bytes,
                    try JSONText.encode(metadata), now.timeIntervalSince1970,
                ])
            let made = Materialization(
                id: db.lastInsertedRowID, run: id, asset: asset.name, version: version,
                codeVersion: asset.codeVersion, config: config, artifact: artifact, bytes: bytes,
                metadata: metadata, at: now)
            for (name, input) in inputs {
                try db.execute(
                    sql: "INSERT INTO materialization_input VALUES (?, ?, ?)",
                    arguments: [made.id, name, input.id])
            }
            try take(made, db)
            try db.insert(event(.assetSucceeded, asset: asset.name, seconds: seconds), run: id)
            return made
        }
    }

    /// The run has an asset from an earlier one, instead of making it.
    package func reused(_ materialization: Materialization) throws {
        try store.write { db in
            try take(materialization, db)
            try db.insert(
                event(
                    .assetSkipped, asset: materialization.asset,
                    message: materialization.run.map { "built by run \($0)" }), run: id)
        }
    }

    private func take(_ materialization: Materialization, _ db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO run_asset VALUES (?, ?, ?)",
            arguments: [id, materialization.asset, materialization.id])
    }

    /// Several points in one transaction; a point of the same name and step is replaced, as after a
    /// resume.
    package func record(_ points: [MetricPoint]) throws {
        let elapsed = elapsed
        try store.write { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO metric (run, name, step, epoch, value, at, elapsed)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """)
            for point in points {
                try statement.execute(arguments: [
                    id, point.name, point.step, point.epoch, point.value,
                    point.at.timeIntervalSince1970, elapsed,
                ])
            }
        }
    }

    package func record(_ check: CheckResult) throws {
        try store.write {
            try $0.execute(
                sql: """
                    INSERT INTO check_result (run, asset, name, severity, passed, evidence, at)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, check.asset, check.name, check.severity.rawValue, check.passed,
                    try JSONText.encode(check.evidence), store.clock.date().timeIntervalSince1970,
                ])
        }
    }

    package func record(_ deployment: DeploymentRecord) throws {
        try store.write {
            try $0.execute(
                sql: """
                    INSERT INTO deployment (run, model, strategy, outcome, reason, at)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, deployment.model, deployment.strategy, deployment.outcome,
                    deployment.reason, store.clock.date().timeIntervalSince1970,
                ])
        }
    }

    /// Ends the run.
    package func finish(_ status: RunStatus, failure: String? = nil) throws {
        let end = event(.runFinished, seconds: elapsed, message: failure ?? status.rawValue)
        try store.write { db in
            try db.execute(
                sql: """
                    UPDATE run SET status = ?, finished_at = ?, seconds = ?, failure = ?
                    WHERE id = ?
                    """,
                arguments: [
                    status.rawValue, end.at.timeIntervalSince1970, end.seconds, failure, id,
                ])
            try db.insert(end, run: id)
        }
        lock.remove()
    }
}
