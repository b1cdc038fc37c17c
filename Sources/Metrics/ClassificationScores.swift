/// Precision, recall and F1 of a class or an average, each in [0, 1]; nil where undefined.
public struct PrecisionRecallF1: Equatable, Codable, Sendable {
    /// The share of what was predicted as the class that is of the class.
    @NullIfUndefined public var precision: Double?
    /// The share of the class that was predicted as such.
    @NullIfUndefined public var recall: Double?
    /// The harmonic mean of the two.
    @NullIfUndefined public var f1: Double?
    /// Samples of the class, or of all classes of the average.
    public var support: Int
}

/// Precision, recall and F1 of each class with micro, macro and weighted averages.
///
/// - Source: scikit-learn 1.9 `precision_recall_fscore_support`, beta 1.
public struct ClassificationScores: Equatable, Sendable {
    /// The label of each entry of `perClass`.
    public let classes: [Int]
    public let perClass: [PrecisionRecallF1]
    /// From the counts of all classes together; equals accuracy when every label is covered.
    public let micro: PrecisionRecallF1
    /// The plain mean over classes.
    public let macro: PrecisionRecallF1
    /// The mean weighted by support.
    public let weighted: PrecisionRecallF1
    /// What `ZeroDivision.warn` found: which numbers were set to 0 and why.
    public let warnings: [MetricWarning]
    /// Whether every label and prediction is one of `classes`: micro then is the accuracy.
    let coversEveryLabel: Bool
    /// Whether any sample at all was predicted rightly; see `reportText`.
    let anyCorrect: Bool

    /// - Parameter classes: those to score and in which order; by default every label that occurs
    ///   in either array, ascending. Samples of other classes still count as wrong predictions.
    /// - Throws: `MetricsError` if the arrays are empty or their counts differ, or if `classes` is
    ///   empty or has repetitions.
    public init(
        labels: [Int], predictions: [Int], classes: [Int]? = nil,
        zeroDivision: ZeroDivision = .warn
    ) throws {
        if let classes {
            guard !classes.isEmpty else { throw MetricsError.tooFewClasses(needed: 1, got: 0) }
            try ConfusionMatrix.checkDistinct(classes)
        }
        let matrix = try ConfusionMatrix(labels: labels, predictions: predictions)
        self.init(matrix, classes: classes ?? matrix.classes, zeroDivision: zeroDivision)
    }

    /// - Parameter matrix: counts every sample; `classes` may be fewer or more than the matrix has.
    init(_ matrix: ConfusionMatrix, classes: [Int], zeroDivision: ZeroDivision) {
        let tallies = Tally.of(matrix, classes: classes)
        let rows = tallies.map { $0.scores(zeroDivision) }
        self.classes = classes
        perClass = rows
        micro = Tally.sum(tallies).scores(zeroDivision)
        macro = Self.average(rows, weighted: false)
        weighted = Self.average(rows, weighted: true)
        warnings = zeroDivision == .warn ? Self.warnings(tallies, classes) : []
        let selected = Set(classes)
        let occurring = zip(matrix.classes, zip(matrix.trueCounts, matrix.predictedCounts))
            .filter { $0.1.0 + $0.1.1 > 0 }
        coversEveryLabel = occurring.allSatisfy { selected.contains($0.0) }
        anyCorrect = matrix.correctCount > 0
    }

    // MARK: - Averages

    private static func average(_ rows: [PrecisionRecallF1], weighted: Bool) -> PrecisionRecallF1 {
        let weights = weighted ? rows.map { Double($0.support) } : nil
        return PrecisionRecallF1(
            precision: mean(rows.map(\.precision), weights),
            recall: mean(rows.map(\.recall), weights),
            f1: mean(rows.map(\.f1), weights),
            support: rows.reduce(0) { $0 + $1.support })
    }

    /// The mean of what is defined; unweighted if all weights are zero; nil if nothing is defined.
    ///
    /// The additions are in scikit-learn's order (`_nanaverage`), zeros for what is undefined in
    /// the plain mean, its removal in the weighted one.
    private static func mean(_ values: [Double?], _ weights: [Double]?) -> Double? {
        let defined = values.compactMap { $0 }
        guard !defined.isEmpty else { return nil }
        guard let weights else {
            return pairwiseSum(values.map { $0 ?? 0 }) / Double(defined.count)
        }
        let kept = zip(values, weights).compactMap { value, weight in value.map { ($0, weight) } }
        let total = pairwiseSum(kept.map(\.1))
        guard total > 0 else { return pairwiseSum(defined) / Double(defined.count) }
        return pairwiseSum(kept.map { $0.0 * $0.1 }) / total
    }

    private static func warnings(_ tallies: [Tally], _ classes: [Int]) -> [MetricWarning] {
        func warning(
            _ metric: String, _ reason: String, _ isUndefined: (Tally) -> Bool
        ) -> MetricWarning? {
            let affected = zip(classes, tallies).filter { isUndefined($0.1) }.map(\.0)
            return affected.isEmpty
                ? nil : MetricWarning(metric: metric, classes: affected, reason: reason)
        }
        return [
            warning("precision", "no predicted samples; set to 0") { $0.predicted == 0 },
            warning("recall", "no true samples; set to 0") { $0.actual == 0 },
            warning("f1", "no true nor predicted samples; set to 0") {
                $0.actual + $0.predicted == 0
            },
        ].compactMap { $0 }
    }
}

/// The three counts that a class's scores come from.
private struct Tally {
    var correct = 0
    var predicted = 0
    var actual = 0

    static func of(_ matrix: ConfusionMatrix, classes: [Int]) -> [Tally] {
        let position = Dictionary(uniqueKeysWithValues: zip(matrix.classes, matrix.classes.indices))
        let (actual, predicted) = (matrix.trueCounts, matrix.predictedCounts)
        return classes.map { label in
            guard let index = position[label] else { return Tally() }
            return Tally(
                correct: matrix.counts[index][index], predicted: predicted[index],
                actual: actual[index])
        }
    }

    static func sum(_ tallies: [Tally]) -> Tally {
        tallies.reduce(into: Tally()) {
            $0.correct += $1.correct
            $0.predicted += $1.predicted
            $0.actual += $1.actual
        }
    }

    func scores(_ zeroDivision: ZeroDivision) -> PrecisionRecallF1 {
        func ratio(_ numerator: Int, _ denominator: Int) -> Double? {
            denominator == 0 ? zeroDivision.value : Double(numerator) / Double(denominator)
        }
        return PrecisionRecallF1(
            precision: ratio(correct, predicted), recall: ratio(correct, actual),
            f1: ratio(2 * correct, actual + predicted), support: actual)
    }
}
