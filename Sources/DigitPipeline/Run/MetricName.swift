import RunFacts

/// The metrics of a training, by the names that the store has. Those that a loss or a user measures
/// besides are named `train_…` and `validation_…` like these.
enum MetricName: String, CaseIterable, Sendable {
    case trainLoss = "train_loss"
    case trainAccuracy = "train_accuracy"
    case validationLoss = "validation_loss"
    case validationAccuracy = "validation_accuracy"
    /// At an epoch's end.
    case learningRate = "learning_rate"
    case epochSeconds = "epoch_seconds"
    case imagesPerSecond = "images_per_second"
    /// Of every tenth step.
    case stepLoss = "step_loss"
    case stepLearningRate = "step_learning_rate"

    /// Where an epoch's record has it; nil for what it doesn't have.
    var inEpoch: WritableKeyPath<TrainingEpoch, Double?>? {
        switch self {
        case .trainLoss: \.trainLoss
        case .trainAccuracy: \.trainAccuracy
        case .validationLoss: \.validationLoss
        case .validationAccuracy: \.validationAccuracy
        case .learningRate: \.learningRate
        case .epochSeconds: \.seconds
        case .imagesPerSecond, .stepLoss, .stepLearningRate: nil
        }
    }
}

/// A set that is measured after each epoch, as metrics' names begin with it.
enum MetricSet: String {
    case train, validation

    /// The name of a metric measured on it, such as `validation_accuracy`.
    func name(_ metric: String) -> String { "\(rawValue)_\(metric)" }
}
