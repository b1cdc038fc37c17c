import Foundation
import Kernels
import Orchestration
import Reports
import Training

/// The artifact of `model`: a model file that says neither when it was made nor how good it is, so
/// that the same training gives the same bytes.
struct ModelContent: AssetContent {
    let file: ModelFile

    init(_ file: ModelFile) { self.file = file }
    init(artifact: Data) throws { file = try ModelFile(parsing: artifact, name: "model") }
    func artifact() throws -> Data { try file.bytes() }
}

/// The third asset: train a model and keep its best weights.
struct ModelStage {
    let run: PipelineRun
    let data: PreparedData

    static let lastGoodName = "last-good-weights.safetensors"

    /// - Throws: `TrainingError` before the first step; `PipelineError.interrupted` with a
    ///   checkpoint on disk; `PipelineError.trainingFailed` with the last good weights on disk.
    static func make(_ run: PipelineRun, _ data: PreparedData) throws -> Made<ModelContent> {
        try ModelStage(run: run, data: data).make()
    }

    private func make() throws -> Made<ModelContent> {
        try run.keepConfig()
        let model = try makeModel()
        let trainer = try Trainer(
            model: model, training: data.training, validation: data.validation)
        if let resumption = run.resumption {
            try trainer.resume(
                from: resumption.checkpoint, acceptingOtherCPU: run.config.acceptOtherCPU)
            try note(resumption, trainer)
            run.observer(
                .note(
                    "going on in epoch \(trainer.epoch) after step \(trainer.stepCount), from "
                        + resumption.source))
        }
        let result = try train(trainer, model)
        try run.folder.write(json: result.history, to: "history.json")
        if case .interrupted(let epoch, let batch) = result.ending {
            if let pause = run.pauseAfterEpoch, !run.shouldStop() {
                throw PipelineError.paused(run: run.recorder.id, epoch: pause)
            }
            throw PipelineError.interrupted(
                run: run.recorder.id, epoch: epoch, batch: batch,
                model: try saveBest(model, result))
        }
        let curve = try TrainingCurve(of: run.recorder.id, in: run.store)
        if let figure = try LearningCurveFigure(curve) {
            try run.folder.write(figure.svg, to: "learning-curve.svg")
        }
        return Made(
            try ModelContent(file(model)), metadata: try metadata(model, result),
            checks: ModelChecks.all(model, result, data))
    }

    /// What isn't as it should be about the checkpoint that the training goes on from.
    private func note(_ resumption: Resumption, _ trainer: Trainer) throws {
        for notice in resumption.notices { try run.note(notice, asset: .model) }
        if try resumption.checkpoint.averageRule() == .constant {
            try run.note(
                "\(resumption.source) is of an earlier version: its weights' moving average goes on as "
                    + "it began, without warm-up", asset: .model)
        }
        guard let here = trainer.cpuKinds.last, let before = resumption.cpuKinds.last,
            before != here
        else { return }
        try run.note(
            "trained on another kind of CPU until here (\(before)); this one (\(here)) goes on to "
                + "other bits", asset: .model)
    }

    private func makeModel() throws -> ConfiguredNetwork {
        var config = run.config.model
        config.network.classCount = data.classNames.count
        let model = try ConfiguredNetwork(
            config: config, inputHeight: data.training.height, inputWidth: data.training.width,
            inputChannels: data.training.channels,
            plan: try run.resumption?.checkpoint.plan(), pool: run.pool)
        if let asked = run.resumption?.asked { try notice(asked, model) }
        try run.folder.write(
            json: PlanRecord(conv: config.network.convolution, convolutionPlan: model.plan),
            to: "plan.json")
        return model
    }

    /// Says so where a resumed training doesn't compute as it was asked to.
    private func notice(_ asked: ConvolutionChoice, _ model: ConfiguredNetwork) throws {
        if asked != .measure {
            var config = model.config
            config.network.convolution = asked
            let plan = try config.plan(
                inputHeight: data.training.height, inputWidth: data.training.width,
                inputChannels: data.training.channels)
            guard plan != model.plan else { return }
        }
        run.observer(
            .note(
                "conv: \(asked.rawValue) was asked for; a resumed training keeps its convolutions: "
                    + "\(model.plan)"))
    }

