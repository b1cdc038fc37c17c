import Orchestration
import Training

/// Whether a trained model is one: finite, of the right shape, and better than guessing.
enum ModelChecks {
    static func all(
        _ model: ConfiguredNetwork, _ result: TrainingResult, _ data: PreparedData
    ) -> [CheckResult] {
        [
            finiteWeights(model), outputShape(model, data),
            beatsGuessing(result.best?.validationAccuracy ?? 0, data),
        ]
    }

    private static func finiteWeights(_ model: ConfiguredNetwork) -> CheckResult {
        let bad = model.stateDictionary().entries.filter { entry in
            if case .floats(let values) = entry.values {
                !values.allSatisfy(\.isFinite)
            } else {
                false
            }
        }
        return CheckResult(
            "finite weights", of: .model, severity: .blocking, passed: bad.isEmpty,
            evidence: [
                "parameters": .integer(model.parameterCount), "not_finite": .texts(bad.map(\.name)),
            ])
    }

    /// One probability a class, which sum to 1.
    private static func outputShape(_ model: ConfiguredNetwork, _ data: PreparedData) -> CheckResult
    {
        let few = data.validation.including(Array(data.validation.indices.prefix(8)))
        let probabilities = Evaluator.probabilities(model, few)
        let classCount = data.classNames.count
        // The model's outputs needn't be as many.
        let width = few.count > 0 ? probabilities.count / few.count : 0
        let sums = (0..<few.count).map { row in
            probabilities[row * width..<(row + 1) * width].reduce(0, +)
        }
        let farthest = sums.map { abs(Double($0) - 1) }.max() ?? .infinity
        return CheckResult(
            "output shape", of: .model, severity: .blocking,
            passed: probabilities.count == few.count * classCount && farthest < 1e-4,
            evidence: [
                "images": .integer(few.count), "outputs": .integer(probabilities.count),
                "classes": .integer(classCount), "farthest_sum_from_1": .number(farthest),
            ])
    }

    /// A model that always names the most frequent class has that class's share as its accuracy.
    private static func beatsGuessing(_ accuracy: Double, _ data: PreparedData) -> CheckResult {
        var counts = [Int](repeating: 0, count: data.classNames.count)
        for position in 0..<data.validation.count { counts[data.validation.label(position)] += 1 }
        let share = Double(counts.max() ?? 0) / Double(max(data.validation.count, 1))
        return CheckResult(
            "better than guessing", of: .model, severity: .warning, passed: accuracy > share,
            evidence: [
                "validation_accuracy": .number(accuracy), "most_frequent_class": .number(share),
            ])
    }
}
