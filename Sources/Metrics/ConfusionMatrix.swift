/// How often each class was taken for each other: rows are the true classes, columns the predicted.
///
/// - Source: scikit-learn 1.9 `sklearn.metrics.confusion_matrix`.
public struct ConfusionMatrix: Equatable, Sendable {
    /// The label of each row and column, in their order.
    public let classes: [Int]
    /// `counts[i][j]`: samples of class `classes[i]` that were predicted as `classes[j]`.
    public let counts: [[Int]]

    /// What each cell is divided by when the matrix is normalised.
    public enum Normalization: String, Codable, Sendable, CaseIterable {
        /// The row's sum: a cell is a share of the true class.
        case byTrue = "true"
        /// The column's sum: a cell is a share of what was predicted as that class.
        case byPredicted = "pred"
        /// The number of samples.
        case byAll = "all"
    }

    /// The matrix over every label that occurs in either array, in ascending order.
    ///
    /// - Throws: `MetricsError` if there are no samples or the counts differ.
    public init(labels: [Int], predictions: [Int]) throws {
        let classes = Set(labels).union(predictions).sorted()
        try self.init(labels: labels, predictions: predictions, checked: classes)
    }

    /// The matrix over `classes` in the order given; other samples are left out.
    ///
    /// - Throws: `MetricsError` as above, or if `classes` is empty, has repetitions, or none of
    ///   them occurs in `labels`.
    public init(labels: [Int], predictions: [Int], classes: [Int]) throws {
        guard !classes.isEmpty else { throw MetricsError.tooFewClasses(needed: 1, got: 0) }
        try Self.checkDistinct(classes)
        try Self.checkCounts(labels: labels, predictions: predictions)
        guard !Set(labels).isDisjoint(with: classes) else {
            throw MetricsError.noSuchLabel(classes: classes)
        }
        try self.init(labels: labels, predictions: predictions, checked: classes)
    }

    /// The matrix over the classes 0 ..< `classCount`, absent ones included.
    ///
    /// - Throws: `MetricsError` as above, or if a label or prediction is not one of them.
    public init(labels: [Int], predictions: [Int], classCount: Int) throws {
        guard classCount >= 1 else {
            throw MetricsError.tooFewClasses(needed: 1, got: classCount)
        }
        try Self.checkRange("labels", labels, classCount: classCount)
        try Self.checkRange("predictions", predictions, classCount: classCount)
        try self.init(labels: labels, predictions: predictions, checked: Array(0..<classCount))
    }

    /// A matrix of known counts, as read from a file.
    ///
    /// - Throws: `MetricsError` unless it is square, of the size of `classes`, and not negative.
    public init(classes: [Int], counts: [[Int]]) throws {
        try Self.checkDistinct(classes)
        guard counts.count == classes.count, counts.allSatisfy({ $0.count == classes.count }) else {
            throw MetricsError.matrix(
                reason: "rows of \(counts.map(\.count)) cells for \(classes.count) classes")
        }
        guard let total = Self.checkedTotal(counts) else {
            throw MetricsError.matrix(reason: "a count is negative or the sum is too large")
        }
        guard total > 0 else { throw MetricsError.empty }
        self.classes = classes
        self.counts = counts
    }

    private init(labels: [Int], predictions: [Int], checked classes: [Int]) throws {
        try Self.checkCounts(labels: labels, predictions: predictions)
        let position = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
        var cells = [[Int]](
            repeating: [Int](repeating: 0, count: classes.count), count: classes.count)
        for (label, prediction) in zip(labels, predictions) {
            guard let row = position[label], let column = position[prediction] else { continue }
            cells[row][column] += 1
        }
        self.classes = classes
        counts = cells
    }

    // MARK: - Sums

    /// The number of samples counted.
    public var sampleCount: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

    /// The diagonal's sum.
    public var correctCount: Int { counts.indices.reduce(0) { $0 + counts[$1][$1] } }

    /// Samples of each true class: the sums of the rows.
    public var trueCounts: [Int] { counts.map { $0.reduce(0, +) } }

    /// Samples predicted as each class: the sums of the columns.
    public var predictedCounts: [Int] {
        counts.indices.map { column in counts.reduce(0) { $0 + $1[column] } }
    }

    /// The cells as shares in [0, 1]; a row or column without samples is all zeros.
    public func normalized(_ normalization: Normalization) -> [[Double]] {
        let rows = trueCounts
        let columns = predictedCounts
        let all = sampleCount
        return counts.indices.map { row in
            counts.indices.map { column in
                let divisor =
                    switch normalization {
                    case .byTrue: rows[row]
                    case .byPredicted: columns[column]
                    case .byAll: all
                    }
                return divisor == 0 ? 0 : Double(counts[row][column]) / Double(divisor)
            }
        }
    }

    // MARK: - Checks

    static func checkCounts(labels: [Int], predictions: [Int]) throws {
        guard labels.count == predictions.count else {
            throw MetricsError.countMismatch(
                what: "predictions", expected: labels.count, got: predictions.count)
        }
        guard !labels.isEmpty else { throw MetricsError.empty }
    }

    static func checkRange(_ what: String, _ values: [Int], classCount: Int) throws {
        guard let index = values.firstIndex(where: { $0 < 0 || $0 >= classCount }) else { return }
        throw MetricsError.labelOutOfRange(
            what: what, index: index, value: values[index], classCount: classCount)
    }

    static func checkDistinct(_ classes: [Int]) throws {
        var seen = Set<Int>()
        for value in classes where !seen.insert(value).inserted {
            throw MetricsError.duplicateClass(value)
        }
    }

    private static func checkedTotal(_ counts: [[Int]]) -> Int? {
        var total = 0
        for count in counts.joined() {
            let (sum, overflow) = total.addingReportingOverflow(count)
            if count < 0 || overflow { return nil }
            total = sum
        }
        return total
    }
}

extension ConfusionMatrix: Codable {
    enum CodingKeys: String, CodingKey { case classes, counts }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            classes: container.decode([Int].self, forKey: .classes),
            counts: container.decode([[Int]].self, forKey: .counts))
    }
}
