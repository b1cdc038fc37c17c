/// Times a stream of equal steps in blocks: a warm-up, and then a speed for each block; and each
/// step alone, for the latencies' quantiles. A step allocates nothing but the block's speed.
///
/// One step is too short to time alone where a scheduler may interrupt it, and one long mean would
/// hide such interruptions; blocks show both the speed and its spread.
public final class StepSampler {
    public struct Plan: Sendable {
        /// The warm-up lasts at least so many steps and so many seconds.
        public var warmUpSteps: Int
        public var warmUpSeconds: Double
        /// About how long a block is; at least one step.
        public var blockSeconds: Double
        /// How long to measure; at least one block.
        public var seconds: Double

        public init(
            warmUpSteps: Int, warmUpSeconds: Double, blockSeconds: Double, seconds: Double
        ) {
            self.warmUpSteps = warmUpSteps
            self.warmUpSeconds = warmUpSeconds
            self.blockSeconds = blockSeconds
            self.seconds = seconds
        }

        /// Warm-up of at least ten steps and two seconds, then blocks of half a second; shorter
        /// where less than ten seconds are measured, so that there are about twenty blocks.
        public static func standard(seconds: Double) -> Plan {
            Plan(
                warmUpSteps: 10, warmUpSeconds: min(2, seconds),
                blockSeconds: min(0.5, seconds / 20), seconds: seconds)
        }
    }

    /// Of each block, in steps a second.
    public private(set) var stepsPerSecond: [Double] = []
    /// Of each step after the warm-up.
    public private(set) var latencies = LatencyHistogram()
    /// Zero during the warm-up.
    public private(set) var stepsPerBlock = 0

    private let plan: Plan
    private let now: () -> ContinuousClock.Instant
    private var start: ContinuousClock.Instant
    private var lastStep: ContinuousClock.Instant
    private var stepCount = 0
    private var fastestStep = Double.infinity
    private var blockStart: ContinuousClock.Instant

    /// - Parameter now: the clock.
    public init(_ plan: Plan, now: @escaping () -> ContinuousClock.Instant = { .now }) {
        self.plan = plan
        self.now = now
        start = now()
        lastStep = start
        blockStart = start
    }

    /// Starts the clock; called once, right before the first step.
    public func begin() {
        start = now()
        lastStep = start
    }

    /// Called after each step.
    public func stepFinished() {
        let now = now()
        stepCount += 1
        if stepsPerBlock == 0 { warmUp(now) } else { measure(now) }
        lastStep = now
    }

    public var isDone: Bool {
        !stepsPerSecond.isEmpty && (blockStart - start).inSeconds >= plan.seconds
    }

    private func warmUp(_ now: ContinuousClock.Instant) {
        fastestStep = min(fastestStep, (now - lastStep).inSeconds)
        guard stepCount >= plan.warmUpSteps && (now - start).inSeconds >= plan.warmUpSeconds
        else { return }
        // A step faster than the clock's tick counts as a nanosecond.
        stepsPerBlock = max(1, Int((plan.blockSeconds / max(fastestStep, 1e-9)).rounded()))
        stepCount = 0
        start = now
        blockStart = now
    }

    private func measure(_ now: ContinuousClock.Instant) {
        latencies.add(seconds: (now - lastStep).inSeconds)
        guard stepCount == stepsPerBlock else { return }
        stepsPerSecond.append(Double(stepsPerBlock) / max((now - blockStart).inSeconds, 1e-9))
        stepCount = 0
        blockStart = now
    }
}

extension Duration {
    public var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
