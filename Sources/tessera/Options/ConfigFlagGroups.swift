import ArgumentParser
import DigitPipeline

// One flag a key, grouped as `ConfigSchema.sections` are. Numbers are taken unconditionally, so that
// `--weight-decay -1` reaches the schema and its message.

/// `--threads` and `--home`, for every command that reads or writes models.
struct MachineOptions: ConfigFlags {
    @Option(parsing: .unconditional, help: .key("threads"))
    var threads: String?

    @Option(help: .key("home"), completion: .directory)
    var home: String?
}

/// `--accept-other-cpu`, for the commands that train.
struct CPUOptions: ConfigFlags {
    @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: .key("accept_other_cpu"))
    var acceptOtherCpu: Bool?
}

/// What is learned from, and how it is divided.
struct DataOptions: ConfigFlags {
    @Option(parsing: .unconditional, help: .key("dataset"))
    var dataset: String?

    @Option(help: .key("data_dir"), completion: .directory)
    var dataDir: String?

    @Option(parsing: .unconditional, help: .key("validation_fraction"))
    var validationFraction: String?

    @Option(parsing: .unconditional, help: .key("split_seed"))
    var splitSeed: String?

    @Option(parsing: .unconditional, help: .key("normalization"))
    var normalization: String?
}

/// The network's sizes.
struct NetworkOptions: ConfigFlags {
    @Option(parsing: .unconditional, help: .key("conv1_channels"))
    var conv1Channels: String?

    @Option(parsing: .unconditional, help: .key("conv2_channels"))
    var conv2Channels: String?

    @Option(parsing: .unconditional, help: .key("conv3_channels"))
    var conv3Channels: String?

    @Option(parsing: .unconditional, help: .key("dropout1_rate"))
    var dropout1Rate: String?

    @Option(parsing: .unconditional, help: .key("dropout2_rate"))
    var dropout2Rate: String?

    @Option(parsing: .unconditional, help: .key("hidden_size"))
    var hiddenSize: String?

    @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: .key("use_batch_norm"))
    var useBatchNorm: Bool?

    @Option(help: .key("conv"), completion: .choices(of: "conv"))
    var conv: String?
}

/// The update rule and its constants.
struct OptimizerOptions: ConfigFlags {
    @Option(parsing: .unconditional, help: .key("batch_size"))
    var batchSize: String?

    @Option(parsing: .unconditional, help: .key("epochs"))
    var epochs: String?

    @Option(parsing: .unconditional, help: .key("learning_rate"))
    var learningRate: String?

    @Option(help: .key("optimizer_type"), completion: .choices(of: "optimizer_type"))
    var optimizerType: String?

    @Option(parsing: .unconditional, help: .key("momentum"))
    var momentum: String?

    @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: .key("nesterov"))
    var nesterov: Bool?

    @Option(parsing: .unconditional, help: .key("beta1"))
    var beta1: String?

    @Option(parsing: .unconditional, help: .key("beta2"))
    var beta2: String?

    @Option(parsing: .unconditional, help: .key("epsilon"))
    var epsilon: String?

    @Option(parsing: .unconditional, help: .key("rmsprop_alpha"))
    var rmspropAlpha: String?

    @Option(parsing: .unconditional, help: .key("weight_decay"))
    var weightDecay: String?

    @Option(parsing: .unconditional, help: .key("gradient_clip_norm"))
    var gradientClipNorm: String?

    @Option(parsing: .unconditional, help: .key("ema_decay"))
    var emaDecay: String?

    @Option(parsing: .unconditional, help: .key("label_smoothing"))
    var labelSmoothing: String?
}

/// How the learning rate changes.
struct ScheduleOptions: ConfigFlags {
    @Option(help: .key("schedule"), completion: .choices(of: "schedule"))
    var schedule: String?

    @Option(parsing: .unconditional, help: .key("warmup_steps"))
    var warmupSteps: String?

    @Option(parsing: .unconditional, help: .key("lr_step_size"))
    var lrStepSize: String?

    @Option(parsing: .unconditional, help: .key("lr_gamma"))
    var lrGamma: String?

