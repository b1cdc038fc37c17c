/// The area under the receiver operating characteristic, each class against the rest.
///
/// - Source: scikit-learn 1.9 `roc_auc_score(multi_class="ovr", labels=range(K))`. The area is
///   counted as the share of (positive, negative) pairs in the right order, ties half, which is
///   the trapezoids' area (Hanley and McNeil 1982).
public struct ROCAUC: Equatable, Sendable {
    /// `[K]`, in [0, 1]; nil for a class that no sample or every sample has.
    public let perClass: [Double?]
    /// The mean over classes; nil if any class is undefined, as in scikit-learn. With two classes
    /// whose probabilities sum to exactly 1 it is the binary AUC.
    public let macro: Double?
    /// The mean weighted by support. Classes without samples weigh nothing; nil if one class has
    /// every sample.
    public let weighted: Double?
    public let warnings: [MetricWarning]
}

extension LabelledProbabilities {
    /// One-vs-rest areas under the ROC curve.
    ///
    /// - Throws: `MetricsError.rowSum` if a row doesn't sum to 1 within 1e-5, as scikit-learn does.
    /// - Complexity: O(K · N log N).
    public func rocAUC() throws -> ROCAUC {
        if let (row, sum) = firstImproperRow(tolerance: 1e-5 + 1e-8) {
            throw MetricsError.rowSum(row: row, sum: sum)
        }
        let areas = (0..<classCount).map(area)
        let undefined = areas.indices.filter { areas[$0] == nil }
        return ROCAUC(
            perClass: areas, macro: undefined.isEmpty ? mean(areas) : nil,
            weighted: weightedMean(areas), warnings: warnings(undefined))
    }

    private func area(_ positive: Int) -> Double? {
        let positives = labels.count { $0 == positive }
        let negatives = sampleCount - positives
        guard positives > 0, negatives > 0 else { return nil }
        let order = labels.indices
            .map { (score: probabilities[$0 * classCount + positive], hit: labels[$0] == positive) }
            .sorted { $0.score < $1.score }
        // Pairs in the right order, counted twice so that ties are whole numbers.
        var (pairs, below, start) = (0.0, 0, 0)
        while start < order.count {
            let tied = order[start...].prefix { $0.score == order[start].score }
            let hits = tied.count(where: \.hit)
            pairs += Double(hits) * Double(2 * below + tied.count - hits)
            below += tied.count - hits
            start = tied.endIndex
        }
        return pairs / (2 * Double(positives) * Double(negatives))
    }

    private func mean(_ areas: [Double?]) -> Double {
        pairwiseSum(areas.compactMap { $0 }) / Double(classCount)
    }

    private func weightedMean(_ areas: [Double?]) -> Double? {
        let support = labels.reduce(into: [Int](repeating: 0, count: classCount)) { $0[$1] += 1 }
        guard !support.contains(sampleCount) else { return nil }
        let terms = zip(areas, support).map { ($0 ?? 0) * Double($1) }
        return pairwiseSum(terms) / Double(sampleCount)
    }

    private func warnings(_ undefined: [Int]) -> [MetricWarning] {
        let isWhole = Set(labels).count == 1
        let absent = undefined.filter { !isWhole || $0 != labels[0] }
        var warnings: [MetricWarning] = []
        if !absent.isEmpty {
            warnings.append(
                MetricWarning(
                    metric: "roc_auc", classes: absent,
                    reason: "undefined: no sample has this label; so is the macro average"))
        }
        if isWhole {
            warnings.append(
                MetricWarning(
                    metric: "roc_auc", classes: [labels[0]],
                    reason: "undefined: every sample has this label; so are the averages"))
        }
        return warnings
    }
}
