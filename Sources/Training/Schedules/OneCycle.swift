import Foundation

/// One cycle over the whole training, step by step: the rate rises to its maximum and falls to
/// almost nothing, along half cosines, while the momentum does the reverse.
///
/// The rise takes `pctStart` of the steps, from maximum/divFactor; the fall ends at that first rate
/// over `finalDivFactor`. The momentum falls from 0.95 to 0.85 and comes back; PyTorch too cycles
/// Adam's beta1 and RMSprop's momentum, even where it was 0.
/// Sources: Smith, Topin (2018), "Super-Convergence"; torch.optim.lr_scheduler.OneCycleLR (2.15).
/// Past the last step the last rate stays, where PyTorch would begin to rise again and then fail.
public struct OneCycle: LearningRateSchedule {
    public static let baseMomentum = 0.85
    public static let maximumMomentum = 0.95

    public let maximumLearningRate: Double
    public let totalSteps: Int
    public let pctStart: Double
    public let divFactor: Double
    public let finalDivFactor: Double
    private var step = 0

    public init(
        maximumLearningRate: Double, totalSteps: Int, pctStart: Double = 0.3,
        divFactor: Double = 25, finalDivFactor: Double = 1e4
    ) {
        precondition(totalSteps >= 1, "a cycle of \(totalSteps) steps")
        self.maximumLearningRate = maximumLearningRate
        self.totalSteps = totalSteps
        self.pctStart = pctStart
        self.divFactor = divFactor
        self.finalDivFactor = finalDivFactor
    }

    public var record: ComponentRecord {
        ComponentRecord(
            "one_cycle",
            [
                "learning_rate": maximumLearningRate, "total_steps": totalSteps,
                "pct_start": pctStart, "div_factor": divFactor,
                "final_div_factor": finalDivFactor,
            ])
    }

    public var learningRate: Double {
        let first = maximumLearningRate / divFactor
        let position = position
        return position.isRise
            ? anneal(first, maximumLearningRate, position.fraction)
            : anneal(maximumLearningRate, first / finalDivFactor, position.fraction)
    }

    public var momentum: Double? {
        let position = position
        return position.isRise
            ? anneal(Self.maximumMomentum, Self.baseMomentum, position.fraction)
            : anneal(Self.baseMomentum, Self.maximumMomentum, position.fraction)
    }

    public mutating func stepFinished() { step = min(step + 1, totalSteps) }

    /// Which half the next step is in, and how much of that half is behind it.
    private var position: (isRise: Bool, fraction: Double) {
        let current = Double(min(step, totalSteps - 1))
        let top = pctStart * Double(totalSteps) - 1
        if current <= top {
            // A rise of no length is at its end; PyTorch divides by zero there.
            return (true, top > 0 ? current / top : 1)
        }
        return (false, (current - top) / (Double(totalSteps - 1) - top))
    }

    private func anneal(_ start: Double, _ end: Double, _ fraction: Double) -> Double {
        end + (start - end) / 2 * (1 + cos(.pi * fraction))
    }

    /// Its `learningRate` follows from `count` and the options.
    public var state: ScheduleState { ScheduleState(learningRate: learningRate, count: step) }

    public mutating func restore(_ state: ScheduleState) throws {
        try state.check(counts: 0...totalSteps)
        step = state.count
    }
}
