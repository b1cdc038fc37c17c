import DurableFiles
import Foundation
import GRDB

/// What a cleaning removed, or would remove.
public struct Cleaning: Sendable, Codable, Equatable {
    /// Records of assets that no run has any more.
    public var materializations = 0
    /// Files that no record names.
    public var artifacts = 0
    public var bytes = 0
}

extension RunStore {
    /// Removes a run with its events, metrics, checks and deployments. What it made stays as long as
    /// other runs have it; `clean` removes the rest.
    ///
    /// - Throws: `StoreError.runIsRunning`.
    public func delete(_ run: StoredRun) throws {
        guard run.status != .running else { throw StoreError.runIsRunning(run.id) }
        try write { db in
            try db.execute(sql: "DELETE FROM run WHERE id = ?", arguments: [run.id])
        }
    }

    /// Removes what no run has any more: records, then the artifacts that no record names.
    ///
    /// Of a copy the records stay, with what they name.
    ///
    /// - Parameter isTrial: removes nothing and counts only.
    /// - Throws: `StoreError.runsAreRunning`, since a run's artifact is there before its record.
    public func clean(isTrial: Bool = false) throws -> Cleaning {
        try RunLock.exclusively(lockFile) {
            let running = try runs().filter { $0.status == .running }
            guard running.isEmpty else { throw StoreError.runsAreRunning(running.map(\.id)) }
            var cleaning = Cleaning()
            let used = try removeRecords(isTrial: isTrial, &cleaning)
            try removeArtifacts(except: used, isTrial: isTrial, &cleaning)
            return cleaning
        }
    }

    /// - Returns: the digests of the artifacts that stay.
    private func removeRecords(isTrial: Bool, _ cleaning: inout Cleaning) throws -> Set<String> {
        struct Trial: Error {}
        var used: Set<String> = []
        var count = 0
        do {
            try write { db in
                // An input goes after what was made from it.
                var removed = 0
                repeat {
                    if isCopy { break }
                    try db.execute(
                        sql: """
                            DELETE FROM materialization
                            WHERE id NOT IN (SELECT materialization FROM run_asset)
                            AND id NOT IN (SELECT input FROM materialization_input)
                            """)
                    removed = db.changesCount
                    count += removed
                } while removed > 0
                used = Set(
                    try String.fetchAll(db, sql: "SELECT artifact FROM materialization"))
                // Undoes all of it.
                if isTrial { throw Trial() }
            }
        } catch is Trial {}
        cleaning.materializations = count
        return used
    }

    private func removeArtifacts(
        except used: Set<String>, isTrial: Bool, _ cleaning: inout Cleaning
    ) throws {
        let folder = ArtifactStore(home: home).folder
        guard FileManager.default.fileExists(atPath: folder.path) else { return }
        let names: [String]
        do { names = try FileManager.default.subpathsOfDirectory(atPath: folder.path) } catch {
            throw FileError.unreadable(path: folder.path, reason: error.localizedDescription)
        }
        for name in names {
            let file = folder.appendingPathComponent(name)
            let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
            guard attributes?[.type] as? FileAttributeType == .typeRegular,
                !used.contains(name.replacingOccurrences(of: "/", with: ""))
            else { continue }
            cleaning.artifacts += 1
            cleaning.bytes += attributes?[.size] as? Int ?? 0
            guard !isTrial else { continue }
            do { try FileManager.default.removeItem(at: file) } catch {
                throw FileError.unwritable(
                    path: file.path, step: "remove", reason: error.localizedDescription)
            }
        }
    }
}
