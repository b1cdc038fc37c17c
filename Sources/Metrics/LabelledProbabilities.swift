/// The class probabilities that a model gave to samples, beside their true labels; checked once.
public struct LabelledProbabilities: Sendable {
    /// `[N]`, each in 0 ..< `classCount`.
    public let labels: [Int]
    /// `[N, K]`, row-major; float32 probabilities are widened exactly.
    public let probabilities: [Double]
    /// K, at least 2.
    public let classCount: Int
    /// The rounding step of the type the probabilities came in: log loss clips by it.
    let epsilon: Double

    /// - Parameter labels: `[N]`, the true class of each sample, 0 ..< `classCount`.
    /// - Parameter probabilities: `[N, K]`, row-major, each in [0, 1].
    /// - Throws: `MetricsError` if there are no samples or fewer than two classes, the counts
    ///   differ, a label is not a class, or a probability is not finite or outside [0, 1].
    public init(labels: [Int], probabilities: [Double], classCount: Int) throws {
        try self.init(
            labels: labels, widened: probabilities, classCount: classCount,
            epsilon: Double.ulpOfOne)
    }

    /// The same for float32.
    public init(labels: [Int], probabilities: [Float], classCount: Int) throws {
        try self.init(
            labels: labels, widened: probabilities.map(Double.init), classCount: classCount,
            epsilon: Double(Float.ulpOfOne))
    }

    private init(labels: [Int], widened: [Double], classCount: Int, epsilon: Double) throws {
        guard classCount >= 2 else {
            throw MetricsError.tooFewClasses(needed: 2, got: classCount)
        }
        guard !labels.isEmpty else { throw MetricsError.empty }
        let (expected, overflow) = labels.count.multipliedReportingOverflow(by: classCount)
        guard !overflow, widened.count == expected else {
            throw MetricsError.countMismatch(
                what: "probabilities (samples × classes)", expected: expected, got: widened.count)
        }
        try ConfusionMatrix.checkRange("labels", labels, classCount: classCount)
        try Self.checkProbabilities(widened, classCount: classCount)
        self.labels = labels
        probabilities = widened
        self.classCount = classCount
        self.epsilon = epsilon
    }

    private static func checkProbabilities(_ values: [Double], classCount: Int) throws {
        for (index, value) in values.enumerated() where !(value >= 0 && value <= 1) {
            let (row, column) = index.quotientAndRemainder(dividingBy: classCount)
            throw value.isFinite
                ? MetricsError.notProbability(row: row, column: column, value: value)
                : MetricsError.notFinite(row: row, column: column, value: value)
        }
    }

    public var sampleCount: Int { labels.count }

    /// The K probabilities of one sample.
    public func row(_ sample: Int) -> ArraySlice<Double> {
        probabilities[sample * classCount..<(sample + 1) * classCount]
    }

    /// The most probable class of each sample; of equal ones the first, as NumPy's argmax.
    public var predictions: [Int] {
        labels.indices.map { sample in
            let row = row(sample)
            var best = row.startIndex
            for index in row.indices where row[index] > row[best] { best = index }
            return best - row.startIndex
        }
    }

    /// The first row whose sum is further from 1 than `tolerance`, with that sum.
    func firstImproperRow(tolerance: Double) -> (row: Int, sum: Double)? {
        for sample in labels.indices {
            let sum = row(sample).reduce(0, +)
            if !(abs(sum - 1) <= tolerance) { return (sample, sum) }
        }
        return nil
    }
}
