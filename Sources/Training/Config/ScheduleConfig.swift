/// How the learning rate changes. Each kind reads the values named after it.
public struct ScheduleConfig: Sendable, Equatable {
    public var type = ScheduleType.step
    public var warmupSteps = 0
    public var lrStepSize = 10
    public var lrGamma = 0.1
    public var cosineMinLr = 0.0
    public var oneCyclePctStart = 0.3
    public var oneCycleDivFactor = 25.0
    public var oneCycleFinalDivFactor = 1e4
    public var plateauFactor = 0.1
    public var plateauPatience = 10
    public var plateauThreshold = 1e-4
    public var plateauCooldown = 0

    public init() {}
}

public enum ScheduleType: String, Codable, Sendable, CaseIterable {
    case constant, step, cosine
    case oneCycle = "one_cycle"
    case plateau
}

extension ScheduleConfig {
    public static let keys: [ConfigKey<ScheduleConfig>] = ConfigKey.group(
        .training,
        [
            typeKey,
            .integer("warmup_steps", \.warmupSteps, 0...1_000_000, "steps of linear warm-up"),
            .integer(
                "lr_step_size", \.lrStepSize, 1...100_000, "step: epochs between reductions"),
            .number(
                "lr_gamma", \.lrGamma, .init(.excluded(0), .included(1)),
                "step: factor of a reduction"),
            cosineMinLrKey,
            oneCyclePctStartKey,
            .number(
                "one_cycle_div_factor", \.oneCycleDivFactor, .init(.included(1)),
                "one_cycle: highest rate over the first"),
            .number(
                "one_cycle_final_div_factor", \.oneCycleFinalDivFactor, .init(.included(1)),
                "one_cycle: first rate over the last"),
            .number("plateau_factor", \.plateauFactor, .openUnit, "plateau: factor of a reduction"),
            .integer(
                "plateau_patience", \.plateauPatience, 0...100_000,
                "plateau: epochs without improvement that are tolerated"),
            .number(
                "plateau_threshold", \.plateauThreshold, .belowOne,
                "plateau: relative improvement that counts"),
            .integer(
                "plateau_cooldown", \.plateauCooldown, 0...100_000,
                "plateau: epochs of rest after a reduction"),
        ])

    package static let typeKey = ConfigKey<ScheduleConfig>.choice(
        "schedule", \.type, "how the learning rate changes")

    package static let oneCyclePctStartKey = ConfigKey<ScheduleConfig>.number(
        "one_cycle_pct_start", \.oneCyclePctStart, .openUnit,
        "one_cycle: share of the steps that rise")

    private static let cosineMinLrKey = ConfigKey<ScheduleConfig>.number(
        "cosine_min_lr", \.cosineMinLr, .nonNegative, "cosine: lowest learning rate")

    func validateMinimum(learningRate: Double) throws {
        guard type == .cosine, cosineMinLr > learningRate else { return }
        let other = OptimizerConfig.learningRateKey.name
        throw ConfigError.conflict(
            key: Self.cosineMinLrKey.name, value: "\(cosineMinLr)", otherKey: other,
            otherValue: "\(learningRate)",
            allowed: "a \(Self.cosineMinLrKey.name) of at most \(other)")
    }
}
