import DurableFiles
import Foundation
import Orchestration
import Registry
import RunFacts
import Training

/// The digits pipeline: makes the assets of `DigitAssets`, each only where no earlier run has made the
/// same, and records what it does in the run store.
public struct Pipeline: Sendable {
    public let config: RunConfig
    /// Where downloaded data is kept.
    let cache: URL
    let observer: PipelineObserver
    let shouldStop: @Sendable () -> Bool
    let datasets: DatasetMemo
    /// In place of those of `DigitAssets`.
    var codeVersions: [String: String] = [:]

    /// - Parameters:
    ///   - datasets: shared by runs of one process, to read their data once.
    ///   - shouldStop: asked after each training batch; true ends the training with a checkpoint.
    package init(
        config: RunConfig, cache: URL, datasets: DatasetMemo = DatasetMemo(),
        observer: @escaping PipelineObserver = { _ in },
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) {
        self.config = config
        self.cache = cache
        self.datasets = datasets
        self.observer = observer
        self.shouldStop = shouldStop
    }

    /// A pipeline that nobody watches.
    public init(config: RunConfig, cache: URL) {
        self.init(config: config, cache: cache, observer: { _ in })
    }

    /// Makes what is asked for. A gate that refuses is no error: see the summary's decision.
    ///
    /// - Throws: `AssetGraphError` for a selection of nothing, `PipelineError.noInput` where there is
    ///   nothing to score and `TrainingError.otherCPU` for a checkpoint of another kind of CPU, before
    ///   anything is recorded; after that, what the assets' functions throw, `AssetError`, `StoreError` and `FileError`, each
    ///   recorded with the run where the store allows.
    public func run(_ request: RunRequest = RunRequest()) throws -> RunSummary {
        let home = config.homeURL
        // Faults of the request and the config come before anything is written.
        _ = try config.gate.gate()
        try request.resumption?.checkpoint.cpuKindsGoingOn(acceptingOther: config.acceptOtherCPU)
        let graph = try AssetGraph(DigitAssets.definitions(hasInput: request.input != nil))
        let selection = try AssetSelection(request.selection, in: graph)
        let forced = try request.forced.map {
            Set(try AssetSelection($0, in: graph).assets(of: graph).map(\.name))
        }
        let names = selection.assets(of: graph).map(\.name)
        if let input = request.input, names.contains(DigitAsset.predictions.rawValue) {
            try InputFingerprint.check(input)
        }
        let store = try RunStore(home: home, onWait: { observer(.note(Waiting.text($0))) })
        let folder = RunFolder.new(home: home)
        let recorder = try store.begin(
            id: folder.id, job: request.job, config: config.values,
            environment: RunEnvironment.current(threads: config.threads), tags: request.allTags,
            paths: request.allPaths.merging(config.paths) { own, _ in own })
        observer(.runStarted(id: folder.id, assets: names))
        let run = PipelineRun(self, request, store: store, recorder: recorder, folder: folder)
        do {
            let runner = try AssetRunner(
                DigitAssets(run, codeVersions: codeVersions).all, store: store, recorder: recorder,
                observer: { observer(.asset($0)) }, shouldStop: shouldStop)
            let made = try runner.run(selection, forced: forced ?? [])
            let summary = try RunSummary(
                id: folder.id, home: home, folder: folder, store: store, made: made)
            if folder.exists { try folder.write(json: summary.record, to: "summary.json") }
            try recorder.finish(.succeeded)
            return summary
        } catch let caught {
            let error = run.told(caught is CancellationError ? PipelineError.cancelled : caught)
            // The store may be what failed; the first error is the one to tell.
            try? recorder.finish(Pipeline.status(after: error), failure: "\(error)")
            throw error
        }
    }

    /// The data, divided, without a run.
    ///
    /// - Throws: `DatasetError` and its kin, `SplitError`.
    public func preparedData() throws -> PreparedData {
        let dataset = try datasets.dataset(config.data) {
            try PreparedData.load(config.data, cache: cache, observer: observer).dataset
        }
        return PreparedData(dataset: dataset, split: try ProcessedData(dataset, config.data))
    }

    private static func status(after error: any Error) -> RunStatus {
        switch error {
        case PipelineError.afterDecision(_, let cause): status(after: cause)
        case PipelineError.interrupted, PipelineError.paused, PipelineError.cancelled: .cancelled
        default: .failed
        }
    }
}

/// What is told of a lock that another process holds.
public enum Waiting {
    public static func text(_ path: String) -> String {
        "waiting for \(path), which another process has locked"
    }
}

/// What a run is asked to do.
public struct RunRequest: Sendable {
    /// For the record: the job's name, or what else began the run.
    public var job: String
    /// In the form that `AssetSelection` reads.
    public var selection: String
    /// Made again whatever is stored, in the same form; nil for none.
    public var forced: String?
    package var strategy: DeploymentStrategy = .automatic
    /// Files or folders to score in place of the test images.
    public var input: String?
    public var resumption: Resumption?
    /// The training stops with a checkpoint after this epoch, unless that is its last.
    var pauseAfterEpoch: Int?
    public var tags: [String: String] = [:]
    /// Files that it was made of besides, for the record: from the root on, by what they are.
    public var paths: [String: String] = [:]

    public init(_ job: Job = .full, select selection: String? = nil) {
        self.job = selection == nil ? job.rawValue : "select"
        self.selection = selection ?? job.selection
    }

    var allPaths: [String: String] {
        var paths = paths
        paths[RunPaths.input] = input.map { FilePath.absolute($0) }
        paths[RunPaths.resumedFrom] = resumption?.source
        return paths
    }

    var allTags: [String: String] {
        var tags = tags
        tags["resumed_from"] = resumption?.source
        return tags
    }
}
