/// Where a training stands, apart from its arrays.
struct TrainingProgress: Equatable {
    /// Counted from 1: the epoch that is trained or comes next.
    var epoch = 1
    /// Optimizer steps of the epoch.
    var nextBatch = 0
    var sampleCount = 0
    var lossSum = 0.0
    /// What the samples so far count in the loss's mean.
    var weightSum = 0.0
    /// Over samples, by metric.
    var metricSums: [String: Double] = [:]
    var bestLoss = Double.greatestFiniteMagnitude
    var bestEpoch: Int?

    var meanLoss: Double { weightSum > 0 ? lossSum / weightSum : 0 }

    /// Of the epoch so far; nil for what isn't measured.
    func value(_ metric: TrainingMetric) -> Double? {
        metricSums[metric.name].map { metric.value(sum: $0, count: sampleCount) }
    }

    mutating func add(_ sums: StepSums, _ metrics: [TrainingMetric], sampleCount count: Int) {
        nextBatch += 1
        sampleCount += count
        lossSum += sums.loss
        weightSum += sums.weight
        for (index, metric) in metrics.enumerated() {
            metricSums[metric.name, default: 0] += sums.metric(index)
        }
    }

    mutating func startNextEpoch() {
        epoch += 1
        nextBatch = 0
        sampleCount = 0
        lossSum = 0
        weightSum = 0
        metricSums.removeAll(keepingCapacity: true)
    }
}

/// As checkpoints of before other losses and metrics had it, with what those need besides.
extension TrainingProgress: Codable {
    enum CodingKeys: String, CodingKey {
        case epoch, nextBatch, sampleCount, lossSum, correctSum, bestLoss, bestEpoch
        /// Left out where each sample counts 1.
        case weightSum
        /// Of metrics other than accuracy, whose sum is `correctSum`.
        case metricSums
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        epoch = try values.decode(Int.self, forKey: .epoch)
        nextBatch = try values.decode(Int.self, forKey: .nextBatch)
        sampleCount = try values.decode(Int.self, forKey: .sampleCount)
        lossSum = try values.decode(Double.self, forKey: .lossSum)
        weightSum =
            try values.decodeIfPresent(Double.self, forKey: .weightSum) ?? Double(sampleCount)
        metricSums =
            try values.decodeIfPresent([String: Double].self, forKey: .metricSums) ?? [:]
        metricSums[TrainingMetric.accuracy.name] = try values.decodeIfPresent(
            Double.self, forKey: .correctSum)
        bestLoss = try values.decode(Double.self, forKey: .bestLoss)
        bestEpoch = try values.decodeIfPresent(Int.self, forKey: .bestEpoch)
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        var others = metricSums
        let correct = others.removeValue(forKey: TrainingMetric.accuracy.name)
        try values.encode(epoch, forKey: .epoch)
        try values.encode(nextBatch, forKey: .nextBatch)
        try values.encode(sampleCount, forKey: .sampleCount)
        try values.encode(lossSum, forKey: .lossSum)
        try values.encode(correct ?? 0, forKey: .correctSum)
        try values.encode(bestLoss, forKey: .bestLoss)
        try values.encodeIfPresent(bestEpoch, forKey: .bestEpoch)
        if weightSum != Double(sampleCount) { try values.encode(weightSum, forKey: .weightSum) }
        if !others.isEmpty { try values.encode(others, forKey: .metricSums) }
    }
}

/// Seconds since it was made, by the monotonic clock.
struct Stopwatch {
    private let start = ContinuousClock.now

    var seconds: Double {
        let duration = ContinuousClock.now - start
        return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }
}
