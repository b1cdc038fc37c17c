import Metrics
import Testing

/// What is refused, and how it is said. Everything that scikit-learn refuses is.
@Suite struct MetricsErrorTests {
    struct Raising: Decodable {
        let name: String
        let message: String
    }

    @Test func whatScikitLearnRaisesIsThrown() throws {
        let half: [Double] = [0.5, 0.5, 0, 0.2, 0.3, 0.5]
        let calls: [String: () throws -> Void] = [
            "empty": { _ = try ClassificationScores(labels: [], predictions: []) },
            "predictions short": {
                _ = try ConfusionMatrix(labels: [0, 1, 2], predictions: [0, 1])
            },
            "no listed class in labels": {
                _ = try ConfusionMatrix(labels: [0, 1], predictions: [1, 0], classes: [7])
            },
            "no classes listed": {
                _ = try ConfusionMatrix(labels: [0, 1], predictions: [1, 0], classes: [])
            },
            "names short": {
                _ = try ClassificationScores(labels: [0, 1], predictions: [1, 0])
                    .reportText(classNames: ["a"])
            },
            "label outside, log loss": { _ = try samples([0, 3], half).logLoss() },
            "label outside, AUC": { _ = try samples([0, 3], half).rocAUC() },
            "above one": { _ = try samples([0, 1], half.map { $0 * 2.5 }).logLoss() },
            "below zero": { _ = try samples([0, 1], half.map { $0 - 0.1 }).logLoss() },
            "not finite": { _ = try samples([0, 1], half.map { $0 * .nan }).logLoss() },
            "rows short of one": { _ = try samples([0, 1], half.map { $0 * 0.9 }).rocAUC() },
            "one class": { _ = try samples([0, 0], [1, 1], classCount: 1).logLoss() },
            "probabilities short": { _ = try samples([0, 1, 2], half).logLoss() },
            "top zero": { _ = try samples([0, 1], half).topKAccuracy(0) },
        ]
        let raising = try GoldenCases<Raising>.read("raising")
        #expect(Set(raising.map(\.name)) == Set(calls.keys))
        for item in raising {
            let call = try #require(calls[item.name])
            #expect(throws: MetricsError.self, "\(item.name): \(item.message)") { try call() }
        }
    }

    @Test func messagesSayWhatWasExpectedAndWhatToDo() {
        expectError(
            "labels[2]: 10, expected 0...9. "
                + "Check the labels, or give as many class names as there are classes."
        ) { try ConfusionMatrix(labels: [0, 9, 10], predictions: [0, 9, 9], classCount: 10) }
        expectError(
            "predictions[0]: -1, expected 0...9. "
                + "Check the labels, or give as many class names as there are classes."
        ) { try ConfusionMatrix(labels: [0], predictions: [-1], classCount: 10) }
        expectError(
            "predictions: 1 values, expected 2 to match the labels. "
                + "Check that both come from the same samples."
        ) { try ConfusionMatrix(labels: [0, 1], predictions: [1]) }
        expectError("labels: 0 samples, expected at least 1. Check that the split isn't empty.") {
            try EvaluationReport(labels: [], probabilities: [], classNames: ["a", "b"])
        }
        expectError(
            "probabilities[1, 0]: inf, expected a finite number. "
                + "The model that made them has diverged; train again."
        ) {
            try EvaluationReport(
                labels: [0, 1], probabilities: [1, 0, .infinity, 0], classNames: ["a", "b"])
        }
        expectError(
            "probabilities[0, 1]: 1.5, expected 0 to 1. Pass softmax's output, not logits."
        ) { try samples([0], [0, 1.5, 0]) }
        expectError(
            "probabilities[0, …]: sum 0.5, expected 1 within 1e-5. "
                + "Pass softmax's output over all classes."
        ) { try EvaluationReport(samples([0], [0, 0.5, 0]), classNames: ["a", "b", "c"]) }
        expectError("class names: 2, expected 3, one a class. Give them in class order.") {
            try EvaluationReport(samples([0], [0, 1, 0]), classNames: ["a", "b"])
        }
        expectError("classes: 4 is listed twice, expected each class once. Remove the repetition.")
        { try ClassificationScores(labels: [4], predictions: [4], classes: [4, 4]) }
        expectError("bins: 0, expected at least 1.") {
            try samples([0], [0, 1, 0]).expectedCalibrationError(bins: 0)
        }
        expectError("digits: -1, expected at least 0.") {
            try ClassificationScores(labels: [4], predictions: [4]).reportText(digits: -1)
        }
        expectError("trials: 3, expected at least 4.") {
            try WilsonInterval(successes: 4, trials: 3)
        }
    }

    private func samples(
        _ labels: [Int], _ probabilities: [Double], classCount: Int = 3
    ) throws -> LabelledProbabilities {
        try LabelledProbabilities(
            labels: labels, probabilities: probabilities, classCount: classCount)
    }

    private func expectError<Result>(
        _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ call: () throws -> Result
    ) {
        let error = #expect(throws: MetricsError.self, sourceLocation: sourceLocation) {
            _ = try call()
        }
        #expect(error?.description == message, sourceLocation: sourceLocation)
    }
}
