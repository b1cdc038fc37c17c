import DurableFiles
import Foundation
import Orchestration
import Training

/// The checkpoints of one run, `checkpoints/step-00000750.safetensors`, of which the latest few are
/// kept.
public struct CheckpointFolder {
    private let folder: URL
    private let kept: Int

    /// - Parameter kept: how many stay; at least one.
    init(_ run: RunFolder, kept: Int) {
        folder = run.file("checkpoints")
        self.kept = max(kept, 1)
    }

    /// Those of a run that was before.
    public init(_ run: RunFolder) { self.init(run, kept: 1) }

    /// Writes one, then removes those that are too many: there is always a whole one.
    ///
    /// - Throws: `FileError`, `ModelFileError`.
    func write(_ checkpoint: Checkpoint) throws {
        let digits = String(try checkpoint.stepCount())
        // A process that was killed in the middle leaves a whole checkpoint under another name.
        try AbandonedFiles.remove(in: folder)
        let step = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        try checkpoint.write(to: folder.appendingPathComponent("step-\(step).safetensors"))
        for old in try files().dropFirst(kept) { try Folder.remove(old) }
    }

    /// The latest first.
    ///
    /// - Throws: `FileError.unreadable`.
    public func files() throws -> [URL] {
        try Folder.names(in: folder).filter {
            $0.hasPrefix("step-") && $0.hasSuffix(".safetensors")
        }
        .sorted { ($0.count, $0) > ($1.count, $1) }
        .map { folder.appendingPathComponent($0) }
    }

    /// Removes all of them. What a failure leaves is removed by the next call.
    ///
    /// - Throws: `FileError.unremovable`.
    public func remove() throws { try Folder.remove(folder) }
}

/// The checkpoints of trainings that ended well: nobody goes on from them.
public struct FinishedCheckpoints {
    private let folders: [CheckpointFolder]

    /// - Throws: `StoreError`.
    package init(_ store: RunStore) throws {
        folders = try store.runs().filter { $0.status == .succeeded }.map {
            CheckpointFolder(RunFolder(home: store.home, id: $0.id, startedAt: $0.startedAt))
        }
    }

    /// - Parameter isTrial: removes nothing and counts only.
    /// - Throws: `FileError.unremovable`.
    package func remove(isTrial: Bool) throws -> RemovedFiles {
        var removed = RemovedFiles()
        for folder in folders {
            for file in try folder.files() {
                removed += RemovedFiles(count: 1, bytes: FileFacts(file.path)?.byteCount ?? 0)
            }
            if !isTrial { try folder.remove() }
        }
        return removed
    }
}
