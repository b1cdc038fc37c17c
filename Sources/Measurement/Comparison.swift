/// Whether a measurement is faster than an earlier one, as far as the samples tell.
public struct Comparison: Codable, Sendable, Equatable {
    public enum Verdict: String, Codable, Sendable {
        case faster, slower
        case noChange = "no change beyond noise"
    }

    public let verdict: Verdict
    /// This measurement's median over the earlier one's.
    public let ratio: Double
    /// A 95 % interval of the ratio.
    public let ratioLow: Double
    public let ratioHigh: Double
    /// Of the Mann–Whitney U test, two-sided.
    public let pValue: Double
    /// Below which p-value a difference isn't taken for chance.
    public let alpha: Double
    /// Differences below this share aren't called a change, however sure.
    public let smallestDifference: Double
    /// The smallest p-value that this many samples can have: above `alpha`, nothing can be told.
    public let smallestPValue: Double

    /// - Parameters: speeds, higher is better; at least one each, all above 0.
    public init(
        _ samples: [Double], against earlier: [Double], alpha: Double = 0.01,
        smallestDifference: Double = 0.01
    ) {
        let ratio = MedianRatio(samples, over: earlier)
        let test = MannWhitney(samples, earlier)
        let isSure = test.pValue < alpha
        verdict =
            if isSure && ratio.value >= 1 + smallestDifference {
                .faster
            } else if isSure && ratio.value <= 1 - smallestDifference {
                .slower
            } else {
                .noChange
            }
        self.ratio = ratio.value
        (ratioLow, ratioHigh) = (ratio.low, ratio.high)
        pValue = test.pValue
        self.alpha = alpha
        self.smallestDifference = smallestDifference
        smallestPValue = MannWhitney.smallestPValue(samples.count, earlier.count)
    }

    /// Whether there are too few samples for any difference to show.
    public var hasTooFewSamples: Bool { smallestPValue >= alpha }
}