    private func train(_ trainer: Trainer, _ model: ConfiguredNetwork) throws -> TrainingResult {
        let metrics = MetricLog(run.recorder)
        // A resumed training's earlier epochs are its own, too.
        try metrics.take(trainer.history, stepsPerEpoch: trainer.batchCount)
        let checkpoints = CheckpointFolder(run.folder, kept: run.config.checkpointsKept)
        var failure: (any Error)?
        var epoch = trainer.history.count
        do {
            let result = try trainer.run(
                onEvent: { event in
                    run.observer(.training(event))
                    if case .epoch(let record) = event { epoch = record.epoch }
                    do { try metrics.take(event) } catch { failure = failure ?? error }
                },
                shouldStop: {
                    failure != nil || run.shouldStop()
                        || run.pauseAfterEpoch.map { epoch >= $0 } ?? false
                },
                onInterrupt: { try checkpoints.write($0) },
                checkpoints: CheckpointSchedule(
                    everySteps: run.config.checkpointSteps.nilIfZero, write: checkpoints.write))
            try metrics.flush()
            if let failure { throw failure }
            return result
        } catch let error as TrainingError {
            try metrics.flush()
            try run.folder.write(json: trainer.history, to: "history.json")
            let url = run.folder.file(ModelStage.lastGoodName)
            try file(model).write(to: url)
            throw PipelineError.trainingFailed(reason: "\(error)", lastGoodWeights: url.path)
        }
    }

    /// The best weights of an interrupted training, if an epoch was finished.
    private func saveBest(_ model: ConfiguredNetwork, _ result: TrainingResult) throws -> String? {
        guard let best = result.best else { return nil }
        var file = try file(model)
        file.description.metrics["validation_accuracy"] = best.validationAccuracy
        let url = run.folder.file(try file.fileName(createdAt: run.folder.startedAt))
        try file.write(to: url)
        return url.path
    }

    private func file(_ model: ConfiguredNetwork) throws -> ModelFile {
        try ModelFile(
            model,
            description: ModelDescription(
                config: model.config, normalization: data.training.normalization,
                classNames: data.classNames, inputHeight: data.training.height,
                inputWidth: data.training.width, metrics: [:], dataDigest: data.digest,
                tesseraVersion: TesseraVersion.current))
    }

    private func metadata(_ model: ConfiguredNetwork, _ result: TrainingResult) throws -> Metadata {
        var metadata = Metadata()
        metadata[ModelFacts.parameterCount] = model.parameterCount
        metadata[ModelFacts.plan] = try JSONText(result.plan)
        metadata[ModelFacts.epochs] = result.history.count
        metadata[ModelFacts.stoppedEarly] = result.ending == .stoppedEarly
        metadata[ModelFacts.trainingSeconds] = result.elapsedSeconds
        metadata[ModelFacts.bestEpoch] = result.bestEpoch
        metadata[ModelFacts.validationLoss] = result.best?.validationLoss
        metadata[ModelFacts.validationAccuracy] = result.best?.validationAccuracy
        metadata[ModelFacts.resumedFrom] = run.resumption?.source
        return metadata
    }
}

/// A training to go on with.
public struct Resumption: Sendable {
    public let checkpoint: Checkpoint
    /// Where the checkpoint lies.
    public let source: String
    /// The way of computing convolutions that was asked for, if any was; a resumed training keeps
    /// its own, and a note says so where they differ.
    public let asked: ConvolutionChoice?
    /// What its user should know of the checkpoint.
    public let notices: [String]
    /// That trained until the checkpoint; empty where nobody recorded them.
    let cpuKinds: [CPUKind]

    /// - Throws: `ModelFileError` for a record of CPUs that is none.
    public init(_ found: FoundCheckpoint, asked: ConvolutionChoice? = nil) throws {
        checkpoint = found.checkpoint
        source = found.source
        self.asked = asked
        cpuKinds = try checkpoint.cpuKinds() ?? []
        notices =
            found.notices
            + (cpuKinds.isEmpty
                ? [
                    "\(source) doesn't say which kind of CPU trained it; on another kind the training "
                        + "ends with other bits"
                ] : [])
    }
}

/// What `plan.json` says: how the convolutions were asked for, and how they are computed.
private struct PlanRecord: Encodable {
    let conv: ConvolutionChoice
    let convolutionPlan: ConvolutionPlan

    enum CodingKeys: String, CodingKey {
        case conv
        case convolutionPlan = "convolution_plan"
    }
}

extension Int {
    fileprivate var nilIfZero: Int? { self == 0 ? nil : self }
}
