import DurableFiles
import Foundation
import Orchestration

/// Folders in `HOME/runs` whose runs aren't in the store: because the store was lost, emptied or is an
/// older copy, or because an earlier version was killed while it deleted a run. Folders of other names,
/// or with other things in them, are other people's.
public struct OrphanedRunFolders {
    /// Nothing is in them but what a run writes.
    let folders: [URL]
    /// Named like a run's, with something else in them.
    public let kept: [URL]

    private let store: RunStore

    /// - Throws: `StoreError`, `FileError`.
    package init(_ store: RunStore) throws {
        self.store = store
        let parent = store.home.appendingPathComponent(RunFolder.parent)
        // Listed before the runs are: a run is in the store before it has a folder.
        let names = try Folder.names(in: parent).filter(RunID.isValid)
        let known = Set(try store.runIDs())
        let orphans = names.filter { !known.contains($0) }.map { parent.appendingPathComponent($0) }
            .filter { FileFacts($0.path)?.kind == .folder }
        folders = try orphans.filter(OrphanedRunFolders.isOnlyARuns)
        kept = orphans.filter { [folders] in !folders.contains($0) }
    }

    /// Nothing is cleaned beside runs that the store doesn't know: what they made is named by no record,
    /// and may be all that is left of a store that was lost.
    ///
    /// - Throws: `StoreError.damaged` first, since a damaged record's folder seems unknown as well;
    ///   `PipelineError.unknownRuns`.
    public func requireNone() throws {
        _ = try store.runs()
        let artifacts = ArtifactStore(home: store.home).folder
        let isEmptied = try !store.hasRecords() && !Folder.names(in: artifacts).isEmpty
        guard folders.isEmpty, !isEmptied else {
            throw PipelineError.unknownRuns(
                home: store.home.path, folders: folders.map(\.lastPathComponent))
        }
    }

    /// - Parameter isTrial: removes nothing and counts only.
    /// - Throws: `FileError.unremovable`; the next call removes the rest.
    package func remove(isTrial: Bool) throws -> RemovedFiles {
        var removed = RemovedFiles()
        for folder in folders {
            removed += RemovedFiles(count: 1, bytes: try Folder.byteCount(of: folder))
            if !isTrial { try Folder.remove(folder) }
        }
        return removed
    }

    private static func isOnlyARuns(_ folder: URL) throws -> Bool {
        try Folder.names(in: folder).allSatisfy { name in
            let url = folder.appendingPathComponent(name)
            switch FileFacts(url.path)?.kind {
            case .file: return isWritten(name)
            case .folder where name == "checkpoints":
                return try Folder.names(in: url).allSatisfy { $0.hasSuffix(".safetensors") }
            default: return false
            }
        }
    }

    /// By a run, with that ending.
    private static func isWritten(_ name: String) -> Bool {
        [".json", ".yaml", ".svg", ".png", ".txt", ".csv", ".safetensors"].contains(
            where: name.hasSuffix)
            || AbandonedFiles.isTemporaryName(name)
    }
}
