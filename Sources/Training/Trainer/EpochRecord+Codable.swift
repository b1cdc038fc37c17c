/// Accuracies have keys of their own, as in records of trainings of before other metrics were measured;
/// those are under `train_metrics` and `validation_metrics`, which are left out where there are none.
extension EpochRecord: Codable {
    enum CodingKeys: String, CodingKey {
        case epoch
        case trainLoss = "train_loss"
        case trainAccuracy = "train_accuracy"
        case trainMetrics = "train_metrics"
        case validationLoss = "validation_loss"
        case validationAccuracy = "validation_accuracy"
        case validationMetrics = "validation_metrics"
        case learningRate = "learning_rate"
        case elapsedSeconds = "elapsed_seconds"
        case imagesPerSecond = "images_per_second"
        case isBest = "is_best"
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func metrics(_ accuracy: CodingKeys, _ others: CodingKeys) throws -> [String: Double] {
            var metrics = try values.decodeIfPresent([String: Double].self, forKey: others) ?? [:]
            metrics[TrainingMetric.accuracy.name] = try values.decodeIfPresent(
                Double.self, forKey: accuracy)
            return metrics
        }
        self.init(
            epoch: try values.decode(Int.self, forKey: .epoch),
            trainLoss: try values.decode(Double.self, forKey: .trainLoss),
            validationLoss: try values.decode(Double.self, forKey: .validationLoss),
            trainMetrics: try metrics(.trainAccuracy, .trainMetrics),
            validationMetrics: try metrics(.validationAccuracy, .validationMetrics),
            learningRate: try values.decode(Double.self, forKey: .learningRate),
            elapsedSeconds: try values.decode(Double.self, forKey: .elapsedSeconds),
            imagesPerSecond: try values.decode(Double.self, forKey: .imagesPerSecond),
            isBest: try values.decode(Bool.self, forKey: .isBest))
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        func encode(
            _ metrics: [String: Double], _ accuracy: CodingKeys, _ others: CodingKeys
        ) throws {
            var rest = metrics
            try values.encodeIfPresent(
                rest.removeValue(forKey: TrainingMetric.accuracy.name), forKey: accuracy)
            if !rest.isEmpty { try values.encode(rest, forKey: others) }
        }
        try values.encode(epoch, forKey: .epoch)
        try values.encode(trainLoss, forKey: .trainLoss)
        try encode(trainMetrics, .trainAccuracy, .trainMetrics)
        try values.encode(validationLoss, forKey: .validationLoss)
        try encode(validationMetrics, .validationAccuracy, .validationMetrics)
        try values.encode(learningRate, forKey: .learningRate)
        try values.encode(elapsedSeconds, forKey: .elapsedSeconds)
        try values.encode(imagesPerSecond, forKey: .imagesPerSecond)
        try values.encode(isBest, forKey: .isBest)
    }
}
