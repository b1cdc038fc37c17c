import Foundation

/// The same learning rate throughout.
public struct ConstantRate: LearningRateSchedule {
    public private(set) var learningRate: Double

    public init(learningRate: Double) { self.learningRate = learningRate }

    public var record: ComponentRecord {
        ComponentRecord("constant", ["learning_rate": learningRate])
    }

    public var state: ScheduleState { ScheduleState(learningRate: learningRate) }

    public mutating func restore(_ state: ScheduleState) throws {
        try state.check(counts: 0...0)
        learningRate = state.learningRate
    }
}

/// Multiplies the learning rate by gamma after every `stepSize` epochs.
/// Source: torch.optim.lr_scheduler.StepLR (2.15), its recursive form.
public struct StepLR: LearningRateSchedule {
    public let initialLearningRate: Double
    public let stepSize: Int
    public let gamma: Double
    public private(set) var learningRate: Double
    private var epoch = 0

    public init(learningRate: Double, stepSize: Int, gamma: Double = 0.1) {
        precondition(stepSize >= 1, "a step size of \(stepSize)")
        initialLearningRate = learningRate
        self.learningRate = learningRate
        self.stepSize = stepSize
        self.gamma = gamma
    }

    public var record: ComponentRecord {
        ComponentRecord(
            "step",
            ["learning_rate": initialLearningRate, "step_size": stepSize, "gamma": gamma])
    }

    public mutating func epochFinished(validationLoss: Double) {
        epoch += 1
        if epoch % stepSize == 0 { learningRate *= gamma }
    }

    public var state: ScheduleState { ScheduleState(learningRate: learningRate, count: epoch) }

    public mutating func restore(_ state: ScheduleState) throws {
        try state.check(counts: 0...ScheduleState.largestCount)
        (learningRate, epoch) = (state.learningRate, state.count)
    }
}

/// Half a cosine from the first rate down to the lowest over `epochs`; up again past them.
///
/// Sources: Loshchilov, Hutter (2017), "SGDR: Stochastic Gradient Descent with Warm Restarts";
/// torch.optim.lr_scheduler.CosineAnnealingLR (2.15), whose recursive form this is: it differs from
/// the closed one in the last bits.
public struct CosineAnnealing: LearningRateSchedule {
    public let initialLearningRate: Double
    public let minimumLearningRate: Double
    public let epochs: Int
    public private(set) var learningRate: Double
    private var epoch = 0

    public init(learningRate: Double, epochs: Int, minimumLearningRate: Double = 0) {
        precondition(epochs >= 1, "a cosine over \(epochs) epochs")
        initialLearningRate = learningRate
        self.learningRate = learningRate
        self.epochs = epochs
        self.minimumLearningRate = minimumLearningRate
    }

    public var record: ComponentRecord {
        ComponentRecord(
            "cosine",
            [
                "learning_rate": initialLearningRate, "epochs": epochs,
                "minimum_learning_rate": minimumLearningRate,
            ])
    }

    public mutating func epochFinished(validationLoss: Double) {
        epoch += 1
        if (epoch - 1 - epochs) % (2 * epochs) == 0 {
            // From the very bottom the ratio below would be a division by zero.
            let height = (initialLearningRate - minimumLearningRate) / 2
            learningRate += height * (1 - cos(.pi / Double(epochs)))
        } else {
            learningRate =
                heightFactor(epoch) / heightFactor(epoch - 1)
                * (learningRate - minimumLearningRate) + minimumLearningRate
        }
    }

    private func heightFactor(_ epoch: Int) -> Double {
        1 + cos(.pi * Double(epoch) / Double(epochs))
    }

    public var state: ScheduleState { ScheduleState(learningRate: learningRate, count: epoch) }

    public mutating func restore(_ state: ScheduleState) throws {
        try state.check(counts: 0...ScheduleState.largestCount)
        (learningRate, epoch) = (state.learningRate, state.count)
    }
}
