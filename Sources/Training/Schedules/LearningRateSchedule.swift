/// How the learning rate changes in the course of a training.
///
/// The trainer reads `learningRate` and `momentum` before each optimizer step, and tells of each
/// finished step and epoch. Schedules by epoch change at the ends of epochs, the others at steps.
public protocol LearningRateSchedule: Sendable {
    /// Its name and settings, by which a checkpoint's training is told from another; its state isn't part
    /// of them.
    var record: ComponentRecord { get }

    /// Of the next step.
    var learningRate: Double { get }

    /// The next step's momentum (SGD, RMSprop) or beta1 (Adam); nil for the optimizer's own.
    var momentum: Double? { get }

    mutating func stepFinished()

    /// - Parameter validationLoss: mean over the validation set after this epoch.
    mutating func epochFinished(validationLoss: Double)

    /// What has to be saved to continue as if never interrupted.
    var state: ScheduleState { get }

    /// Continues from a saved state.
    /// - Throws: `TrainingError.checkpointMismatch` if no schedule with these options can have it.
    mutating func restore(_ state: ScheduleState) throws
}

extension LearningRateSchedule {
    public var momentum: Double? { nil }
    public mutating func stepFinished() {}
    public mutating func epochFinished(validationLoss: Double) {}
}

/// The state of any schedule, for checkpoints.
public struct ScheduleState: Codable, Equatable, Sendable {
    /// As the recursion left it; the warm-up's factor isn't in it.
    public var learningRate: Double
    /// Epochs finished, or steps where the schedule goes by steps.
    public var count: Int
    public var plateau: PlateauState?
    /// Steps finished, where there is a warm-up.
    public var warmupStepCount: Int?

    public init(learningRate: Double, count: Int = 0) {
        self.learningRate = learningRate
        self.count = count
    }

    enum CodingKeys: String, CodingKey {
        case learningRate = "learning_rate"
        case count, plateau
        case warmupStepCount = "warmup_step_count"
    }

    /// Refuses what no training can have written.
    ///
    /// - Parameter counts: what `count` can be.
    func check(counts: ClosedRange<Int>) throws {
        guard learningRate.isFinite, learningRate >= 0 else {
            throw TrainingError.checkpointMismatch(
                field: "schedule.learning_rate", found: "\(learningRate)",
                expected: "a finite number, at least 0")
        }
        try Self.check(count, "schedule.count", counts)
    }

    static func check(_ value: Int, _ field: String, _ allowed: ClosedRange<Int>) throws {
        guard allowed.contains(value) else {
            throw TrainingError.checkpointMismatch(
                field: field, found: "\(value)",
                expected: "from \(allowed.lowerBound) to \(allowed.upperBound)")
        }
    }

    /// More epochs or steps than any training has, so that counting on can't overflow.
    static let largestCount = 1 << 53
}

extension ModelConfig {
    /// The schedule that the config names, with its warm-up.
    ///
    /// - Parameter stepsPerEpoch: batches in an epoch, the last short one included.
    public func makeSchedule(stepsPerEpoch: Int) -> any LearningRateSchedule {
        let warmupSteps = schedule.warmupSteps
        let schedule = makeScheduleWithoutWarmup(stepsPerEpoch: stepsPerEpoch)
        guard warmupSteps > 0 else { return schedule }
        return LinearWarmup(schedule, stepCount: warmupSteps)
    }

    private func makeScheduleWithoutWarmup(stepsPerEpoch: Int) -> any LearningRateSchedule {
        let learningRate = optimizer.learningRate
        return switch schedule.type {
        case .constant:
            ConstantRate(learningRate: learningRate)
        case .step:
            StepLR(
                learningRate: learningRate, stepSize: schedule.lrStepSize, gamma: schedule.lrGamma)
        case .cosine:
            CosineAnnealing(
                learningRate: learningRate, epochs: epochs,
                minimumLearningRate: schedule.cosineMinLr)
        case .oneCycle:
            OneCycle(
                maximumLearningRate: learningRate, totalSteps: epochs * stepsPerEpoch,
                pctStart: schedule.oneCyclePctStart, divFactor: schedule.oneCycleDivFactor,
                finalDivFactor: schedule.oneCycleFinalDivFactor)
        case .plateau:
            ReduceLROnPlateau(
                learningRate: learningRate, factor: schedule.plateauFactor,
                patience: schedule.plateauPatience, threshold: schedule.plateauThreshold,
                cooldown: schedule.plateauCooldown)
        }
    }
}
