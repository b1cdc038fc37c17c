import DurableFiles
import Foundation
import GRDB
import Glibc
import RunFacts

/// A run's folder is moved aside in the very transaction that removes its record, so that whatever ends
/// the process, the run is there or it isn't: `HOME/trash/RUN` of a run that still has its record is
/// moved back, of one that hasn't is cleared, by whoever opens the store next.
extension RunStore {
    /// The folder of what a run made for people to look at.
    ///
    /// - Precondition: the run's id has its form.
    package static func folder(of run: String, in home: URL) -> URL {
        precondition(RunID.isValid(run), "\(run) is no run's id")
        return home.appendingPathComponent("\(folderName)/\(run)")
    }

    /// Below the home folder, with a folder for each run that made something.
    package static let folderName = "runs"

    /// Where folders of deleted runs lie that aren't removed yet: the second where runs are behind a link
    /// to another disk, to which nothing can be moved from the first.
    private var trashes: [URL] {
        [
            home.appendingPathComponent("trash"),
            home.appendingPathComponent("\(RunStore.folderName)/.trash"),
        ]
    }

    /// A deleted run's folder, where there still is one.
    private func trashed(_ run: String) -> URL? {
        trashes.map { $0.appendingPathComponent(run) }.first { FileFacts($0.path) != nil }
    }

    /// Removes a run with its events, metrics, checks and deployments, and its folder: the run is there
    /// or it isn't, whatever fails. What it made stays as long as other runs have it; `clean` removes
    /// the rest.
    ///
    /// - Parameter id: a run's whole id; its record may be damaged but for that.
    /// - Throws: `StoreError.unknownRun`, `StoreError.runIsRunning` and other errors, after which the
    ///   run is there; `StoreError.leftovers` when it isn't, but a part of its folder is.
    package func delete(_ id: String) throws {
        try exclusively {
            _ = try mendDeletions()
            guard let status = try status(of: id) else {
                throw StoreError.unknownRun(id, similar: [])
            }
            guard status != RunStatus.running.rawValue else { throw StoreError.runIsRunning(id) }
            try removeRecord(of: id)
            try clear(id)
        }
    }

    private func status(of id: String) throws -> String? {
        guard RunID.isValid(id) else { return nil }
        return try read {
            try String.fetchOne($0, sql: "SELECT status FROM run WHERE id = ?", arguments: [id])
        }
    }

    private func removeRecord(of id: String) throws {
        do {
            try writeDurably { db in
                try db.execute(sql: "DELETE FROM run WHERE id = ?", arguments: [id])
                try moveAside(id)
            }
        } catch {
            // The record decides what the end is, also when it can't be told whether it was written.
            if try status(of: id) != nil {
                try moveBack(id)
                throw error
            }
        }
    }

    private func moveAside(_ id: String) throws {
        let folder = RunStore.folder(of: id, in: home)
        guard FileFacts(folder.path) != nil else { return }
        let trash = trashes[isOnAnotherDisk(folder) ? 1 : 0]
        try Folder.make(trash)
        try move(folder, to: trash.appendingPathComponent(id))
    }

    /// Than the home folder. A link lies where its folder does.
    private func isOnAnotherDisk(_ folder: URL) -> Bool {
        let parent = folder.deletingLastPathComponent()
        return FileFacts(parent.path, followsLinks: true)?.device
            != FileFacts(home.path, followsLinks: true)?.device
    }

    private func moveBack(_ id: String) throws {
        let folder = RunStore.folder(of: id, in: home)
        guard let trashed = trashed(id), FileFacts(folder.path) == nil else { return }
        try Folder.make(folder.deletingLastPathComponent())
        try move(trashed, to: folder)
    }

    private func move(_ source: URL, to destination: URL) throws {
        guard SystemCall.retrying({ rename(source.path, destination.path) }) == 0 else {
            throw FileError.unwritable(
                path: destination.path, step: "rename", reason: SystemCall.reason,
                outcome: .unchanged)
        }
        try Folder.sync(destination.deletingLastPathComponent(), outcome: .unknown)
        try Folder.sync(source.deletingLastPathComponent(), outcome: .unknown)
    }

    /// Removes what is left of a run without a record.
    private func clear(_ id: String) throws {
        do {
            for trash in trashes { try Folder.remove(trash.appendingPathComponent(id)) }
            try Folder.remove(RunLock.file(of: id, in: home))
        } catch let error as FileError {
            throw StoreError.leftovers(run: id, reason: "\(error)")
        }
    }

    // MARK: - What a killed process left

    /// Ends deletions that were begun.
    ///
    /// - Parameter isTrial: removes nothing and counts only.
    /// - Returns: how many folders of deleted runs were removed.
    /// - Throws: `FileError`, `StoreError`.
    /// - Precondition: the store's lock is held.
    func mendDeletions(isTrial: Bool = false) throws -> RemovedFiles {
        var removed = RemovedFiles()
        for folder in try trashedFolders() {
            let id = folder.lastPathComponent
            if try status(of: id) != nil {
                try moveBack(id)
            } else {
                removed += RemovedFiles(count: 1, bytes: try Folder.byteCount(of: folder))
                if !isTrial { try clear(id) }
            }
        }
        return removed
    }

    private func trashedFolders() throws -> [URL] {
        try trashes.flatMap { trash in
            try Folder.names(in: trash).filter(RunID.isValid).map(trash.appendingPathComponent)
        }
    }

    /// Does the same when the store is opened, if nobody else is at it.
    func mendDeletionsIfFree() throws {
        guard try !trashedFolders().isEmpty, let lock = try FileLock.attempt(lockFile) else {
            return
        }
        defer { lock.unlock() }
        _ = try mendDeletions()
    }
}
