/// Times a stream of equal steps in blocks: a warm-up, and then a speed for each block.
///
/// One step is too short to time alone where a scheduler may interrupt it, and one long mean would
/// hide such interruptions; blocks show both the speed and its spread.
final class StepSampler {
    struct Plan {
        /// The warm-up lasts at least so many steps and so many seconds.
        var warmUpSteps: Int
        var warmUpSeconds: Double
        /// About how long a block is; at least one step.
        var blockSeconds: Double
        /// How long to measure; at least one block.
        var seconds: Double
    }

    /// Of each block, in steps a second.
    private(set) var stepsPerSecond: [Double] = []
    /// Zero during the warm-up.
    private(set) var stepsPerBlock = 0

    private let plan: Plan
    private var start = ContinuousClock.now
    private var lastStep = ContinuousClock.now
    private var stepCount = 0
    private var fastestStep = Double.infinity
    private var blockStart = ContinuousClock.now

    init(_ plan: Plan) { self.plan = plan }

    /// Starts the clock; called once, right before the first step.
    func begin() {
        start = .now
        lastStep = start
    }

    /// Called after each step.
    func stepFinished() {
        let now = ContinuousClock.now
        stepCount += 1
        if stepsPerBlock == 0 { warmUp(now) } else { measure(now) }
    }

    var isDone: Bool {
        !stepsPerSecond.isEmpty && (blockStart - start).inSeconds >= plan.seconds
    }

    private func warmUp(_ now: ContinuousClock.Instant) {
        fastestStep = min(fastestStep, (now - lastStep).inSeconds)
        lastStep = now
        guard stepCount >= plan.warmUpSteps && (now - start).inSeconds >= plan.warmUpSeconds
        else { return }
        stepsPerBlock = max(1, Int((plan.blockSeconds / fastestStep).rounded()))
        stepCount = 0
        start = now
        blockStart = now
    }

    private func measure(_ now: ContinuousClock.Instant) {
        guard stepCount == stepsPerBlock else { return }
        stepsPerSecond.append(Double(stepsPerBlock) / (now - blockStart).inSeconds)
        stepCount = 0
        blockStart = now
    }
}

/// Median, best and all of a benchmark's samples, in the unit that its key names.
struct Speeds: Encodable {
    let median: Double
    let best: Double
    let samples: [Double]

    /// - Precondition: at least one sample.
    init(_ samples: [Double]) {
        let sorted = samples.sorted()
        let middle = sorted.count / 2
        median = rounded(
            sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2)
        best = rounded(sorted[sorted.count - 1])
        self.samples = samples.map(rounded)
    }
}

/// To one decimal: more would pretend an exactness that no timing has.
private func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

extension Duration {
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
