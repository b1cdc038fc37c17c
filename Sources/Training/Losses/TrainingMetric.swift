import LinearAlgebra

/// A number that tells people how a network does; it is measured beside the loss and changes nothing.
///
/// It is a mean over samples, of training batches as they come and of the whole validation set.
public struct TrainingMetric: Sendable {
    /// Such as `accuracy`, in events, records and checkpoints.
    public let name: String
    private let sample: @Sendable (_ outputs: FloatSlice, _ target: Target) -> Double
    private let finish: @Sendable (Double) -> Double

    /// - Parameters:
    ///   - sample: one sample's share; called on workers, several at once.
    ///   - finish: makes the figure of the mean over samples, such as a square root.
    public init(
        _ name: String, finish: @escaping @Sendable (_ mean: Double) -> Double = { $0 },
        sample: @escaping @Sendable (_ outputs: FloatSlice, _ target: Target) -> Double
    ) {
        self.name = name
        self.sample = sample
        self.finish = finish
    }

    /// The sum over a chunk's samples.
    func sum(
        _ outputs: FloatSlice, count: Int, target: (_ sample: Int) -> Target
    ) -> Double {
        let outputCount = outputs.count / count
        var sum = 0.0
        for index in 0..<count {
            sum += sample(
                outputs.slice(index * outputCount, count: outputCount), target(index))
        }
        return sum
    }

    /// The figure of a sum over samples.
    func value(sum: Double, count: Int) -> Double { finish(sum / Double(max(count, 1))) }
}

extension TrainingMetric {
    /// The share of samples whose largest output (the first of equals) is the label's, or where the
    /// target's largest value is.
    public static let accuracy = TrainingMetric("accuracy") { outputs, target in
        let expected =
            switch target {
            case .label(let label): label
            case .values(let values): values.indexOfLargest
            }
        return outputs.indexOfLargest == expected ? 1 : 0
    }

    /// The share of outputs on the target's side: logits above 0 for targets above 0.5.
    public static let binaryAccuracy = TrainingMetric("binary_accuracy") { outputs, target in
        mean(outputs, target) { ($0 > 0) == ($1 > 0.5) ? 1 : 0 }
    }

    public static let meanAbsoluteError = TrainingMetric("mean_absolute_error") { outputs, target in
        mean(outputs, target) { abs($0 - $1) }
    }

    public static let rootMeanSquaredError = TrainingMetric(
        "root_mean_squared_error", finish: { $0.squareRoot() }
    ) { outputs, target in
        mean(outputs, target) { ($0 - $1) * ($0 - $1) }
    }

    private static func mean(
        _ outputs: FloatSlice, _ target: Target, _ element: (Double, Double) -> Double
    ) -> Double {
        var sum = 0.0
        for index in 0..<outputs.count {
            sum += element(Double(outputs[index]), target.value(index))
        }
        return sum / Double(outputs.count)
    }
}
