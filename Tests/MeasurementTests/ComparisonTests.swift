import TestSupport
import Testing

@testable import Measurement

@Suite struct ComparisonTests {
    /// Around `center`, ± 1 %, in no order.
    private func samples(_ count: Int, around center: Double, seed: UInt64) -> [Double] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            center * (0.99 + 0.02 * Double.random(in: 0..<1, using: &generator))
        }
    }

    @Test func aClearDifferenceIsCalledByItsDirection() {
        let (slow, fast) = (
            samples(20, around: 1000, seed: 1), samples(20, around: 1100, seed: 2)
        )
        let faster = Comparison(fast, against: slow)
        #expect(faster.verdict == .faster && faster.pValue < 1e-6)
        #expect(faster.ratioLow < faster.ratio && faster.ratio < faster.ratioHigh)
        #expect((1.05..<1.15).contains(faster.ratio) && faster.ratioLow > 1)
        let slower = Comparison(slow, against: fast)
        #expect(slower.verdict == .slower && slower.pValue == faster.pValue)
        #expect(slower.ratio == 1 / faster.ratio)
    }

    @Test func noiseIsNoChange() {
        for seed in 1...20 as ClosedRange<UInt64> {
            let comparison = Comparison(
                samples(20, around: 1000, seed: seed),
                against: samples(20, around: 1000, seed: seed + 100))
            #expect(comparison.verdict == .noChange, "seed \(seed): \(comparison)")
        }
    }

    /// However sure: 0.5 % isn't called a change.
    @Test func aSmallDifferenceIsNoChange() {
        let earlier = (0..<40).map { 1000 + Double($0) * 0.01 }
        let comparison = Comparison(earlier.map { $0 * 1.005 }, against: earlier)
        #expect(comparison.pValue < 1e-6 && comparison.verdict == .noChange)
        #expect(Comparison(earlier.map { $0 * 0.995 }, against: earlier).verdict == .noChange)
        #expect(Comparison(earlier.map { $0 * 1.011 }, against: earlier).verdict == .faster)
        #expect(Comparison(earlier.map { $0 * 0.989 }, against: earlier).verdict == .slower)
    }

    @Test func tooFewSamplesTellNothing() {
        let few = Comparison([10, 11, 12, 13], against: [1, 2, 3, 4])
        #expect(few.hasTooFewSamples && few.verdict == .noChange)
        let enough = Comparison([10, 11, 12, 13, 14], against: [1, 2, 3, 4, 5])
        #expect(!enough.hasTooFewSamples && enough.verdict == .faster)
    }

    @Test func theSameSamplesGiveTheSameInterval() {
        let (a, b) = (samples(9, around: 3, seed: 7), samples(12, around: 4, seed: 8))
        #expect(Comparison(a, against: b) == Comparison(a, against: b))
    }
}
