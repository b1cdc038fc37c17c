import Foundation
import Metrics
import Registry
import Reports
import Training

/// Scikit-learn's numbers of a model on the sets it didn't learn from.
public struct Evaluation: Sendable {
    public let validation: EvaluationReport
    /// Nil where the data has no test set.
    public let test: EvaluationReport?

    /// The set that gates look at: the test set, or the validation set where there is none.
    public var judged: EvaluationReport { test ?? validation }

    /// What goes into the model file's metadata.
    var metrics: [String: Double] {
        var metrics = Self.metrics(validation, prefix: "validation")
        if let test {
            metrics.merge(Self.metrics(test, prefix: "test")) { _, new in new }
        }
        return metrics
    }

    private static func metrics(_ report: EvaluationReport, prefix: String) -> [String: Double] {
        let gate = report.gateMetrics.values
        return Dictionary(uniqueKeysWithValues: gate.map { ("\(prefix)_\($0.key)", $0.value) })
    }
}

extension EvaluationReport {
    /// The figures that gates may ask for. Undefined ones are left out, which fails their check.
    public var gateMetrics: GateMetrics {
        var metrics: GateMetrics = [GateMetrics.accuracy: accuracy]
        metrics[GateMetrics.macroF1] = macroAverage.f1
        metrics[GateMetrics.logLoss] = logLoss.isFinite ? logLoss : nil
        let recalls = perClass.filter { $0.support > 0 }.compactMap(\.recall)
        metrics[GateMetrics.worstClassRecall] = recalls.min()
        return metrics
    }
}

/// The third stage: measure the model, and write the numbers and pictures down.
public enum EvaluationStage {
    /// Measures a model on one set.
    ///
    /// - Throws: `MetricsError`.
    public static func evaluate(
        _ model: DigitCNN, on samples: ImageSamples, classNames: [String]
    ) throws -> EvaluationReport {
        try EvaluationReport(
            labels: (0..<samples.count).map(samples.label),
            probabilities: Evaluator.probabilities(model, samples), classNames: classNames)
    }

    static func run(
        _ trained: TrainedModel, _ data: PreparedData, folder: RunFolder
    ) throws -> Evaluation {
        let evaluation = Evaluation(
            validation: try evaluate(
                trained.model, on: data.validation, classNames: data.classNames),
            test: try data.test.map {
                try evaluate(trained.model, on: $0, classNames: data.classNames)
            })
        try write(evaluation.validation, set: "validation", folder)
        if let test = evaluation.test { try write(test, set: "test", folder) }
        try folder.write(
            LearningCurveFigure(trained.result).svg, to: "learning-curve.svg")
        return evaluation
    }

    /// One set's numbers as JSON, scikit-learn's text report, and the confusion matrix as a picture.
    static func write(_ report: EvaluationReport, set: String, _ folder: RunFolder) throws {
        try folder.write(
            String(decoding: report.jsonData(), as: UTF8.self), to: "evaluation-\(set).json")
        try folder.write(report.classificationReport, to: "classification-report-\(set).txt")
        try folder.write(
            ConfusionMatrixFigure(report, set: set).svg, to: "confusion-matrix-\(set).svg")
    }
}
