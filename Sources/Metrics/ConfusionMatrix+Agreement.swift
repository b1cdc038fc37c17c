/// How disagreements are weighed by the distance between their classes.
public enum KappaWeights: String, Codable, Sendable, CaseIterable {
    /// Every disagreement counts the same.
    case unweighted
    /// |i − j|, i and j the positions of the classes.
    case linear
    /// (i − j)².
    case quadratic

    func weight(_ i: Int, _ j: Int) -> Double {
        switch self {
        case .unweighted: i == j ? 0 : 1
        case .linear: Double(abs(i - j))
        case .quadratic: Double((i - j) * (i - j))
        }
    }
}

extension ConfusionMatrix {
    /// The share of samples on the diagonal, in [0, 1].
    ///
    /// nil if no sample falls on the classes of the matrix, which only a selection can bring about.
    public var accuracy: Double? {
        sampleCount == 0 ? nil : Double(correctCount) / Double(sampleCount)
    }

    /// The mean recall of the classes that have samples; those that don't are left out.
    ///
    /// - Source: scikit-learn 1.9 `balanced_accuracy_score` (not adjusted for chance).
    public var balancedAccuracy: Measured<Double?> {
        let totals = trueCounts
        let predicted = predictedCounts
        let recalls = classes.indices.filter { totals[$0] > 0 }
            .map { Double(counts[$0][$0]) / Double(totals[$0]) }
        let unknown = classes.indices.filter { totals[$0] == 0 && predicted[$0] > 0 }
        let value = recalls.isEmpty ? nil : pairwiseSum(recalls) / Double(recalls.count)
        guard !unknown.isEmpty else { return Measured(value) }
        let warning = MetricWarning(
            metric: "balanced_accuracy", classes: unknown.map { classes[$0] },
            reason: "predicted, but no sample has this label; left out of the mean")
        return Measured(value, [warning])
    }

    /// Cohen's kappa: agreement beyond what the frequencies alone would give; 1 is perfect.
    ///
    /// nil with a warning where it is undefined: all labels and predictions are one class, or no
    /// sample falls on the classes of the matrix.
    /// - Source: scikit-learn 1.9 `cohen_kappa_score`; Cohen (1960, 1968).
    public func cohenKappa(_ weights: KappaWeights = .unweighted) -> Measured<Double?> {
        let total = Double(sampleCount)
        let rows = trueCounts.map(Double.init)
        let columns = predictedCounts.map(Double.init)
        var observed = 0.0
        var expected = 0.0
        for i in classes.indices {
            for j in classes.indices {
                let weight = weights.weight(i, j)
                observed += weight * Double(counts[i][j])
                expected += weight * rows[i] * columns[j] / max(total, 1)
            }
        }
        guard expected > 0 else {
            let cause =
                total == 0
                ? "no sample falls on these classes"
                : "labels and predictions are all of one class"
            let warning = MetricWarning(metric: "cohen_kappa", reason: "undefined: \(cause)")
            return Measured(nil, [warning])
        }
        return Measured(1 - observed / expected)
    }

    /// Matthews' correlation coefficient for any number of classes, in [−1, 1].
    ///
    /// 0 when the labels or the predictions are all of one class, as in scikit-learn.
    /// - Source: scikit-learn 1.9 `matthews_corrcoef`; Gorodkin (2004), "Comparing two K-category
    ///   assignments by a K-category correlation coefficient".
    public var matthewsCorrelation: Double {
        let total = Double(sampleCount)
        let rows = trueCounts.map(Double.init)
        let columns = predictedCounts.map(Double.init)
        let covariance = Double(correctCount) * total - dot(rows, columns)
        let variances = (total * total - dot(columns, columns)) * (total * total - dot(rows, rows))
        return variances == 0 ? 0 : covariance / variances.squareRoot()
    }

    private func dot(_ a: [Double], _ b: [Double]) -> Double {
        zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
}
