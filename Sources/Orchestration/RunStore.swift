import DurableFiles
import Foundation
import GRDB

/// All runs of a project, in an SQLite file that several processes can write at once.
///
/// The file is in WAL mode: readers never wait, writers take turns, and a process that is killed at
/// any moment leaves either all of a record or nothing.
public final class RunStore: Sendable {
    /// The folder that holds the store and its artifacts.
    public let home: URL
    private let pool: DatabasePool
    /// Where the copy lies that is read in the store's place; nil for the store itself.
    private let copy: URL?

    static let fileName = "runs.sqlite"
    /// Seconds that a writer waits for its turn.
    private static let patience = 30.0

    /// Opens the store, makes it where there is none, and marks the runs whose process has ended
    /// without a word as interrupted.
    ///
    /// - Throws: `StoreError`, `FileError`.
    public init(home: URL) throws {
        self.home = home
        copy = nil
        let file = home.appendingPathComponent(RunStore.fileName)
        pool = try RunStore.guarded(file.path) {
            try RunLock.exclusively(RunStore.lockFile(in: home)) {
                try RunStore.open(file.path)
            }
        }
        try markInterrupted()
    }

    /// Opens a copy of a store that can't be written: SQLite itself has to write to read a log, which it
    /// can't on a full or read-only disk, or in somebody else's folder. What is written to it is lost.
    ///
    /// - Throws: `StoreError`, `FileError`.
    public init(copyOf home: URL) throws {
        self.home = home
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
            pool = try RunStore.guarded(file) { try RunStore.open(file) }
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
    public static func exists(in home: URL) -> Bool {
        FileManager.default.fileExists(atPath: home.appendingPathComponent(fileName).path)
    }

    private static func open(_ path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(patience)
        configuration.label = "runs"
        let pool = try DatabasePool(path: path, configuration: configuration)
        let migrator = StoreMigrations.all
        let known = Set(migrator.migrations)
        let applied = try pool.read { try migrator.appliedIdentifiers($0) }
        guard applied.isSubset(of: known) else {
            throw StoreError.newer(
                path: path, migrations: applied.subtracting(known).sorted())
        }
        if applied != known { try migrator.migrate(pool) }
        return pool
    }

    private static func lockFile(in home: URL) -> URL { home.appendingPathComponent("runs.lock") }

    /// Held while the store is opened, a run begun, or artifacts removed.
    var lockFile: URL { RunStore.lockFile(in: home) }

    var path: String { home.appendingPathComponent(RunStore.fileName).path }

    // MARK: - Access

    func write<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try RunStore.guarded(path) { try pool.write(body) }
    }

    func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
        try RunStore.guarded(path) { try pool.read(body) }
    }

    private static func guarded<Result>(
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
    ///   - id: no other run's.
    ///   - config: the values in force, by key.
    public func begin(
        id: String, job: String, config: [String: String], environment: [String: String],
        tags: [String: String] = [:], at start: Date = Date()
    ) throws -> RunRecorder {
        guard let lock = try RunLock(lockFile(id)) else {
            throw StoreError.failed(path: path, reason: "run \(id) is running already")
        }
        try RunLock.exclusively(lockFile) {
            try insertRun(
                id: id, job: job, config: config, environment: environment, tags: tags, at: start)
        }
        return RunRecorder(id: id, store: self, lock: lock)
    }

    private func insertRun(
        id: String, job: String, config: [String: String], environment: [String: String],
        tags: [String: String], at start: Date
    ) throws {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO run (id, job, status, started_at, config, environment, tags)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, job, RunStatus.running.rawValue, start.timeIntervalSince1970,
                    try JSONText.encode(config),
                    try JSONText.encode(environment), try JSONText.encode(tags),
                ])
            try db.insert(RunEvent(at: start, kind: .runStarted), run: id)
        }
    }

    private func lockFile(_ id: String) -> URL {
        home.appendingPathComponent("locks/\(id).lock")
    }

    /// A run whose lock is free has nobody who could still end it.
    private func markInterrupted() throws {
        let running = try read { db in
            try String.fetchAll(
                db, sql: "SELECT id FROM run WHERE status = ?",
                arguments: [RunStatus.running.rawValue])
        }
        for id in running {
            guard let lock = try RunLock(lockFile(id)) else { continue }
            defer { lock.remove() }
            try write { db in
                // Between the look and the lock its process may have ended it properly.
                let last =
                    try Double.fetchOne(
                        db,
                        sql: """
                            SELECT MAX(at) FROM (
                                SELECT at FROM event WHERE run = ?
                                UNION ALL SELECT at FROM metric WHERE run = ?
                                UNION ALL SELECT at FROM check_result WHERE run = ?)
                            """, arguments: [id, id, id]) ?? 0
                try db.execute(
                    sql: "UPDATE run SET status = ?, finished_at = ? WHERE id = ? AND status = ?",
                    arguments: [
                        RunStatus.interrupted.rawValue, last, id, RunStatus.running.rawValue,
                    ])
            }
        }
    }
}

extension Database {
    func insert(_ event: RunEvent, run: String) throws {
        try execute(
            sql: """
                INSERT INTO event (run, at, kind, asset, seconds, message)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                run, event.at.timeIntervalSince1970, event.kind.rawValue, event.asset,
                event.seconds, event.message,
            ])
    }
}

/// JSON in the store's columns: sorted keys, so that equal values are equal text.
enum JSONText {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
