/// The update rule and its constants, and what is done to gradients and weights around it.
public struct OptimizerConfig: Sendable, Equatable {
    public var learningRate = 1e-3
    public var type = OptimizerType.adam
    public var momentum = 0.9
    public var nesterov = false
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    public var rmspropAlpha = 0.99
    public var weightDecay = 1e-5
    /// Largest norm of all gradients together; nil leaves them as they are.
    public var gradientClipNorm: Double?
    /// Decay of the weights' exponential moving average; nil keeps none.
    public var emaDecay: Double?

    public init() {}
}

extension OptimizerConfig {
    public static let keys: [ConfigKey<OptimizerConfig>] = ConfigKey.group(
        .training,
        [
            learningRateKey,
            .choice("optimizer_type", \.type, "update rule"),
            momentumKey,
            nesterovKey,
            .number("beta1", \.beta1, .belowOne, "decay of adam's mean gradient"),
            .number("beta2", \.beta2, .belowOne, "decay of adam's mean squared gradient"),
            .number("epsilon", \.epsilon, .positive, "added to adam's and rmsprop's denominator"),
            .number("rmsprop_alpha", \.rmspropAlpha, .belowOne, "decay of rmsprop's mean square"),
            .number(
                "weight_decay", \.weightDecay, .nonNegative, "pull of the weights towards zero"),
            .number(
                optional: "gradient_clip_norm", \.gradientClipNorm, .positive,
                "largest norm of all gradients together"),
            .number(
                optional: "ema_decay", \.emaDecay, .openUnit,
                "decay of the weights' moving average, which is then evaluated and saved"),
        ])

    package static let learningRateKey = ConfigKey<OptimizerConfig>.number(
        "learning_rate", \.learningRate, .positive, "step size; one_cycle's highest")
    private static let momentumKey = ConfigKey<OptimizerConfig>.number(
        "momentum", \.momentum, .belowOne, "momentum of sgd")
    private static let nesterovKey = ConfigKey<OptimizerConfig>.boolean(
        "nesterov", \.nesterov, "Nesterov's form of sgd momentum")

    func validateNesterov() throws {
        guard type == .sgd, nesterov, momentum == 0 else { return }
        throw ConfigError.conflict(
            key: Self.nesterovKey.name, value: "true", otherKey: Self.momentumKey.name,
            otherValue: "0", allowed: "nesterov with a momentum greater than 0")
    }
}
