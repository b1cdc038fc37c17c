/// Counts durations in buckets 0.2 % wide, so that quantiles of any number of them take the same
/// memory and adding one allocates nothing.
///
/// Buckets divide each power of two evenly, by the leading bits of the duration's mantissa.
public struct LatencyHistogram: Sendable {
    /// 512 buckets in each power of two.
    private static let bits = 9
    /// 2⁻³⁰ s, about a nanosecond, to 2¹² s, above an hour; durations beyond count as the ends.
    private static let exponents = -30..<12

    private var counts = [Int](
        repeating: 0, count: LatencyHistogram.exponents.count << LatencyHistogram.bits)
    public private(set) var count = 0

    public init() {}

    /// - Precondition: `seconds` isn't NaN.
    public mutating func add(seconds: Double) {
        counts[LatencyHistogram.bucket(seconds)] += 1
        count += 1
    }

    /// The duration that the share `q` of all durations doesn't exceed (by nearest rank), to 0.1 %.
    ///
    /// - Precondition: `q` is in 0...1, and there is at least one duration.
    public func quantile(_ q: Double) -> Double {
        precondition((0...1).contains(q) && count > 0, "quantile \(q) of \(count) durations")
        let rank = max(1, Int((q * Double(count)).rounded(.up)))
        var seen = 0
        for (bucket, inBucket) in counts.enumerated() {
            seen += inBucket
            if seen >= rank { return LatencyHistogram.middle(bucket) }
        }
        preconditionFailure("rank \(rank) of \(count) durations")
    }

    private static func bucket(_ seconds: Double) -> Int {
        let lowest = scalbn(exponents.lowerBound)
        let highest = scalbn(exponents.upperBound).nextDown
        return place(min(max(seconds, lowest), highest)) - place(lowest)
    }

    private static func middle(_ bucket: Int) -> Double {
        let first = place(scalbn(exponents.lowerBound)) + bucket
        return (value(first) + value(first + 1)) / 2
    }

    /// Of a positive double, exponent and leading mantissa bits: grows with the double.
    private static func place(_ value: Double) -> Int {
        Int(value.bitPattern >> (52 - UInt64(bits)))
    }

    private static func value(_ place: Int) -> Double {
        Double(bitPattern: UInt64(place) << (52 - UInt64(bits)))
    }

    private static func scalbn(_ exponent: Int) -> Double {
        Double(sign: .plus, exponent: exponent, significand: 1)
    }
}

/// What latencies are told by, in milliseconds.
public struct Latencies: Codable, Sendable, Equatable {
    public let median: Double
    public let p99: Double

    /// - Precondition: at least one latency.
    public init(_ histogram: LatencyHistogram) {
        median = rounded(histogram.quantile(0.5) * 1000, digits: 4)
        p99 = rounded(histogram.quantile(0.99) * 1000, digits: 4)
    }
}
