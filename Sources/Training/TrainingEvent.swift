/// One finished epoch. Losses and metrics are means; accuracies are fractions.
public struct EpochRecord: Sendable, Equatable {
    /// Counted from 1.
    public var epoch: Int
    public var trainLoss: Double
    public var validationLoss: Double
    /// By name, of the training batches as they came.
    public var trainMetrics: [String: Double]
    /// By name, of the validation set at the end of the epoch.
    public var validationMetrics: [String: Double]
    /// At the end of the epoch.
    public var learningRate: Double
    /// Of this epoch, validation included.
    public var elapsedSeconds: Double
    /// Training samples a second.
    public var imagesPerSecond: Double
    /// Whether this epoch's weights are the best so far.
    public var isBest: Bool

    public init(
        epoch: Int, trainLoss: Double, validationLoss: Double, trainMetrics: [String: Double],
        validationMetrics: [String: Double], learningRate: Double, elapsedSeconds: Double,
        imagesPerSecond: Double, isBest: Bool
    ) {
        self.epoch = epoch
        self.trainLoss = trainLoss
        self.validationLoss = validationLoss
        self.trainMetrics = trainMetrics
        self.validationMetrics = validationMetrics
        self.learningRate = learningRate
        self.elapsedSeconds = elapsedSeconds
        self.imagesPerSecond = imagesPerSecond
        self.isBest = isBest
    }

    /// An epoch that measured accuracy alone.
    public init(
        epoch: Int, trainLoss: Double, trainAccuracy: Double, validationLoss: Double,
        validationAccuracy: Double, learningRate: Double, elapsedSeconds: Double,
        imagesPerSecond: Double, isBest: Bool
    ) {
        let accuracy = TrainingMetric.accuracy.name
        self.init(
            epoch: epoch, trainLoss: trainLoss, validationLoss: validationLoss,
            trainMetrics: [accuracy: trainAccuracy],
            validationMetrics: [accuracy: validationAccuracy], learningRate: learningRate,
            elapsedSeconds: elapsedSeconds, imagesPerSecond: imagesPerSecond, isBest: isBest)
    }

    /// Nil where a training doesn't measure it.
    public var trainAccuracy: Double? { trainMetrics[TrainingMetric.accuracy.name] }
    public var validationAccuracy: Double? { validationMetrics[TrainingMetric.accuracy.name] }
}

/// Where training stands within an epoch.
public struct BatchProgress: Sendable, Equatable {
    /// Counted from 1.
    public var epoch: Int
    public var epochCount: Int
    /// Batches done in this epoch, from 1 to `batchCount`.
    public var batch: Int
    public var batchCount: Int
    /// Optimizer steps since the training began.
    public var step: Int
    /// Mean over the batch's samples.
    public var batchLoss: Double
    /// Mean over the epoch's samples so far.
    public var loss: Double
    /// Fraction of the epoch's samples so far; nil where a training doesn't measure it.
    public var accuracy: Double?
    public var imagesPerSecond: Double
    /// To the end of the last epoch.
    public var etaSeconds: Double
    public var learningRate: Double

    public init(
        epoch: Int, epochCount: Int, batch: Int, batchCount: Int, step: Int, batchLoss: Double,
        loss: Double, accuracy: Double?, imagesPerSecond: Double, etaSeconds: Double,
        learningRate: Double
    ) {
        self.epoch = epoch
        self.epochCount = epochCount
        self.batch = batch
        self.batchCount = batchCount
        self.step = step
        self.batchLoss = batchLoss
        self.loss = loss
        self.accuracy = accuracy
        self.imagesPerSecond = imagesPerSecond
        self.etaSeconds = etaSeconds
        self.learningRate = learningRate
    }
}

/// What training has to say while it runs; whoever listens decides how to show it.
public enum TrainingEvent: Sendable, Equatable {
    case started(
        parameterCount: Int, trainCount: Int, validationCount: Int, threads: Int,
        plan: ConvolutionPlan)
    case batch(BatchProgress)
    case epoch(EpochRecord)
    /// No improvement for `patience` epochs.
    case stoppedEarly(epoch: Int, bestEpoch: Int)
    /// Asked to stop; the batch was finished first.
    case interrupted(epoch: Int, batch: Int)
    /// The weights are those of this epoch again.
    case restoredBest(epoch: Int)
}
