import DurableFiles
import Foundation
import Metrics
import Orchestration
import Registry
import Reports
import Training

/// Scikit-learn's numbers of a model on the sets it didn't learn from: the artifact of `evaluation`.
public struct Evaluation: JSONAsset, Equatable {
    public let validation: EvaluationReport
    /// Nil where the data has no test set.
    public let test: EvaluationReport?
    /// Of the set that gates look at, the most confident first.
    public let mistakes: [Mistake]

    /// An image that the model takes for another class.
    public struct Mistake: Codable, Sendable, Equatable {
        /// Position in the image's own file.
        public let index: Int
        public let label: Int
        public let prediction: Int
        /// The probability of the prediction.
        public let confidence: Double
    }

    /// The set that gates look at: the test set, or the validation set where there is none.
    public var judged: EvaluationReport { test ?? validation }
    public var judgedName: String { test == nil ? "validation" : "test" }

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
    package var gateMetrics: GateMetrics {
        var metrics: GateMetrics = [GateMetrics.accuracy: accuracy]
        metrics[GateMetrics.macroF1] = macroAverage.f1
        metrics[GateMetrics.logLoss] = logLoss.isFinite ? logLoss : nil
        let recalls = perClass.filter { $0.support > 0 }.compactMap(\.recall)
        metrics[GateMetrics.worstClassRecall] = recalls.min()
        return metrics
    }
}

/// The fourth asset: measure the model, and write the numbers and pictures down.
public enum EvaluationStage {
    /// The most mistakes that are kept.
    private static let mistakeLimit = 200

    /// Measures a model on one set.
    ///
    /// - Throws: `MetricsError`.
    public static func evaluate(
        _ model: ConfiguredNetwork, on samples: ImageSamples, classNames: [String]
    ) throws -> EvaluationReport {
        try report(Evaluator.probabilities(model, samples), samples, classNames)
    }

    private static func report(
        _ probabilities: [Float], _ samples: ImageSamples, _ classNames: [String]
    ) throws -> EvaluationReport {
        try EvaluationReport(
            labels: (0..<samples.count).map(samples.label), probabilities: probabilities,
            classNames: classNames)
    }

    static func make(
        _ run: PipelineRun, _ content: ModelContent, _ data: PreparedData
    ) throws -> Made<Evaluation> {
        try run.keepConfig()
        let evaluation = try measure(content.file.makeModel(pool: run.pool), data)
        try write(evaluation.validation, set: "validation", run.folder)
        if let test = evaluation.test { try write(test, set: "test", run.folder) }
        let model = try writeModel(content, evaluation, run.folder)
        return Made(
            evaluation, metadata: metadata(evaluation, model),
            checks: EvaluationChecks.all(evaluation, data))
    }

    private static func measure(_ model: ConfiguredNetwork, _ data: PreparedData) throws
        -> Evaluation
    {
        let validation = Evaluator.probabilities(model, data.validation)
        let test = data.test.map { Evaluator.probabilities(model, $0) }
        return Evaluation(
            validation: try report(validation, data.validation, data.classNames),
            test: try data.test.map { try report(test!, $0, data.classNames) },
            mistakes: mistakes(
                test ?? validation, data.test ?? data.validation, data.classNames.count))
    }

    private static func mistakes(
        _ probabilities: [Float], _ samples: ImageSamples, _ classCount: Int
    ) -> [Evaluation.Mistake] {
        let all = (0..<samples.count).compactMap { position -> Evaluation.Mistake? in
            let row = Array(probabilities[position * classCount..<(position + 1) * classCount])
            let best = row.max() ?? 0
            let prediction = row.firstIndex(of: best) ?? 0
            guard prediction != samples.label(position) else { return nil }
            return Evaluation.Mistake(
                index: samples.indices[position], label: samples.label(position),
                prediction: prediction, confidence: Double(best))
        }
        let sorted = all.sorted { ($1.confidence, $0.index) < ($0.confidence, $1.index) }
        return Array(sorted.prefix(mistakeLimit))
    }

    /// The model with its figures, for people and gates, in the run's folder.
    ///
    /// - Returns: the file's content, and where it is.
    static func writeModel(
        _ content: ModelContent, _ evaluation: Evaluation, _ folder: RunFolder
    ) throws -> EvaluatedModel {
        let model = try EvaluatedModel(content, evaluation, folder)
        try AtomicFile.write(model.bytes, to: folder.file(model.fileName))
        return model
    }

    private static func metadata(_ evaluation: Evaluation, _ model: EvaluatedModel) -> Metadata {
        var metadata = Metadata()
        metadata[EvaluationFacts.modelFile] = model.path
        metadata[EvaluationFacts.modelDigest] = SHA256.hexDigest(of: model.bytes)
        func add(_ report: EvaluationReport, _ facts: SetFacts) {
            metadata[facts.accuracy] = report.accuracy
            metadata[facts.accuracyLower] = report.accuracyInterval95.lower
            metadata[facts.accuracyUpper] = report.accuracyInterval95.upper
            metadata[facts.logLoss] = report.logLoss
            metadata[facts.macroF1] = report.macroAverage.f1
            metadata[facts.calibrationError] = report.expectedCalibrationError
        }
        add(evaluation.validation, EvaluationFacts.validation)
        if let test = evaluation.test { add(test, EvaluationFacts.test) }
        let judged = evaluation.judged
        metadata[EvaluationFacts.mistakes] =
            judged.sampleCount - judged.confusionMatrix.correctCount
        return metadata
    }

    /// One set's numbers as JSON, scikit-learn's text report, and the confusion matrix as a picture.
    private static func write(
        _ report: EvaluationReport, set: String, _ folder: RunFolder
    ) throws {
        try folder.write(
            String(decoding: report.jsonData(), as: UTF8.self), to: "evaluation-\(set).json")
        try folder.write(report.classificationReport, to: "classification-report-\(set).txt")
        try folder.write(
            ConfusionMatrixFigure(report, set: set).svg, to: "confusion-matrix-\(set).svg")
    }
}
