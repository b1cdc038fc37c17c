import Synchronization
import TestSupport
import Testing

@testable import Measurement

/// With a clock that the test moves.
@Suite struct StepSamplerTests {
    private final class Clock {
        private var instant = ContinuousClock.now
        func advance(_ seconds: Double) { instant += .seconds(seconds) }
        var now: ContinuousClock.Instant { instant }
    }

    private let clock = Clock()

    private func sampler(_ plan: StepSampler.Plan) -> StepSampler {
        StepSampler(plan, now: { [clock] in clock.now })
    }

    private func run(_ sampler: StepSampler, steps: Int, seconds: Double) {
        for _ in 0..<steps {
            clock.advance(seconds)
            sampler.stepFinished()
        }
    }

    @Test func blocksAreAboutAsLongAsAskedAndGiveASpeedEach() {
        let sampler = sampler(
            .init(warmUpSteps: 3, warmUpSeconds: 1, blockSeconds: 0.5, seconds: 2.25))
        clock.advance(50)
        sampler.begin()
        run(sampler, steps: 8, seconds: 0.125)
        #expect(sampler.stepsPerBlock == 4 && sampler.stepsPerSecond.isEmpty)
        run(sampler, steps: 8, seconds: 0.125)
        run(sampler, steps: 4, seconds: 0.25)
        assertClose(sampler.stepsPerSecond, [8, 8, 4], relative: 1e-9)
        #expect(!sampler.isDone)
        run(sampler, steps: 4, seconds: 0.125)
        #expect(sampler.isDone)
        #expect(sampler.latencies.count == 16)
        assertClose([sampler.latencies.quantile(0.5)], [0.125], relative: 1e-3)
        assertClose([sampler.latencies.quantile(0.99)], [0.25], relative: 1e-3)
    }

    /// A slow first step must not make the blocks long.
    @Test func theFastestStepOfTheWarmUpSetsTheBlocks() {
        let sampler = sampler(
            .init(warmUpSteps: 2, warmUpSeconds: 0, blockSeconds: 1, seconds: 1))
        sampler.begin()
        run(sampler, steps: 1, seconds: 10)
        run(sampler, steps: 1, seconds: 0.5)
        #expect(sampler.stepsPerBlock == 2)
    }

    @Test func aStepLongerThanABlockIsABlock() {
        let sampler = sampler(.standard(seconds: 0.5))
        sampler.begin()
        run(sampler, steps: 10, seconds: 3)
        #expect(sampler.stepsPerBlock == 1)
        run(sampler, steps: 1, seconds: 2)
        #expect(sampler.isDone && sampler.stepsPerSecond.count == 1)
    }

    @Test func shortMeasurementsHaveShortBlocks() {
        #expect(StepSampler.Plan.standard(seconds: 20).blockSeconds == 0.5)
        #expect(StepSampler.Plan.standard(seconds: 2).blockSeconds == 0.1)
        #expect(StepSampler.Plan.standard(seconds: 20).warmUpSeconds == 2)
    }
}

@Suite struct LatencyHistogramTests {
    /// By nearest rank, to the middle of a bucket that is 0.2 % wide.
    @Test(arguments: [0, 0.01, 0.5, 0.9, 0.99, 0.999, 1])
    func quantilesAreTheSortedValues(_ q: Double) {
        var generator = SeededGenerator(seed: 5)
        var histogram = LatencyHistogram()
        // From a microsecond to ten seconds.
        let values = (0..<1777).map { _ in
            1e-6 * pow10(7 * Double.random(in: 0..<1, using: &generator))
        }
        for value in values { histogram.add(seconds: value) }
        let rank = max(1, Int((q * 1777).rounded(.up)))
        assertClose(
            [histogram.quantile(q)], [values.sorted()[rank - 1]], relative: 1e-3, absolute: 0)
    }

    private func pow10(_ x: Double) -> Double {
        var result = 1.0
        for _ in 0..<Int(x) { result *= 10 }
        return result * (1 + 9 * (x - x.rounded(.down)))
    }

    @Test func durationsBeyondTheEndsCountAsTheEnds() {
        var histogram = LatencyHistogram()
        for seconds in [-1, 0, 1e-12, 1e9, .infinity] { histogram.add(seconds: seconds) }
        #expect(histogram.count == 5)
        assertClose([histogram.quantile(0)], [1 / Double(1 << 30)], relative: 2e-3, absolute: 0)
        assertClose([histogram.quantile(1)], [4096], relative: 2e-3)
    }

    @Test func latenciesAreMilliseconds() {
        var histogram = LatencyHistogram()
        for _ in 0..<98 { histogram.add(seconds: 0.002) }
        for _ in 0..<2 { histogram.add(seconds: 0.05) }
        let latencies = Latencies(histogram)
        assertClose([latencies.median, latencies.p99], [2, 50], relative: 1e-3)
    }
}
