import Foundation

extension LabelledProbabilities {
    /// The share of samples whose true class is among the `k` most probable, in [0, 1].
    ///
    /// Of equal probabilities the later class ranks first, as in scikit-learn; with two classes
    /// class 1 must be above 0.5, as there. `k` of all classes or more gives 1 and a warning.
    ///
    /// - Throws: `MetricsError.parameter` if `k` is less than 1.
    /// - Source: scikit-learn 1.9 `top_k_accuracy_score` with `labels=range(K)`.
    public func topKAccuracy(_ k: Int) throws -> Measured<Double> {
        guard k >= 1 else { throw MetricsError.parameter(name: "k", value: k, atLeast: 1) }
        if k >= classCount {
            let warning = MetricWarning(
                metric: "top_k_accuracy",
                reason: "k \(k) covers all \(classCount) classes, so 1 says nothing")
            return Measured(1, [warning])
        }
        let hits = labels.indices.count { classCount == 2 ? isBinaryHit($0) : rank($0) < k }
        return Measured(Double(hits) / Double(sampleCount))
    }

    private func isBinaryHit(_ sample: Int) -> Bool {
        (probabilities[sample * 2 + 1] > 0.5) == (labels[sample] == 1)
    }

    /// How many classes come before the true one.
    private func rank(_ sample: Int) -> Int {
        let row = row(sample)
        let truth = row.startIndex + labels[sample]
        return row.indices.count { row[$0] > row[truth] || (row[$0] == row[truth] && $0 > truth) }
    }

    /// The mean of −ln of the true class's probability, clipped to [ε, 1 − ε].
    ///
    /// ε is the rounding step of the type the probabilities came in (2⁻²³ or 2⁻⁵²). Rows that
    /// don't sum to 1 within √ε give a warning, not an error.
    /// - Source: scikit-learn 1.9 `log_loss` with `labels=range(K)`.
    public func logLoss() -> Measured<Double> {
        let losses = labels.indices.map { sample in
            let probability = probabilities[sample * classCount + labels[sample]]
            return -log(min(max(probability, epsilon), 1 - epsilon))
        }
        let value = pairwiseSum(losses) / Double(sampleCount)
        guard let (row, sum) = firstImproperRow(tolerance: epsilon.squareRoot() + 1e-8) else {
            return Measured(value)
        }
        let warning = MetricWarning(
            metric: "log_loss", reason: "row \(row) of the probabilities sums to \(sum), not 1")
        return Measured(value, [warning])
    }

    /// How far confidence is from accuracy: Σ over bins of share · |accuracy − mean confidence|.
    ///
    /// Bins are of equal width over the confidence of the most probable class, closed below; a
    /// confidence of exactly 1 is a bin of its own. Confidences and edges are float32, as there,
    /// since which side of an edge a sample falls on depends on it.
    ///
    /// - Throws: `MetricsError.parameter` if `bins` is less than 1.
    /// - Source: torchmetrics 1.9 `multiclass_calibration_error`, norm l1; Guo et al. (2017), "On
    ///   Calibration of Modern Neural Networks".
    public func expectedCalibrationError(bins: Int = 15) throws -> Double {
        // share · |hits/n − confidence/n| with n cancelled, so empty bins need no case.
        let gaps = try calibrationBins(bins).map { abs(Double($0.hitCount) - $0.confidenceSum) }
        return gaps.reduce(0, +) / Double(sampleCount)
    }

    /// The bins of the reliability diagram: those of `expectedCalibrationError`, empty ones included.
    ///
    /// - Throws: `MetricsError.parameter` if `bins` is less than 1.
    public func calibrationBins(_ bins: Int = 15) throws -> [CalibrationBin] {
        guard bins >= 1 else { throw MetricsError.parameter(name: "bins", value: bins, atLeast: 1) }
        let edges = Self.calibrationEdges(bins)
        var result = edges.indices.map {
            CalibrationBin(
                lower: Double(edges[$0]), upper: Double(edges[min($0 + 1, edges.count - 1)]))
        }
        for (sample, prediction) in predictions.enumerated() {
            let confidence = Float(probabilities[sample * classCount + prediction])
            let bin = edges.partitioningIndex { $0 > confidence } - 1
            result[bin].count += 1
            result[bin].hitCount += prediction == labels[sample] ? 1 : 0
            result[bin].confidenceSum += Double(confidence)
        }
        return result
    }

    /// `torch.linspace(0, 1, bins + 1)` in float32: counted from the nearer end, rounded once.
    private static func calibrationEdges(_ bins: Int) -> [Float] {
        let step = 1 / Float(bins)
        return (0...bins).map {
            $0 < (bins + 1) / 2
                ? step * Float($0) : Float(1).addingProduct(-step, Float(bins - $0))
        }
    }
}

extension [Float] {
    /// The first index whose element satisfies `isAfter`; the array is partitioned by it.
    fileprivate func partitioningIndex(where isAfter: (Float) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
