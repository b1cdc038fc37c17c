import Datasets
import Registry
import SafeText
import Training

/// A titled group of keys, as files, tables and `--help` list them.
public struct ConfigSection: Sendable {
    public let title: String
    public let keys: [ConfigKey<RunConfig>]
}

/// The one table of configuration keys. Whatever sets a value does it through this table.
public enum ConfigSchema {
    public static let run = ConfigSection(
        title: "Run", keys: [recipeKey, threadsKey, acceptOtherCPUKey, homeKey])
    public static let data = ConfigSection(title: "Data", keys: dataKeys)
    public static let network = modelSection("Network", ModelConfig.networkKeys)
    public static let training = modelSection("Training", ModelConfig.trainingKeys)
    public static let optimizer = modelSection("Optimizer", ModelConfig.optimizerKeys)
    public static let schedule = modelSection("Schedule", ModelConfig.scheduleKeys)
    public static let stopping = modelSection("Early stopping", ModelConfig.stoppingKeys)
    public static let augmentation = modelSection("Augmentation", ModelConfig.augmentationKeys)
    public static let checkpoints = ConfigSection(title: "Checkpoints", keys: checkpointKeys)
    public static let gate = ConfigSection(title: "Gate", keys: gateKeys)

    public static let sections = [
        run, data, network, training, optimizer, schedule, stopping, augmentation, checkpoints,
        gate,
    ]

    /// Every key, in the order of the sections.
    public static let keys: [ConfigKey<RunConfig>] = sections.flatMap(\.keys)

    private static let keysByName = Dictionary(uniqueKeysWithValues: keys.map { ($0.name, $0) })

    /// Those that affect one of these.
    public static func keys(affecting effects: Set<ConfigEffect>) -> [ConfigKey<RunConfig>] {
        keys.affecting(effects)
    }

    public static func key(named name: String) -> ConfigKey<RunConfig>? { keysByName[name] }

    /// The key that a misspelt name most likely meant, if one is near.
    public static func nearestKey(to name: String) -> String? {
        Suggestion.nearest(to: name, in: keys.map(\.name))
    }

    // MARK: - Keys beside the model's

    public static let recipeKey = ConfigKey<RunConfig>.choice(
        "recipe", \.recipe, "the set of defaults that all else starts from"
    ).affecting(.defaults)

    public static let threadsKey = ConfigKey<RunConfig>.integer(
        "threads", \.threads, 0...1024, "worker threads; 0 takes every core"
    ).affecting(.machine)

    public static let acceptOtherCPUKey = ConfigKey<RunConfig>.boolean(
        "accept_other_cpu", \.acceptOtherCPU,
        "take models, and go on with checkpoints, that another kind of CPU trained"
    ).affecting(.machine)

    public static let homeKey = ConfigKey<RunConfig>.folder(
        "home", \.home, "where models, runs and the data cache are kept"
    ).affecting(.location)

    static let colorKey = ConfigKey<RunConfig>.choice(
        "color", \.data.color,
        "what pictures of \(DatasetKind.images.usage) become: digits of 28×28, or red, green and blue"
    ).affecting(.data).addedLater()

    static let imageSizeKey = ConfigKey<RunConfig>.text(
        optional: "image_size", \.data.imageSize,
        allowed: "a side, or height x width such as 48x64, of 1 to 1024 pixels",
        accepts: isImageSize, "size that colour pictures are brought to; none if all have one"
    ).affecting(.data).addedLater()

    private static let dataKeys: [ConfigKey<RunConfig>] =
        [datasetKey, dataDirKey, colorKey, imageSizeKey]
        + ConfigKey.group(
            .preparation,
            [
                .number(
                    "validation_fraction", \.data.validationFraction, .openUnit,
                    "share of the training images set aside for validation"),
                .integer(
                    "split_seed", \.data.splitSeed, 0...UInt32.max,
                    "seed of the split (random_state)"),
                .text(
                    "normalization", \.data.normalization, allowed: NormalizationChoice.allowed,
                    accepts: { NormalizationChoice($0) != nil },
                    "how bytes become inputs; auto is 0.1307/0.3081 for one channel, measured for more"
                ).addedLater(),
            ])

    public static let datasetKey = ConfigKey<RunConfig>.text(
        "dataset", \.data.dataset,
        allowed: "one of \(DatasetKind.usage)", accepts: { DatasetKind.parse($0) != nil },
        "what is learned from"
    ).affecting(.data)

    public static let dataDirKey = ConfigKey<RunConfig>.folder(
        optional: "data_dir", \.data.dataDir, "looked in before the cache and the network"
    ).affecting(.location)

    private static let checkpointKeys = ConfigKey<RunConfig>.group(
        .machine,
        [
            .integer(
                "checkpoint_steps", \.checkpointSteps, 0...Int(Int32.max),
                "steps between two checkpoints within an epoch; 0 for one after each epoch only"),
            .integer(
                "checkpoints_kept", \.checkpointsKept, 1...1000,
                "how many checkpoints of a training stay"),
        ])

    private static let gateKeys = ConfigKey<RunConfig>.group(
        .gate,
        [
            .number(
                GateKey.accuracyThreshold.name, \.gate.accuracyThreshold, .unit,
                "smallest accuracy to deploy"),
            .number(
                optional: GateKey.macroF1Threshold.name, \.gate.macroF1Threshold, .unit,
                "smallest macro F1 to deploy"),
            .number(
                optional: GateKey.worstClassRecallThreshold.name, \.gate.worstClassRecallThreshold,
                .unit,
                "smallest recall of any class to deploy"),
            .number(
                optional: GateKey.logLossThreshold.name, \.gate.logLossThreshold, .nonNegative,
                "largest log loss to deploy"),
            noWorseThanDeployedKey, replacePromotedKey,
        ])

    public static let noWorseThanDeployedKey = ConfigKey<RunConfig>.boolean(
        GateKey.noWorseThanDeployed.name, \.gate.noWorseThanDeployed,
        "refuse a model less accurate than the deployed one on the same data"
    ).affecting(.gate)

    public static let replacePromotedKey = ConfigKey<RunConfig>.boolean(
        GateKey.replacePromoted.name, \.gate.replacePromoted,
        "let an automatic deployment replace a model that a person promoted"
    ).affecting(.gate)

    private static func modelSection(
        _ title: String, _ keys: [ConfigKey<ModelConfig>]
    ) -> ConfigSection {
        ConfigSection(title: title, keys: keys.map { $0.lifted(through: \RunConfig.model) })
    }

    private static func isImageSize(_ text: String) -> Bool {
        ImageSize(parsing: text).map { max($0.height, $0.width) <= DatasetLimits().imageSide }
            ?? false
    }
}
