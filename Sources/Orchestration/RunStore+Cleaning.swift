import DurableFiles
import Foundation
import GRDB

/// What a cleaning removed, or would remove.
package struct Cleaning: Sendable, Codable, Equatable {
    /// Records of assets that no run has any more.
    package var materializations = 0
    /// Files that no record names.
    package var artifacts = 0
    /// Folders of runs that were deleted.
    package var folders = 0
    /// Files that killed processes were writing.
    package var temporaries = 0
    package var bytes = 0
}

extension RunStore {
    /// Removes what no run has any more: records, then the artifacts that no record names; what is left
    /// of deleted runs; and temporary files whose writers were killed.
    ///
    /// Of a copy the records stay, with what they name.
    ///
    /// - Parameter isTrial: removes nothing and counts only.
    /// - Throws: `StoreError.runsAreRunning`, since a run's artifact is there before its record;
    ///   `StoreError.damaged`, since what a damaged record names isn't known; `FileError`, after
    ///   which the next call removes the rest.
    package func clean(isTrial: Bool = false) throws -> Cleaning {
        // Counting only reads, and waits for nobody.
        isTrial ? try cleaning(isTrial: true) : try exclusively { try cleaning(isTrial: false) }
    }

    private func cleaning(isTrial: Bool) throws -> Cleaning {
        let running = try runs().filter { $0.status == .running }
        guard running.isEmpty else { throw StoreError.runsAreRunning(running.map(\.id)) }
        var cleaning = Cleaning()
        let folders = try mendDeletions(isTrial: isTrial)
        (cleaning.folders, cleaning.bytes) = (folders.count, folders.bytes)
        let used = try removeRecords(isTrial: isTrial, &cleaning)
        try removeArtifacts(except: used, isTrial: isTrial, &cleaning)
        try removeTemporaries(isTrial: isTrial, &cleaning)
        return cleaning
    }

    /// - Returns: the digests of the artifacts that stay.
    private func removeRecords(isTrial: Bool, _ cleaning: inout Cleaning) throws -> Set<String> {
        struct Trial: Error {}
        var used: Set<String> = []
        var count = 0
        do {
            try writeDurably { db in
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
                used = try artifacts(db)
                // Undoes all of it.
                if isTrial { throw Trial() }
            }
        } catch is Trial {}
        cleaning.materializations = count
        return used
    }

    private func artifacts(_ db: Database) throws -> Set<String> {
        let rows = try Row.fetchAll(db, sql: "SELECT id, artifact FROM materialization")
        return try Set(
            rows.map { row in
                try StoreRow(
                    row: row, path: path, table: "materialization",
                    name: "row \(row["id"] as Int64)"
                ).digest("artifact")
            })
    }

    private func removeArtifacts(
        except used: Set<String>, isTrial: Bool, _ cleaning: inout Cleaning
    ) throws {
        let folder = ArtifactStore(home: home).folder
        for start in try Folder.names(in: folder) {
            let group = folder.appendingPathComponent(start)
            guard FileFacts(group.path)?.kind == .folder else { continue }
            for rest in try Folder.names(in: group) {
                let file = group.appendingPathComponent(rest)
                // Other names are other people's; of a link, the link alone is removed.
                guard ArtifactStore.isDigest(start + rest), !used.contains(start + rest),
                    let facts = FileFacts(file.path), [.file, .link].contains(facts.kind)
                else { continue }
                cleaning.artifacts += 1
                cleaning.bytes += facts.kind == .file ? facts.byteCount : 0
                if !isTrial { try Folder.remove(file) }
            }
        }
    }

    /// In the home folder and in those of ours below it: other folders there may be other people's.
    private func removeTemporaries(isTrial: Bool, _ cleaning: inout Cleaning) throws {
        var removed = try AbandonedFiles.remove(in: home, isTrial: isTrial)
        for name in ["artifacts", "registry", "reports", RunStore.folderName, "sweeps"] {
            removed += try AbandonedFiles.remove(
                in: home.appendingPathComponent(name), isDeep: true, isTrial: isTrial)
        }
        cleaning.temporaries = removed.count
        cleaning.bytes += removed.bytes
    }
}
