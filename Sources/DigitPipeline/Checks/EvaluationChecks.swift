import Metrics
import Orchestration

/// Whether an evaluation says everything that is decided by.
enum EvaluationChecks {
    static func all(_ evaluation: Evaluation, _ data: PreparedData) -> [CheckResult] {
        [complete(evaluation), covers(evaluation, data)]
    }

    private static func complete(_ evaluation: Evaluation) -> CheckResult {
        let report = evaluation.judged
        let metrics: [(String, Double?, ClosedRange<Double>)] = [
            ("accuracy", report.accuracy, 0...1),
            ("balanced accuracy", report.balancedAccuracy, 0...1),
            ("macro F1", report.macroAverage.f1, 0...1),
            ("log loss", report.logLoss, 0...Double.greatestFiniteMagnitude),
            ("calibration error", report.expectedCalibrationError, 0...1),
        ]
        let missing = metrics.filter { name, value, range in
            !(value.map { range.contains($0) } ?? false)
        }
        return CheckResult(
            "metrics complete", of: .evaluation, severity: .blocking, passed: missing.isEmpty,
            evidence: [
                "metrics": .integer(metrics.count), "missing": .texts(missing.map(\.0)),
            ])
    }

    /// Every image was measured, and the confusion matrix counts each once.
    private static func covers(_ evaluation: Evaluation, _ data: PreparedData) -> CheckResult {
        let counted = evaluation.judged.confusionMatrix.counts.reduce(0) { $0 + $1.reduce(0, +) }
        let images = (data.test ?? data.validation).count
        return CheckResult(
            "every image measured", of: .evaluation, severity: .blocking,
            passed: counted == images && evaluation.validation.sampleCount == data.validation.count,
            evidence: ["images": .integer(images), "counted": .integer(counted)])
    }
}
