/// What an epoch of training measured, as figures draw and tables list it; nil for what isn't known.
///
/// Losses are in nats, accuracies fractions in [0, 1].
package struct TrainingEpoch: Equatable, Sendable {
    /// Counted from 1.
    package let number: Int
    package var trainLoss: Double?
    package var validationLoss: Double?
    package var trainAccuracy: Double?
    package var validationAccuracy: Double?
    /// At its end.
    package var learningRate: Double?
    package var seconds: Double?

    package init(
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
