import Metrics
import Reports

extension ConfusionMatrixFigure {
    /// The confusion matrix of one set.
    init(_ report: EvaluationReport, set: String) throws {
        try self.init(
            counts: report.confusionMatrix.counts, classNames: report.classNames,
            title: "Confusion matrix, \(set) set")
    }
}

extension LearningCurveFigure {
    /// - Returns: nil for a training without a finished epoch.
    init?(_ curve: TrainingCurve) throws {
        guard !curve.epochs.isEmpty else { return nil }
        try self.init(epochs: curve.epochs, steps: curve.steps, bestEpoch: curve.best?.number)
    }
}
