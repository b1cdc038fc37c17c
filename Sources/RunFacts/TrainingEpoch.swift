/// What an epoch of training measured, as figures draw and tables list it; nil for what isn't known.
///
/// Losses are in nats, accuracies fractions in [0, 1].
public struct TrainingEpoch: Equatable, Sendable {
    /// Counted from 1.
    public let number: Int
    public var trainLoss: Double?
    public var validationLoss: Double?
    public var trainAccuracy: Double?
    public var validationAccuracy: Double?
    /// At its end.
    public var learningRate: Double?
    public var seconds: Double?

    public init(
        number: Int, trainLoss: Double? = nil, validationLoss: Double? = nil,
        trainAccuracy: Double? = nil, validationAccuracy: Double? = nil,
        learningRate: Double? = nil, seconds: Double? = nil
    ) {
        self.number = number
        self.trainLoss = trainLoss
        self.validationLoss = validationLoss
        self.trainAccuracy = trainAccuracy
        self.validationAccuracy = validationAccuracy
        self.learningRate = learningRate
        self.seconds = seconds
    }
}
