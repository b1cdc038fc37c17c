/// Reduces the learning rate when the validation loss no longer falls.
///
/// An epoch is good if its loss is below best · (1 − threshold). More than `patience` bad epochs in
/// a row multiply the rate by `factor`; then `cooldown` epochs pass in which none is counted as bad.
/// A change of 1e-8 or less is left out.
/// Source: torch.optim.lr_scheduler.ReduceLROnPlateau (2.15), mode "min", threshold mode "rel".
public struct ReduceLROnPlateau: LearningRateSchedule {
    public let initialLearningRate: Double
    public let factor: Double
    public let patience: Int
    public let threshold: Double
    public let cooldown: Int
    public private(set) var learningRate: Double
    private var epoch = 0
    private var plateau = PlateauState()

    private static let smallestChange = 1e-8

    public init(
        learningRate: Double, factor: Double = 0.1, patience: Int = 10, threshold: Double = 1e-4,
        cooldown: Int = 0
    ) {
        precondition(factor < 1 && patience >= 0 && cooldown >= 0)
        initialLearningRate = learningRate
        self.learningRate = learningRate
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.cooldown = cooldown
    }

    public var record: ComponentRecord {
        ComponentRecord(
            "plateau",
            [
                "learning_rate": initialLearningRate, "factor": factor, "patience": patience,
                "threshold": threshold, "cooldown": cooldown,
            ])
    }

    public mutating func epochFinished(validationLoss loss: Double) {
        epoch += 1
        if loss < (plateau.bestLoss ?? .infinity) * (1 - threshold) {
            plateau.bestLoss = loss
            plateau.badEpochCount = 0
        } else {
            plateau.badEpochCount += 1
        }
        if plateau.cooldownCount > 0 {
            plateau.cooldownCount -= 1
            plateau.badEpochCount = 0
        }
        if plateau.badEpochCount > patience {
            reduce()
            plateau.cooldownCount = cooldown
            plateau.badEpochCount = 0
        }
    }

    private mutating func reduce() {
        let reduced = learningRate * factor
        if learningRate - reduced > Self.smallestChange { learningRate = reduced }
    }

    public var state: ScheduleState {
        var state = ScheduleState(learningRate: learningRate, count: epoch)
        state.plateau = plateau
        return state
    }

    public mutating func restore(_ state: ScheduleState) throws {
        try state.check(counts: 0...ScheduleState.largestCount)
        guard let saved = state.plateau else {
            throw TrainingError.checkpointMismatch(
                field: "schedule", found: "without plateau", expected: "with plateau")
        }
        try ScheduleState.check(
            saved.badEpochCount, "schedule.plateau.bad_epoch_count", 0...patience)
        try ScheduleState.check(
            saved.cooldownCount, "schedule.plateau.cooldown_count", 0...cooldown)
        (learningRate, epoch, plateau) = (state.learningRate, state.count, saved)
    }
}

/// What reduce-on-plateau remembers.
public struct PlateauState: Codable, Equatable, Sendable {
    /// nil before the first epoch.
    public var bestLoss: Double?
    public var badEpochCount = 0
    public var cooldownCount = 0

    public init() {}

    enum CodingKeys: String, CodingKey {
        case bestLoss = "best_loss"
        case badEpochCount = "bad_epoch_count"
        case cooldownCount = "cooldown_count"
    }
}
