/// Another schedule whose rate grows linearly over the first steps: step k of n (counted from 1)
/// has k/n of it, so the first isn't zero and the n-th is the schedule's own.
///
/// The schedule inside goes on meanwhile. PyTorch's LinearLR gives the same factors with
/// start_factor 1/n and total_iters n − 1.
public struct LinearWarmup: LearningRateSchedule {
    public let stepCount: Int
    private var schedule: any LearningRateSchedule
    private var step = 0

    public init(_ schedule: any LearningRateSchedule, stepCount: Int) {
        precondition(stepCount >= 1, "a warm-up of \(stepCount) steps")
        self.schedule = schedule
        self.stepCount = stepCount
    }

    /// The schedule's own with the warm-up's steps.
    public var record: ComponentRecord {
        var record = schedule.record
        record.settings["warmup_steps"] = "\(stepCount)"
        return record
    }

    public var learningRate: Double {
        step + 1 < stepCount
            ? schedule.learningRate * (Double(step + 1) / Double(stepCount))
            : schedule.learningRate
    }

    public var momentum: Double? { schedule.momentum }

    public mutating func stepFinished() {
        step = min(step + 1, stepCount)
        schedule.stepFinished()
    }

    public mutating func epochFinished(validationLoss: Double) {
        schedule.epochFinished(validationLoss: validationLoss)
    }

    public var state: ScheduleState {
        var state = schedule.state
        state.warmupStepCount = step
        return state
    }

    public mutating func restore(_ state: ScheduleState) throws {
        guard let saved = state.warmupStepCount else {
            throw TrainingError.checkpointMismatch(
                field: "schedule", found: "without warm-up", expected: "with warm-up")
        }
        try ScheduleState.check(saved, "schedule.warmup_step_count", 0...stepCount)
        try schedule.restore(state)
        step = saved
    }
}
