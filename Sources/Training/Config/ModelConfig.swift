/// What is trained and how, by concern. The defaults are the reference recipe's.
///
/// Its JSON is one flat object of the configuration file's keys (`storedKeys`), whatever the concern. It
/// travels inside model files, so whoever decodes one calls `validate()` before building anything from
/// it.
public struct ModelConfig: Sendable, Equatable {
    public var network = NetworkConfig()
    /// Images of a forward and backward pass.
    public var batchSize = 64
    /// Batches whose gradients are summed for a step.
    public var accumulationSteps = 1
    /// How much each class counts in the loss.
    public var classWeights = ClassWeights.none
    /// Passes over the training images.
    public var epochs = 30
    /// Share of a label that is given to all classes alike.
    public var labelSmoothing = 0.0
    /// Of all randomness: initial weights, order, dropout, augmentation.
    public var seed: UInt64 = 42
    public var optimizer = OptimizerConfig()
    public var schedule = ScheduleConfig()
    public var stopping = StoppingConfig()
    public var augmentation = AugmentationConfig()

    public init() {}
}

/// How much each class counts in the loss.
public enum ClassWeights: String, Sendable, CaseIterable {
    /// Each image alike.
    case none
    /// Each class alike, however many images it has: scikit-learn's `balanced`.
    case balanced

    /// - Parameter labels: of the training set.
    /// - Returns: n / (classes · count) for each class, 0 for one without images; nil for none.
    func weights(_ labels: some Sequence<Int>, classCount: Int) -> [Double]? {
        guard self == .balanced else { return nil }
        var counts = [Int](repeating: 0, count: classCount)
        for label in labels { counts[label] += 1 }
        let total = Double(counts.reduce(0, +))
        return counts.map { $0 == 0 ? 0 : total / Double(classCount * $0) }
    }
}

extension ModelConfig {
    /// Every key that a user may set, in the order in which files and tables list them.
    public static let keys: [ConfigKey<ModelConfig>] =
        networkKeys + trainingKeys + optimizerKeys + scheduleKeys + stoppingKeys + augmentationKeys

    public static let networkKeys = NetworkConfig.keys.map {
        $0.lifted(through: \ModelConfig.network)
    }
    public static let optimizerKeys = OptimizerConfig.keys.map {
        $0.lifted(through: \ModelConfig.optimizer)
    }
    public static let scheduleKeys = ScheduleConfig.keys.map {
        $0.lifted(through: \ModelConfig.schedule)
    }
    public static let stoppingKeys = StoppingConfig.keys.map {
        $0.lifted(through: \ModelConfig.stopping)
    }
    public static let augmentationKeys = AugmentationConfig.keys.map {
        $0.lifted(through: \ModelConfig.augmentation)
    }

    public static let trainingKeys: [ConfigKey<ModelConfig>] =
        ConfigKey.group(
            .training,
            [
                batchSizeKey,
                ConfigKey.integer(
                    "accumulation_steps", \.accumulationSteps, 1...65536,
                    "batches whose gradients are summed for a step"
                ).addedLater(),
                ConfigKey.choice(
                    "class_weights", \.classWeights,
                    "balanced: rare classes count more in the loss, as all images of one class together"
                ).addedLater(),
                epochsKey,
                labelSmoothingKey,
            ])
        + ConfigKey.group(
            .randomness,
            [seedKey])

    package static let batchSizeKey = ConfigKey<ModelConfig>.integer(
        "batch_size", \.batchSize, 1...65536, "images of a forward and backward pass")

    package static let labelSmoothingKey = ConfigKey<ModelConfig>.number(
        "label_smoothing", \.labelSmoothing, .belowOne, "share of a label given to all classes")

    public static let seedKey = ConfigKey<ModelConfig>.integer(
        "seed", \.seed, 0...UInt64.max, "seed of all randomness in training"
    ).affecting(.randomness)

    public static let epochsKey = ConfigKey<ModelConfig>.integer(
        "epochs", \.epochs, 1...100_000, "passes over the training images")

    /// What a file holds of a config: the keys, and what comes from the data.
    public static let storedKeys: [ConfigKey<ModelConfig>] =
        keys + [NetworkConfig.classCountKey.lifted(through: \ModelConfig.network)]
}

extension ModelConfig {
    /// Checks each value, and the values that depend on one another.
    ///
    /// - Throws: `ConfigError`, naming the first key at fault, its value and what is allowed.
    public func validate() throws {
        for key in Self.storedKeys { try key.check(self) }
        try network.validateDepth()
        try augmentation.validateScales()
        try optimizer.validateNesterov()
        try schedule.validateMinimum(learningRate: optimizer.learningRate)
    }
}

extension ModelConfig: Codable {
    /// Keys that aren't there have their defaults, and keys that aren't known are left out:
    /// `RecordedConfig` tells of them.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: NamedKey.self)
        for key in Self.storedKeys { try key.decode(from: container, into: &self) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: NamedKey.self)
        // Files of what there was before a key are those of before.
        let defaults = ModelConfig()
        for key in Self.storedKeys
        where !key.isLater || key.value(in: self) != key.value(in: defaults) {
            try key.encode(self, to: &container)
        }
    }
}
