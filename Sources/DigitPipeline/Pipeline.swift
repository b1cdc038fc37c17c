import Datasets
import DurableFiles
import Foundation
import Inference
import Kernels
import Metrics
import Registry
import Training

/// The digits pipeline: data, training, evaluation, deployment, inference, recorded in a folder of
/// its own.
public struct Pipeline: Sendable {
    public let config: RunConfig
    /// Where downloaded data is kept.
    public let cache: URL
    let observer: PipelineObserver
    let shouldStop: @Sendable () -> Bool

    /// - Parameter shouldStop: asked after each training batch; true ends the training with a
    ///   checkpoint.
    public init(
        config: RunConfig, cache: URL, observer: @escaping PipelineObserver = { _ in },
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) {
        self.config = config
        self.cache = cache
        self.observer = observer
        self.shouldStop = shouldStop
    }

    public var home: URL { URL(fileURLWithPath: config.home) }

    public func makePool() -> WorkerPool {
        WorkerPool(threadCount: config.threads == 0 ? nil : config.threads)
    }

    /// All five stages.
    ///
    /// - Throws: what the stages throw. A gate that refuses is no error: see the summary's decision.
    public func run(strategy: DeploymentStrategy = .automatic) throws -> RunSummary {
        let gate = try config.gate.gate()
        var summary = try trainAndEvaluate()
        let folder = summary.folder
        let registry = try DeploymentStage.registry(home: home)
        for notice in registry.notices { observer(.note("registry: \(notice)")) }
        let decision = try stage(.deployment) {
            try registry.deploy(
                .file(URL(fileURLWithPath: summary.modelPath)), strategy: strategy, gate: gate,
                metrics: summary.evaluation.judged.gateMetrics,
                verify: { try DeploymentStage.verify($0, pool: summary.pool) })
        }
        try folder.write(json: decision, to: "decision.json")
        summary.decision = decision
        if decision.outcome == .deployed {
            summary.inference = try stage(.inference) { try infer(summary, registry) }
        }
        try folder.write(json: summary.record, to: "summary.json")
        return summary
    }

    /// The first three stages: a model file with its evaluation.
    ///
    /// - Parameters:
    ///   - checkpoint: a training to go on with; nil starts a new one.
    ///   - asked: with a checkpoint, the way of computing convolutions that was asked for; where
    ///     the checkpoint's is another, a note says so.
    public func trainAndEvaluate(
        resuming checkpoint: Checkpoint? = nil, asked: ConvolutionChoice? = nil
    ) throws -> RunSummary {
        let data = try stage(.data) {
            try DataStage.prepare(config.data, cache: cache, observer: observer)
        }
        let folder = try startFolder(data)
        let pool = makePool()
        let training = TrainingStage(
            config: config.model, data: data, pool: pool, folder: folder, observer: observer,
            shouldStop: shouldStop)
        let trained = try stage(.training) { try training.run(resuming: checkpoint, asked: asked) }
        let evaluation = try stage(.evaluation) {
            try EvaluationStage.run(trained, data, folder: folder)
        }
        let file = training.file(trained.model, metrics: evaluation.metrics)
        let url = folder.file(try file.fileName(createdAt: Date()))
        try file.write(to: url)
        let summary = RunSummary(
            folder: folder, data: data, training: trained.result, evaluation: evaluation,
            modelPath: url.path, parameterCount: trained.model.parameterCount, pool: pool)
        try folder.write(json: summary.record, to: "summary.json")
        return summary
    }

    private func startFolder(_ data: PreparedData) throws -> RunFolder {
        let folder = try RunFolder.create(home: home)
        try folder.write(config.yaml(), to: "config.yaml")
        try folder.write(json: data.statistics, to: "dataset.json")
        try folder.write(json: SplitRecord(data, config.data), to: "split.json")
        return folder
    }

    private func infer(_ summary: RunSummary, _ registry: ModelRegistry) throws -> BatchSummary? {
        let (height, width) = (summary.data.training.height, summary.data.training.width)
        guard height == DigitNormalizer.side && width == DigitNormalizer.side else {
            observer(.note("images of \(height)×\(width) aren't scored: prediction takes 28×28"))
            return nil
        }
        return try InferenceStage.run(
            summary.data, registry: registry, pool: summary.pool, folder: summary.folder)
    }

    private func stage<Result>(_ stage: Stage, _ body: () throws -> Result) throws -> Result {
        let start = ContinuousClock.now
        observer(.stageStarted(stage))
        let result = try body()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        observer(.stageFinished(stage, seconds: seconds))
        return result
    }
}
