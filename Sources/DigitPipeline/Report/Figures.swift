import Metrics
import Reports
import Training

extension ConfusionMatrixFigure {
    /// The confusion matrix of one set.
    init(_ report: EvaluationReport, set: String) throws {
        try self.init(
            counts: report.confusionMatrix.counts, classNames: report.classNames,
            title: "Confusion matrix, \(set) set")
    }
}

extension LearningCurveFigure {
    /// The epochs of a training.
    init(_ result: TrainingResult) throws {
        try self.init(
            epochs: result.history.map {
                Epoch(
                    number: $0.epoch, trainLoss: $0.trainLoss, validationLoss: $0.validationLoss,
                    trainAccuracy: $0.trainAccuracy, validationAccuracy: $0.validationAccuracy,
                    learningRate: $0.learningRate)
            }, bestEpoch: result.bestEpoch)
    }
}
