extension ModelConfig {
    /// Every key that a user may set, in the order in which files and tables list them.
    /// `class_count` isn't one: it comes from the data.
    public static let keys: [ConfigKey<ModelConfig>] =
        networkKeys + optimizerKeys + scheduleKeys + stoppingKeys + augmentationKeys

    public static let networkKeys: [ConfigKey<ModelConfig>] = [
        .integer("conv1_channels", \.conv1Channels, 1...4096, "channels of the first convolution"),
        .integer("conv2_channels", \.conv2Channels, 1...4096, "channels of the second convolution"),
        .integer("conv3_channels", \.conv3Channels, 1...4096, "channels of the third convolution"),
        .number(
            "dropout1_rate", \.dropout1Rate, .belowOne, "share of conv2's channels dropped"),
        .number(
            "dropout2_rate", \.dropout2Rate, .belowOne, "share of the first hidden units dropped"),
        .integer(
            "hidden_size", \.hiddenSize, 2...65536, multipleOf: 2,
            "units of the first hidden layer; the second has half"),
        .boolean("use_batch_norm", \.useBatchNorm, "batch norm after each convolution"),
        .choice(
            "conv", \.convolution,
            "how convolutions are computed: auto goes by the kind of CPU, measure by what is fastest now"
        ),
    ]

    public static let optimizerKeys: [ConfigKey<ModelConfig>] = [
        .integer("batch_size", \.batchSize, 1...65536, "images in a training step"),
        .integer("epochs", \.epochs, 1...100_000, "passes over the training images"),
        .number(
            "learning_rate", \.learningRate, .positive, "step size; one_cycle's highest"),
        .choice("optimizer_type", \.optimizerType, "update rule"),
        .number("momentum", \.momentum, .belowOne, "momentum of sgd"),
        .boolean("nesterov", \.nesterov, "Nesterov's form of sgd momentum"),
        .number("beta1", \.beta1, .belowOne, "decay of adam's mean gradient"),
        .number("beta2", \.beta2, .belowOne, "decay of adam's mean squared gradient"),
        .number("epsilon", \.epsilon, .positive, "added to adam's and rmsprop's denominator"),
        .number("rmsprop_alpha", \.rmspropAlpha, .belowOne, "decay of rmsprop's mean square"),
        .number("weight_decay", \.weightDecay, .nonNegative, "pull of the weights towards zero"),
        .number(
            optional: "gradient_clip_norm", \.gradientClipNorm, .positive,
            "largest norm of all gradients together"),
        .number(
            optional: "ema_decay", \.emaDecay, .openUnit,
            "decay of the weights' moving average, which is then evaluated and saved"),
        .number(
            "label_smoothing", \.labelSmoothing, .belowOne, "share of a label given to all classes"),
    ]

    public static let scheduleKeys: [ConfigKey<ModelConfig>] = [
        .choice("schedule", \.schedule, "how the learning rate changes"),
        .integer("warmup_steps", \.warmupSteps, 0...1_000_000, "steps of linear warm-up"),
        .integer("lr_step_size", \.lrStepSize, 1...100_000, "step: epochs between reductions"),
        .number(
            "lr_gamma", \.lrGamma, .init(.excluded(0), .included(1)), "step: factor of a reduction"),
        .number("cosine_min_lr", \.cosineMinLr, .nonNegative, "cosine: lowest learning rate"),
        .number(
            "one_cycle_pct_start", \.oneCyclePctStart, .openUnit,
            "one_cycle: share of the steps that rise"),
        .number(
            "one_cycle_div_factor", \.oneCycleDivFactor, .init(.included(1)),
            "one_cycle: highest rate over the first"),
        .number(
            "one_cycle_final_div_factor", \.oneCycleFinalDivFactor, .init(.included(1)),
            "one_cycle: first rate over the last"),
        .number("plateau_factor", \.plateauFactor, .openUnit, "plateau: factor of a reduction"),
        .integer(
            "plateau_patience", \.plateauPatience, 0...100_000,
            "plateau: epochs without improvement that are borne"),
        .number(
            "plateau_threshold", \.plateauThreshold, .belowOne,
            "plateau: relative improvement that counts"),
        .integer(
            "plateau_cooldown", \.plateauCooldown, 0...100_000,
            "plateau: epochs of rest after a reduction"),
    ]

    public static let stoppingKeys: [ConfigKey<ModelConfig>] = [
        .boolean(
            "early_stopping", \.earlyStopping, "stop when validation loss no longer improves"),
        .integer(
            "patience", \.patience, 1...100_000, "epochs without improvement before stopping"),
        .number("min_delta", \.minDelta, .nonNegative, "smallest fall of the loss that counts"),
    ]

    public static let augmentationKeys: [ConfigKey<ModelConfig>] = [
        .boolean("augmentation", \.augmentation, "random turns, shifts and scales in training"),
        .number(
            "rotation_degrees", \.rotationDegrees, .init(.included(0), .included(180)),
            "largest turn, either way"),
        .number(
            "translation_fraction", \.translationFraction, .belowOne,
            "largest shift, as a share of the side"),
        .number(
            "scale_min", \.scaleMin, .init(.excluded(0), .included(10)), "smallest scale"),
        .number(
            "scale_max", \.scaleMax, .init(.excluded(0), .included(10)), "largest scale"),
        .integer("seed", \.seed, 0...UInt64.max, "seed of all randomness in training"),
    ]
}

extension ModelConfig {
    /// Checks each value, and the values that depend on one another.
    ///
    /// - Throws: `ConfigError`, naming the first key at fault, its value and what is allowed.
    public func validate() throws {
        for key in Self.keys { try key.check(self) }
        try validateClassCount()
        try validateCombinations()
    }

    private func validateClassCount() throws {
        guard (2...65536).contains(classCount) else {
            throw ConfigError.impossibleValue(
                key: CodingKeys.classCount.rawValue, value: String(classCount),
                allowed: "a whole number from 2 to 65536")
        }
    }

    private func validateCombinations() throws {
        if scaleMin > scaleMax {
            throw ConfigError.conflict(
                key: "scale_min", value: "\(scaleMin)", otherKey: "scale_max",
                otherValue: "\(scaleMax)", allowed: "a scale_min of at most scale_max")
        }
        if optimizerType == .sgd && nesterov && momentum == 0 {
            throw ConfigError.conflict(
                key: "nesterov", value: "true", otherKey: "momentum", otherValue: "0",
                allowed: "nesterov with a momentum greater than 0")
        }
        if schedule == .cosine && cosineMinLr > learningRate {
            throw ConfigError.conflict(
                key: "cosine_min_lr", value: "\(cosineMinLr)", otherKey: "learning_rate",
                otherValue: "\(learningRate)", allowed: "a cosine_min_lr of at most learning_rate")
        }
    }
}