    @Option(parsing: .unconditional, help: .key("cosine_min_lr"))
    var cosineMinLr: String?

    @Option(parsing: .unconditional, help: .key("one_cycle_pct_start"))
    var oneCyclePctStart: String?

    @Option(parsing: .unconditional, help: .key("one_cycle_div_factor"))
    var oneCycleDivFactor: String?

    @Option(parsing: .unconditional, help: .key("one_cycle_final_div_factor"))
    var oneCycleFinalDivFactor: String?

    @Option(parsing: .unconditional, help: .key("plateau_factor"))
    var plateauFactor: String?

    @Option(parsing: .unconditional, help: .key("plateau_patience"))
    var plateauPatience: String?

    @Option(parsing: .unconditional, help: .key("plateau_threshold"))
    var plateauThreshold: String?

    @Option(parsing: .unconditional, help: .key("plateau_cooldown"))
    var plateauCooldown: String?
}

/// When training ends early.
struct StoppingOptions: ConfigFlags {
    @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: .key("early_stopping"))
    var earlyStopping: Bool?

    @Option(parsing: .unconditional, help: .key("patience"))
    var patience: String?

    @Option(parsing: .unconditional, help: .key("min_delta"))
    var minDelta: String?
}

/// Random changes of the training images, and the seed of all randomness.
struct AugmentationOptions: ConfigFlags {
    @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: .key("augmentation"))
    var augmentation: Bool?

    @Option(parsing: .unconditional, help: .key("rotation_degrees"))
    var rotationDegrees: String?

    @Option(parsing: .unconditional, help: .key("translation_fraction"))
    var translationFraction: String?

    @Option(parsing: .unconditional, help: .key("scale_min"))
    var scaleMin: String?

    @Option(parsing: .unconditional, help: .key("scale_max"))
    var scaleMax: String?

    @Option(parsing: .unconditional, help: .key("seed"))
    var seed: String?
}

/// How often a training saves its state.
struct CheckpointOptions: ConfigFlags {
    @Option(parsing: .unconditional, help: .key("checkpoint_steps"))
    var checkpointSteps: String?

    @Option(parsing: .unconditional, help: .key("checkpoints_kept"))
    var checkpointsKept: String?
}

/// What a model must reach to be deployed.
struct GateOptions: ConfigFlags {
    @Option(parsing: .unconditional, help: .key("accuracy_threshold"))
    var accuracyThreshold: String?

    @Option(parsing: .unconditional, help: .key("macro_f1_threshold"))
    var macroF1Threshold: String?

    @Option(parsing: .unconditional, help: .key("worst_class_recall_threshold"))
    var worstClassRecallThreshold: String?

    @Option(parsing: .unconditional, help: .key("log_loss_threshold"))
    var logLossThreshold: String?

    @Flag(exclusivity: .chooseLast)
    var worseModel: WorseModel?

    /// What the flag was called before it had a name without two negations.
    @Flag(name: .customLong("no-no-worse-than-deployed"), help: .hidden)
    var allowsWorse = false

    @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: .key("replace_promoted"))
    var replacePromoted: Bool?

    static let otherKeys = ["no_worse_than_deployed"]

    var otherSettings: [ConfigSetting] {
        let chosen = allowsWorse ? .allowed : worseModel
        return chosen.map {
            [
                ConfigSetting(
                    key: "no_worse_than_deployed", value: .plain("\($0 == .refused)"),
                    origin: .flag(name: $0.flag))
            ]
        } ?? []
    }
}

/// Whether a model may be deployed in place of a more accurate one: the key `no_worse_than_deployed`,
/// whose flags are no negation of a negation.
enum WorseModel: EnumerableFlag {
    case refused, allowed

    var flag: String {
        self == .refused ? "--no-worse-than-deployed" : "--allow-worse-than-deployed"
    }

    static func name(for value: WorseModel) -> NameSpecification {
        .customLong(String(value.flag.dropFirst(2)))
    }

    static func help(for value: WorseModel) -> ArgumentHelp? {
        switch value {
        case .refused: .key("no_worse_than_deployed")
        case .allowed: "deploy also a model less accurate than the deployed one"
        }
    }
}
