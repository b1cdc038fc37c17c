import DurableFiles
import Foundation
import GRDB
import RunFacts

/// All runs of a project, in an SQLite file that several processes can write at once.
///
/// The file is in WAL mode: readers never wait, writers take turns, and a process that is killed at
/// any moment leaves either all of a record or nothing.
package final class RunStore: Sendable {
    /// The folder that holds the store and its artifacts.
    package let home: URL
    private let pool: DatabasePool
    /// Where the copy lies that is read in the store's place; nil for the store itself.
    private let copy: URL?

    static let fileName = "runs.sqlite"

    let clock: RunClock
    /// Told a path that is waited for, when a second has passed.
    private let onWait: @Sendable (String) -> Void

    /// Opens the store, makes it where there is none, and marks the runs whose process has ended
    /// without a word as interrupted. A store that is there and up to date is opened without waiting for
    /// anybody.
    ///
    /// - Parameter onWait: told the path that is waited for, once a second has passed.
    /// - Throws: `StoreError`, `FileError`; `FileError.locked` when another process has kept the store's
    ///   lock for too long.
    package init(
        home: URL, clock: RunClock = .system,
        onWait: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        self.home = home
        self.clock = clock
        self.onWait = onWait
        copy = nil
        pool = try RunStore.openOrMake(in: home, onWait)
        try markInterrupted()
        // On a disk that can't be written they wait for a better day; `clean` tells what hinders.
        do { try mendDeletionsIfFree() } catch is FileError {}
    }

    /// Opens a copy of a store that can't be written: SQLite itself has to write to read a log, which it
    /// can't on a full or read-only disk, or in somebody else's folder. What is written to it is lost.
    ///
    /// - Throws: `StoreError`, `FileError`.
    package init(copyOf home: URL) throws {
        self.home = home
        clock = .system
        onWait = { _ in }
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("tessera-runs-\(UUID().uuidString)")
        try AtomicFile.makeFolder(folder)
        do {
            for name in [RunStore.fileName, RunStore.fileName + "-wal"] {
                let source = home.appendingPathComponent(name)
                guard FileManager.default.fileExists(atPath: source.path) else { continue }
                try AtomicFile.write(
                    RegularFile.read(source), to: folder.appendingPathComponent(name))
            }
            let file = folder.appendingPathComponent(RunStore.fileName).path
            pool = try RunStore.guarded(file) { try RunStore.open(file) { _ in } }
        } catch {
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
        copy = folder
        // On a read-only disk nobody can tell a killed run from a running one, and it stays as it was.
        do { try markInterrupted() } catch is FileError {}
    }

    deinit {
        if let copy { try? FileManager.default.removeItem(at: copy) }
    }

    var isCopy: Bool { copy != nil }

    /// Whether a folder has a store, without making one.
    ///
    /// - Throws: `FileError.unreadable` where that can't be seen.
    package static func exists(in home: URL) throws -> Bool {
        try FileFacts.find(home.appendingPathComponent(fileName)) != nil
    }

    /// Held while the store is made or migrated, a run begun or deleted, or artifacts removed.
    var lockFile: URL { RunStore.lockFile(in: home) }

    /// Runs `body` while no other process is in here.
    ///
    /// - Throws: `FileError.locked` after a minute of waiting, and what `body` throws.
    func exclusively<Result>(_ body: () throws -> Result) throws -> Result {
        try FileLock.holding(lockFile, onWait: onWait, body)
    }

    var path: String { home.appendingPathComponent(RunStore.fileName).path }

    // MARK: - Access

    func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try RunStore.guarded(path) { try pool.write(body) }
    }

    /// As `write`, and on the disk before it returns: what is removed after it may not come back with
    /// the power.
    func writeDurably(_ body: (Database) throws -> Void) throws {
        try RunStore.guarded(path) {
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
                defer { try? db.execute(sql: "PRAGMA synchronous = NORMAL") }
                try db.inTransaction(.immediate) {
                    try body(db)
                    return .commit
                }
            }
        }
    }

    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try RunStore.guarded(path) { try pool.read(body) }
    }

    static func guarded<Result>(
        _ path: String, _ body: () throws -> Result
    ) throws -> Result {
        do { return try body() } catch let error as DatabaseError {
            throw StoreError(error, path: path)
        }
    }

    // MARK: - Starting

    /// Begins a run.
    ///
    /// - Parameters:
    ///   - id: no other run's, of the form of `RunID`.
    ///   - config: the values in force, by key.
    ///   - paths: those of them that are paths, and others, from the root on.
    package func begin(
        id: String, job: String, config: [String: String], environment: [String: String],
        tags: [String: String] = [:], paths: [String: String] = [:], at date: Date? = nil
    ) throws -> RunRecorder {
        guard RunID.isValid(id) else { throw StoreError.notARunID(id) }
        let start = clock.seconds()
        guard let lock = try RunLock(of: id, in: home) else {
            throw StoreError.failed(path: path, reason: "run \(id) is running already")
        }
        try exclusively {
            try insertRun(
                id: id, job: job, config: config, environment: environment, tags: tags,
                paths: paths, at: date ?? clock.date())
        }
        return RunRecorder(id: id, store: self, lock: lock, start: start)
    }

    private func insertRun(
        id: String, job: String, config: [String: String], environment: [String: String],
        tags: [String: String], paths: [String: String], at start: Date
    ) throws {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO run
                        (id, job, status, started_at, config, environment, tags, paths)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, job, RunStatus.running.rawValue, start.timeIntervalSince1970,
                    try JSONText.encode(config),
                    try JSONText.encode(environment), try JSONText.encode(tags),
                    try JSONText.encode(paths),
                ])
            try db.insert(RunEvent(at: start, kind: .runStarted, elapsed: 0), run: id)
        }
    }

    /// A run whose lock is free has nobody who could still end it.
    private func markInterrupted() throws {
        let running = try read { db in
            try String.fetchAll(
                db, sql: "SELECT id FROM run WHERE status = ?",
                arguments: [RunStatus.running.rawValue])
        }
        // A name that is none is told by whoever reads its row.
        for id in running where RunID.isValid(id) {
            guard let lock = try RunLock(of: id, in: home) else { continue }
            defer { lock.remove() }
            try markInterrupted(id)
        }
    }

    private func markInterrupted(_ id: String) throws {
        try write { db in
            let last = try Row.fetchOne(
                db,
                sql: """
                    SELECT MAX(at) AS at, MAX(elapsed) AS elapsed FROM (
                        SELECT at, elapsed FROM event WHERE run = :run
                        UNION ALL SELECT at, elapsed FROM metric WHERE run = :run
                        UNION ALL SELECT at, NULL FROM check_result WHERE run = :run)
                    """, arguments: ["run": id])
            // Between the look and the lock its process may have ended it properly.
            try db.execute(
                sql: """
                    UPDATE run SET status = ?, finished_at = ?, seconds = ?
                    WHERE id = ? AND status = ?
                    """,
                arguments: [
                    RunStatus.interrupted.rawValue, last?["at"] as Double? ?? 0,
                    last?["elapsed"] as Double?, id, RunStatus.running.rawValue,
                ])
        }
    }
}
