import DurableFiles
import Kernels
import LinearAlgebra

extension Trainer {
    /// Trains a network as its config says.
    ///
    /// - Parameters:
    ///   - model: trained in place.
    ///   - training: the images learned from; validation: those that choose the best epoch.
    /// - Throws: `TrainingError` if a set is empty or doesn't fit the model.
    public convenience init(
        model: ConfiguredNetwork, training: ImageSamples, validation: ImageSamples
    ) throws {
        try Trainer.check(model, training, "training")
        try Trainer.check(model, validation, "validation")
        let config = model.config
        let options = TrainingOptions(config)
        let steps = options.stepsPerEpoch(sampleCount: training.count)
        try self.init(
            TrainerParts(
                network: model.network,
                loss: SoftmaxCrossEntropy(
                    classCount: config.network.classCount, labelSmoothing: config.labelSmoothing,
                    classWeights: config.classWeights.weights(
                        (0..<training.count).lazy.map(training.label),
                        classCount: config.network.classCount)),
                optimizer: config.makeOptimizer(),
                schedule: config.makeSchedule(stepsPerEpoch: steps),
                training: config.source(training), validation: validation, options: options,
                metrics: [.accuracy],
                identity: ConfiguredTraining(config: config, plan: model.plan),
                cpuKind: model.cpuKind,
                digest: { Trainer.digest(training, validation) }))
    }

    private static func check(_ model: ConfiguredNetwork, _ set: ImageSamples, _ name: String)
        throws
    {
        guard set.count > 0 else { throw TrainingError.noSamples(set: name) }
        guard set.shape == model.inputShape else {
            throw TrainingError.imageSize(
                set: name, size: size(set.shape), expected: size(model.inputShape))
        }
        for position in 0..<set.count {
            let label = set.label(position)
            guard label >= 0 && label < model.config.network.classCount else {
                throw TrainingError.labelOutOfRange(
                    set: name, label: label, classCount: model.config.network.classCount)
            }
        }
    }

    private static func size(_ shape: SampleShape) -> String {
        "\(shape.height)×\(shape.width)" + (shape.channels == 1 ? "" : "×\(shape.channels)")
    }

    /// Both sets are parts of one file's images, so those are taken in once.
    private static func digest(_ training: ImageSamples, _ validation: ImageSamples) -> String {
        let hasher = SHA256()
        hasher.update(training.pixels)
        for set in [training, validation] {
            hasher.update(numbers: set.indices)
            hasher.update(numbers: set.labels)
        }
        return hasher.finalize()
    }
}

extension TrainingOptions {
    /// What a config says of them.
    init(_ config: ModelConfig) {
        self.init(
            epochs: config.epochs, batchSize: config.batchSize,
            accumulationSteps: config.accumulationSteps, seed: config.seed,
            gradientClipNorm: config.optimizer.gradientClipNorm,
            emaDecay: config.optimizer.emaDecay,
            earlyStopping: config.stopping.isEnabled
                ? EarlyStopping(
                    patience: config.stopping.patience, minDelta: config.stopping.minDelta) : nil)
    }
}

extension ModelConfig {
    /// Images as the config augments them.
    fileprivate func source(_ samples: ImageSamples) -> any SampleSource {
        Augmentation(self, height: samples.height, width: samples.width).map {
            AugmentedImages(samples, $0)
        } ?? samples
    }
}
