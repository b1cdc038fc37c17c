import Kernels

/// The ratio of two samples' medians with a 95 % interval by the bootstrap: of 10,000 times drawing
/// both samples anew from themselves, the middle 95 % of the ratios. The draws are seeded, so that
/// the same samples give the same interval.
///
/// Source: Efron, Tibshirani (1993), "An Introduction to the Bootstrap", 13.3 (the percentile
/// interval); SciPy 1.17, scipy.stats.bootstrap with method="percentile".
public struct MedianRatio: Sendable, Equatable {
    /// median(first) / median(second)
    public let value: Double
    public let low: Double
    public let high: Double

    private static let drawCount = 10_000
    private static let level = 0.95

    /// - Precondition: both samples have values, all above 0.
    public init(_ first: [Double], over second: [Double]) {
        precondition(
            (first + second).allSatisfy { $0 > 0 }, "a ratio of values that aren't above 0")
        value = median(first) / median(second)
        var random = Draws()
        var ratios = (0..<MedianRatio.drawCount).map { _ in
            median(random.sample(first)) / median(random.sample(second))
        }
        ratios.sort()
        let tail = (1 - MedianRatio.level) / 2
        low = MedianRatio.quantile(ratios, tail)
        high = MedianRatio.quantile(ratios, 1 - tail)
    }

    /// Between the two nearest ranks in proportion, as numpy.quantile does by default.
    private static func quantile(_ sorted: [Double], _ q: Double) -> Double {
        let place = q * Double(sorted.count - 1)
        let index = Int(place)
        let next = min(index + 1, sorted.count - 1)
        return sorted[index] + (place - Double(index)) * (sorted[next] - sorted[index])
    }
}

/// Draws with replacement, from a stream of random words.
private struct Draws {
    private let random = Philox(key: 0x7465_7373_6572_61)
    private var words = SIMD4<UInt32>()
    private var count: UInt32 = 0

    mutating func sample(_ values: [Double]) -> [Double] {
        values.map { _ in values[next(upperBound: values.count)] }
    }

    private mutating func next(upperBound: Int) -> Int {
        if count % 4 == 0 { words = random.words(SIMD4(count / 4, 0, 0, 0)) }
        defer { count &+= 1 }
        return Int((UInt64(words[Int(count % 4)]) * UInt64(upperBound)) >> 32)
    }
}
