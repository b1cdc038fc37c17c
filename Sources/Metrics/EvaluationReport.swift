/// Everything that is measured of a classifier on one set of samples; scikit-learn's numbers.
///
/// In JSON the keys are snake_case, undefined numbers are null, and `warnings` says why.
/// Accuracies are fractions in [0, 1].
public struct EvaluationReport: Equatable, Codable, Sendable {
    /// N.
    public let sampleCount: Int
    /// `[K]`.
    public let classNames: [String]
    public let accuracy: Double
    public let accuracyInterval95: WilsonInterval
    /// The mean recall of the classes that have samples.
    public let balancedAccuracy: Double
    /// `[K]`, absent classes included.
    public let perClass: [ClassEvaluation]
    public let microAverage: PrecisionRecallF1
    public let macroAverage: PrecisionRecallF1
    public let weightedAverage: PrecisionRecallF1
    /// How divisions by zero in precision, recall and F1 were treated.
    public let zeroDivision: ZeroDivision
    /// Rows are true classes, columns predicted ones.
    public let confusionMatrix: ConfusionMatrix
    public let normalizedConfusionMatrix: NormalizedConfusionMatrix
    /// By k.
    public let topKAccuracy: [Int: Double]
    /// In nats.
    public let logLoss: Double
    /// One-vs-rest; each class's own is in `perClass`.
    public let rocAUC: AveragedROCAUC
    public let cohenKappa: CohenKappa
    public let matthewsCorrelation: Double
    public let expectedCalibrationError: Double
    public let calibrationBinCount: Int
    /// Of the reliability diagram; the last is of a confidence of exactly 1.
    public let calibrationBins: [CalibrationBin]
    /// The text of scikit-learn's `classification_report`.
    public let classificationReport: String
    public let warnings: [MetricWarning]

    enum CodingKeys: String, CodingKey {
        case accuracy, warnings
        case sampleCount = "sample_count"
        case classNames = "class_names"
        case accuracyInterval95 = "accuracy_interval_95"
        case balancedAccuracy = "balanced_accuracy"
        case perClass = "per_class"
        case microAverage = "micro_average"
        case macroAverage = "macro_average"
        case weightedAverage = "weighted_average"
        case zeroDivision = "zero_division"
        case confusionMatrix = "confusion_matrix"
        case normalizedConfusionMatrix = "normalized_confusion_matrix"
        case topKAccuracy = "top_k_accuracy"
        case logLoss = "log_loss"
        case rocAUC = "roc_auc"
        case cohenKappa = "cohen_kappa"
        case matthewsCorrelation = "matthews_correlation"
        case expectedCalibrationError = "expected_calibration_error"
        case calibrationBinCount = "calibration_bin_count"
        case calibrationBins = "calibration_bins"
        case classificationReport = "classification_report"
    }
}

/// The row of one class.
public struct ClassEvaluation: Equatable, Codable, Sendable {
    public let name: String
    @NullIfUndefined public private(set) var precision: Double?
    @NullIfUndefined public private(set) var recall: Double?
    @NullIfUndefined public private(set) var f1: Double?
    /// Samples of the class.
    public let support: Int
    /// Samples predicted as the class.
    public let predictedCount: Int
    /// The class against the rest.
    @NullIfUndefined public private(set) var rocAUC: Double?

    enum CodingKeys: String, CodingKey {
        case name, precision, recall, f1, support
        case predictedCount = "predicted_count"
        case rocAUC = "roc_auc"
    }

    init(name: String, scores: PrecisionRecallF1, predictedCount: Int, rocAUC: Double?) {
        self.name = name
        support = scores.support
        self.predictedCount = predictedCount
        _precision = NullIfUndefined(wrappedValue: scores.precision)
        _recall = NullIfUndefined(wrappedValue: scores.recall)
        _f1 = NullIfUndefined(wrappedValue: scores.f1)
        _rocAUC = NullIfUndefined(wrappedValue: rocAUC)
    }
}

/// The confusion matrix as shares, divided in each of the three ways.
public struct NormalizedConfusionMatrix: Equatable, Codable, Sendable {
    public let byTrue: [[Double]]
    public let byPredicted: [[Double]]
    public let byAll: [[Double]]

    init(_ matrix: ConfusionMatrix) {
        byTrue = matrix.normalized(.byTrue)
        byPredicted = matrix.normalized(.byPredicted)
        byAll = matrix.normalized(.byAll)
    }

    enum CodingKeys: String, CodingKey {
        case byTrue = "by_true"
        case byPredicted = "by_predicted"
        case byAll = "by_all"
    }
}

/// The averages of the one-vs-rest areas.
public struct AveragedROCAUC: Equatable, Codable, Sendable {
    @NullIfUndefined public var macro: Double?
    @NullIfUndefined public var weighted: Double?
}

/// Cohen's kappa with each weighting of disagreements.
public struct CohenKappa: Equatable, Codable, Sendable {
    @NullIfUndefined public var unweighted: Double?
    @NullIfUndefined public var linear: Double?
    @NullIfUndefined public var quadratic: Double?
}
