import Foundation
import Kernels
import Training

/// A model that was trained and is still in memory.
public struct TrainedModel {
    public let model: DigitCNN
    public let result: TrainingResult
}

/// The second stage: train a model and keep its best weights.
public struct TrainingStage {
    let config: ModelConfig
    let data: PreparedData
    let pool: WorkerPool
    let folder: RunFolder
    let observer: PipelineObserver
    let shouldStop: @Sendable () -> Bool

    static let checkpointName = "checkpoint.safetensors"
    static let lastGoodName = "last-good-weights.safetensors"

    /// - Parameters:
    ///   - checkpoint: a training to go on with; nil starts a new one.
    ///   - asked: the way of computing convolutions that was asked for, if any was; a resumed
    ///     training keeps its own.
    /// - Throws: `TrainingError` before the first step; `PipelineError.interrupted` with a
    ///   checkpoint on disk; `PipelineError.trainingFailed` with the last good weights on disk.
    func run(
        resuming checkpoint: Checkpoint? = nil, asked: ConvolutionChoice? = nil
    ) throws -> TrainedModel {
        var modelConfig = config
        modelConfig.classCount = data.classNames.count
        let model = DigitCNN(
            config: modelConfig, inputHeight: data.training.height,
            inputWidth: data.training.width, plan: try checkpoint?.plan(), pool: pool)
        if checkpoint != nil, let asked { notice(asked, model) }
        try folder.write(
            json: PlanRecord(conv: modelConfig.convolution, convolutionPlan: model.plan),
            to: "plan.json")
        let trainer = try Trainer(
            model: model, training: data.training, validation: data.validation)
        if let checkpoint { try trainer.resume(from: checkpoint) }
        let result = try train(trainer)
        try folder.write(json: result.history, to: "history.json")
        if case .interrupted(let epoch, let batch) = result.ending {
            throw PipelineError.interrupted(
                epoch: epoch, batch: batch,
                checkpoint: folder.file(TrainingStage.checkpointName).path,
                model: try saveBest(model, result))
        }
        return TrainedModel(model: model, result: result)
    }

    /// Says so where a resumed training doesn't compute as it was asked to.
    private func notice(_ asked: ConvolutionChoice, _ model: DigitCNN) {
        if asked != .measure {
            var config = model.config
            config.convolution = asked
            let plan = ConvolutionPlan.resolved(
                config, inputHeight: data.training.height, inputWidth: data.training.width)
            guard plan != model.plan else { return }
        }
        observer(
            .note(
                "conv: \(asked.rawValue) was asked for; a resumed training keeps its convolutions: "
                    + "\(model.plan)"))
    }

    private func train(_ trainer: Trainer) throws -> TrainingResult {
        do {
            return try trainer.run(
                onEvent: { observer(.training($0)) }, shouldStop: shouldStop,
                onInterrupt: { try $0.write(to: folder.file(TrainingStage.checkpointName)) })
        } catch let error as TrainingError {
            try folder.write(json: trainer.history, to: "history.json")
            let url = folder.file(TrainingStage.lastGoodName)
            try file(trainer.model, metrics: [:]).write(to: url)
            throw PipelineError.trainingFailed(reason: "\(error)", lastGoodWeights: url.path)
        }
    }

    /// The best weights of an interrupted training, if an epoch was finished.
    private func saveBest(_ model: DigitCNN, _ result: TrainingResult) throws -> String? {
        guard let best = result.best else { return nil }
        let file = file(model, metrics: ["validation_accuracy": best.validationAccuracy])
        let url = folder.file(try file.fileName(createdAt: Date()))
        try file.write(to: url)
        return url.path
    }

    /// The model with its description.
    func file(_ model: DigitCNN, metrics: [String: Double]) -> ModelFile {
        ModelFile(
            model,
            description: ModelDescription(
                config: model.config, normalization: data.training.normalization,
                classNames: data.classNames, inputHeight: data.training.height,
                inputWidth: data.training.width, metrics: metrics, dataDigest: data.digest,
                createdAt: Timestamp.iso8601(Date()), tesseraVersion: TesseraVersion.current))
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
