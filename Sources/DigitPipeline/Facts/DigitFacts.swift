import Registry
import Training

/// Of the data that was found.
package enum RawDataFacts {
    package static let dataset = AssetFact<String>(.rawData, "dataset")
    package static let source = AssetFact<String>(.rawData, "data_source")
    package static let digest = AssetFact<String>(.rawData, "data_digest")
    package static let isSample = AssetFact<Bool>(.rawData, "is_sample")
    static let trainCount = AssetFact<Int>(.rawData, "train_count")
    static let testCount = AssetFact<Int>(.rawData, "test_count")
    /// Height and width; channels, too, of colour images.
    static let imageShape = AssetFact<[Double]>(.rawData, "image_shape")
    /// Training images of each class.
    static let classCounts = AssetFact<[Double]>(.rawData, "class_counts")
    /// What the loader had to say.
    static let notices = AssetFact<[String]>(.rawData, "notices")
}

/// Of its division.
package enum ProcessedDataFacts {
    package static let trainCount = AssetFact<Int>(.processedData, "train_count")
    package static let validationCount = AssetFact<Int>(.processedData, "validation_count")
    package static let testCount = AssetFact<Int>(.processedData, "test_count")
    static let indexDigest = AssetFact<String>(.processedData, "index_digest")
    /// By which inputs are normalised.
    static let mean = AssetFact<ChannelValues>(.processedData, "normalization_mean")
    static let standardDeviation = AssetFact<ChannelValues>(
        .processedData, "normalization_standard_deviation")
}

/// Of a training.
package enum ModelFacts {
    package static let parameterCount = AssetFact<Int>(.model, "parameter_count")
    package static let plan = AssetFact<JSONText<ConvolutionPlan>>(.model, "convolution_plan")
    package static let epochs = AssetFact<Int>(.model, "epochs")
    package static let bestEpoch = AssetFact<Int>(.model, "best_epoch")
    package static let stoppedEarly = AssetFact<Bool>(.model, "stopped_early")
    package static let trainingSeconds = AssetFact<Double>(.model, "training_seconds")
    static let validationLoss = AssetFact<Double>(.model, "validation_loss")
    static let validationAccuracy = AssetFact<Double>(.model, "validation_accuracy")
    static let resumedFrom = AssetFact<String>(.model, "resumed_from")
}

/// Of what a model was measured to do.
package enum EvaluationFacts {
    /// The model with its figures, from the home folder.
    package static let modelFile = AssetFact<String>(.evaluation, "model_file")
    /// SHA-256 of that file; evaluations of earlier versions don't have it.
    package static let modelDigest = AssetFact<String>(.evaluation, "model_sha256")
    static let mistakes = AssetFact<Int>(.evaluation, "mistakes")
    package static let validation = SetFacts("validation")
    package static let test = SetFacts("test")
    package static let sets = [validation, test]
}

/// On one set.
package struct SetFacts: Sendable {
    package let set: String
    package let accuracy: AssetFact<Double>
    package let accuracyLower: AssetFact<Double>
    package let accuracyUpper: AssetFact<Double>
    package let logLoss: AssetFact<Double>
    let macroF1: AssetFact<Double>
    let calibrationError: AssetFact<Double>

    fileprivate init(_ set: String) {
        func fact(_ name: String) -> AssetFact<Double> {
            AssetFact(.evaluation, "\(set)_\(name)")
        }
        self.set = set
        accuracy = fact("accuracy")
        accuracyLower = fact("accuracy_lower")
        accuracyUpper = fact("accuracy_upper")
        logLoss = fact("log_loss")
        macroF1 = fact("macro_f1")
        calibrationError = fact("calibration_error")
    }
}

/// Of a decision.
package enum DeploymentFacts {
    package static let outcome = AssetFact<String>(.deployment, "outcome")
    static let strategy = AssetFact<String>(.deployment, "strategy")
    package static let modelDigest = AssetFact<String>(.deployment, "model_sha256")
    static let modelName = AssetFact<String>(.deployment, "model_name")
    static let decision = AssetFact<Int>(.deployment, "decision")
    static let previousDigest = AssetFact<String>(.deployment, "previous_deployed_sha256")
    package static let incumbent = AssetFact<JSONText<IncumbentRecord>>(.deployment, "incumbent")
}

/// Of what was scored.
package enum PredictionFacts {
    package static let scored = AssetFact<Int>(.predictions, "scored")
    package static let failed = AssetFact<Int>(.predictions, "failed")
    package static let skipped = AssetFact<Int>(.predictions, "skipped")
    package static let imagesPerSecond = AssetFact<Double>(.predictions, "images_per_second")
    static let file = AssetFact<String>(.predictions, "file")
    package static let modelDigest = AssetFact<String>(.predictions, "model_sha256")
    package static let modelName = AssetFact<String>(.predictions, "model_name")
    static let input = AssetFact<String>(.predictions, "input")
    static let inputPath = AssetFact<String>(.predictions, "input_path")
    /// How many of each class were seen, such as `7: 102`.
    static let labels = AssetFact<[String]>(.predictions, "labels")
}
