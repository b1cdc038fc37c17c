import DurableFiles
import Foundation
import Orchestration
import Training

/// A checkpoint that a training can go on from.
public struct FoundCheckpoint {
    public let checkpoint: Checkpoint
    /// The checkpoint's file.
    public let source: String
    /// That of the run whose training it is; nil for a file that was named.
    public let runConfig: RunConfig?
    /// Why later checkpoints were passed over, and that this one carries no digest.
    public let notices: [String]

    /// - Parameter reference: a file, a run's id or the start of one, or `latest` for the latest run
    ///   that didn't succeed and has a checkpoint.
    /// - Throws: `PipelineError.nothingToResume`, `PipelineError.unreadableCheckpoints`;
    ///   `StoreError` for an unknown run, `FileError` and `ModelFileError` for a file.
    public init(_ reference: String, home: URL) throws {
        if reference.hasSuffix(".safetensors") || reference.contains("/") {
            let url = FilePath.url(reference)
            checkpoint = try Checkpoint.read(url)
            source = url.path
            runConfig = nil
            notices = try checkpoint.notices(of: source)
            return
        }
        guard try RunStore.exists(in: home) else {
            throw PipelineError.nothingToResume(what: home.path)
        }
        let run = try FoundCheckpoint.run(reference, try RunStore(home: home))
        guard run.status != .running else { throw StoreError.runIsRunning(run.id) }
        let files = try FoundCheckpoint.files(of: run, home)
        guard !files.isEmpty else {
            throw PipelineError.nothingToResume(what: "run \(run.id)")
        }
        let (readable, file, reasons) = try FoundCheckpoint.firstReadable(files, run.id)
        source = file
        notices =
            reasons.map { "an earlier checkpoint is taken: \($0)" }
            + (try readable.notices(of: source))
        // One of before its CPU was recorded in it was made by the run, which says on which.
        checkpoint =
            try readable.cpuKinds() != nil
            ? readable
            : readable.trained(
                on: CPUKind(environment: run.environment, callsBLAS: readable.callsBLAS))
        runConfig = try RunConfig(of: run)
    }

    /// Whether a run left any.
    ///
    /// - Throws: `FileError.unreadable`.
    static func exists(of run: StoredRun, in home: URL) throws -> Bool {
        try !files(of: run, home).isEmpty
    }

    private static func files(of run: StoredRun, _ home: URL) throws -> [URL] {
        try CheckpointFolder(RunFolder(home: home, id: run.id, startedAt: run.startedAt)).files()
    }

    private static func run(_ reference: String, _ store: RunStore) throws -> StoredRun {
        guard reference == "latest" else { return try store.run(reference) }
        let run = try store.runs().first {
            try [.interrupted, .cancelled, .failed].contains($0.status)
                && exists(of: $0, in: store.home)
        }
        guard let run else { throw PipelineError.nothingToResume(what: store.home.path) }
        return run
    }

    /// The latest that is whole: a disk can damage the last one.
    private static func firstReadable(
        _ files: [URL], _ run: String
    ) throws -> (Checkpoint, String, passedOver: [String]) {
        var reasons: [String] = []
        for file in files {
            do { return (try Checkpoint.read(file), file.path, reasons) } catch {
                reasons.append("\(error)")
            }
        }
        throw PipelineError.unreadableCheckpoints(run: run, reasons: reasons)
    }
}
