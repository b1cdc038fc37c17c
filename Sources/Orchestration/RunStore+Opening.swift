import DurableFiles
import Foundation
import GRDB

/// A store that is there and up to date is opened at once; to make or migrate one is a single process's
/// business at a time.
extension RunStore {
    /// Seconds that a writer waits for its turn.
    private static let patience = 30.0

    static func openOrMake(
        in home: URL, _ onWait: @escaping @Sendable (String) -> Void
    ) throws -> DatabasePool {
        let path = home.appendingPathComponent(fileName).path
        return try guarded(path) {
            if try exists(in: home), let pool = try openUpToDate(path, onWait) { return pool }
            return try FileLock.holding(lockFile(in: home), onWait: onWait) {
                try open(path, onWait)
            }
        }
    }

    /// - Returns: nil for a store that is being made, or that an earlier version made.
    private static func openUpToDate(
        _ path: String, _ onWait: @escaping @Sendable (String) -> Void
    ) throws -> DatabasePool? {
        do {
            let pool = try connect(path, onWait)
            return try missingMigrations(pool, path).isEmpty ? pool : nil
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY { return nil }
    }

    static func open(
        _ path: String, _ onWait: @escaping @Sendable (String) -> Void
    ) throws -> DatabasePool {
        let pool = try connect(path, onWait)
        if try !missingMigrations(pool, path).isEmpty { try StoreMigrations.all.migrate(pool) }
        return pool
    }

    private static func connect(
        _ path: String, _ onWait: @escaping @Sendable (String) -> Void
    ) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "runs"
        let pauses = Int(patience / pause)
        configuration.busyMode = .callback { count in
            if count == Int(FileLock.silence / pause) { onWait(path) }
            guard count < pauses else { return false }
            Thread.sleep(forTimeInterval: pause)
            return true
        }
        return try DatabasePool(path: path, configuration: configuration)
    }

    /// Seconds between two looks whether a writer's turn has come.
    private static let pause = 0.02

    private static func missingMigrations(
        _ pool: DatabasePool, _ path: String
    ) throws -> Set<String> {
        let migrator = StoreMigrations.all
        let known = Set(migrator.migrations)
        let applied = try pool.read { try migrator.appliedIdentifiers($0) }
        guard applied.isSubset(of: known) else {
            throw StoreError.newer(
                path: path, migrations: applied.subtracting(known).sorted())
        }
        return known.subtracting(applied)
    }

    static func lockFile(in home: URL) -> URL { home.appendingPathComponent("runs.lock") }
}
