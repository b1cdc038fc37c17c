import Datasets
import DurableFiles
import Foundation
import Kernels
import Orchestration
import Registry
import Training

/// What the functions of the assets share while one run goes on.
///
/// `@unchecked Sendable`: a run's assets are made one after another on one thread.
final class PipelineRun: @unchecked Sendable {
    let config: RunConfig
    let strategy: DeploymentStrategy
    /// Files or folders to score in place of the test images.
    let input: String?
    let resumption: Resumption?
    let pauseAfterEpoch: Int?
    let folder: RunFolder
    let store: RunStore
    let recorder: RunRecorder
    let observer: PipelineObserver
    let shouldStop: @Sendable () -> Bool
    private let loader: DatasetLoader
    private let datasets: DatasetMemo
    private(set) lazy var pool = WorkerPool(
        threadCount: config.threads == 0 ? nil : config.threads)

    init(
        _ pipeline: Pipeline, _ request: RunRequest, store: RunStore, recorder: RunRecorder,
        folder: RunFolder
    ) {
        config = pipeline.config
        strategy = request.strategy
        input = request.input
        resumption = request.resumption
        pauseAfterEpoch = request.pauseAfterEpoch
        self.folder = folder
        self.store = store
        self.recorder = recorder
        observer = pipeline.observer
        shouldStop = pipeline.shouldStop
        datasets = pipeline.datasets
        loader = DatasetLoader(config.data, cache: pipeline.cache, observer: pipeline.observer)
    }

    /// What there is to score and what it is scored with, as of now.
    func scoringFingerprint() throws -> String {
        let registry = registry()
        guard let decision = try registry.deployedDecision() else {
            throw RegistryError.nothingDeployed(location: registry.store.location)
        }
        // Also where nothing has to be scored again: what is deployed must be whole.
        _ = try registry.deployed()
        scoringModel = decision
        foundInput = try input.map { try InputFingerprint(of: $0, store) }
        return "\(foundInput?.digest ?? "test images") with \(decision.modelDigest)"
    }

    /// By which the model was deployed that scores: the one of the moment when what there is to score
    /// was looked at.
    private(set) var scoringModel: Decision?

    /// What the user's input was then; nil where the data's test images are scored.
    private(set) var foundInput: InputFingerprint?

    /// The record of a run's deployment of that model; nil where no run deployed it.
    func deploymentOfDeployedModel() throws -> Materialization? {
        try scoringModel.flatMap {
            try store.materializations(
                with: DeploymentFacts.modelDigest, equal: $0.modelDigest
            ).first
        }
    }

    /// The decision of this run that is on record, whatever fails afterwards.
    var decision: Decision?

    /// An error, with the decision that stands all the same.
    func told(_ error: any Error) -> any Error {
        decision.map { PipelineError.afterDecision($0, cause: error) } ?? error
    }

    func registry() -> ModelRegistry {
        DeploymentStage.registry(
            home: config.homeURL,
            onWait: { [observer] in observer(.note(Waiting.text($0))) })
    }

    /// Tells something that its user and its record should have.
    func note(_ text: String, asset: DigitAsset? = nil) throws {
        observer(.note(text))
        try recorder.record(.note, asset: asset?.rawValue, message: text)
    }

    /// Writes the config in force into the run's folder, once; it can be given again from any folder.
    func keepConfig() throws {
        let name = "config.yaml"
        guard !FileManager.default.fileExists(atPath: folder.file(name).path) else { return }
        try folder.write(config.withAbsolutePaths.yaml(), to: name)
    }

    // MARK: - Data

    /// The data set, read once.
    ///
    /// - Throws: `DatasetError`, `FileError`.
    func dataset() throws -> Dataset {
        try datasets.dataset(config.data) {
            try loader.load(config.data.source)
        }
    }

    /// What there is of the data now, by the bytes of its files; read where they aren't on this
    /// machine yet.
    func dataFingerprint() throws -> String {
        let source = try config.data.source
        if let found = try loader.fingerprint(
            of: source, digests: { try store.digests(of: $0, below: $1) })
        {
            return found
        }
        let dataset = try dataset()
        return try loader.fingerprint(of: source, digests: { try store.digests(of: $0, below: $1) })
            ?? PreparedData.digest(dataset.digests)
    }

    /// The data that a run found and divided, in memory.
    ///
    /// - Throws: `PipelineError.dataChanged` if the files are no longer those that were found.
    func prepared(_ raw: RawData, _ processed: ProcessedData) throws -> PreparedData {
        let dataset = try dataset()
        guard dataset.digests == raw.digests else {
            throw PipelineError.dataChanged(dataset: dataset.name, source: dataset.source)
        }
        return PreparedData(dataset: dataset, split: processed)
    }
}

extension DatasetLoader {
    init(_ config: DataConfig, cache: URL, observer: @escaping PipelineObserver) {
        self.init(
            dataDirectory: config.directory, cache: cache, pictures: config.pictures,
            onEvent: { observer(.dataset($0)) })
    }
}
