/// Median, best and all of a benchmark's samples, in the unit that its key names; higher is better.
public struct Speeds: Codable, Sendable, Equatable {
    public let median: Double
    public let best: Double
    public let samples: [Double]

    /// - Precondition: at least one sample.
    public init(_ samples: [Double]) {
        precondition(!samples.isEmpty, "speeds of no samples")
        median = rounded(Measurement.median(samples), digits: 1)
        best = rounded(samples.max()!, digits: 1)
        self.samples = samples.map { rounded($0, digits: 1) }
    }
}

/// The middle value, or the mean of the two in the middle.
///
/// - Precondition: at least one value.
public func median(_ values: [Double]) -> Double {
    precondition(!values.isEmpty, "the median of no values")
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// More digits would pretend an exactness that no timing has.
func rounded(_ value: Double, digits: Int) -> Double {
    let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
    return (value * scale).rounded() / scale
}
