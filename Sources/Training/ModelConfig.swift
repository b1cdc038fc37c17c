/// What is trained and how: the network, the optimizer and its schedule, regularisation, early
/// stopping, augmentation and the seed. The defaults are the reference recipe's.
///
/// Its JSON uses the snake_case names of the configuration file. It travels inside model files, so
/// whoever decodes one calls `validate()` before building anything from it.
public struct ModelConfig: Codable, Sendable, Equatable {
    // MARK: Network
    public var conv1Channels = 32
    public var conv2Channels = 64
    public var conv3Channels = 128
    /// Share of conv2's channels dropped in training (Dropout2d).
    public var dropout1Rate = 0.1
    /// Share of the first hidden layer's units dropped in training.
    public var dropout2Rate = 0.2
    /// Units of the first hidden layer; the second has half as many.
    public var hiddenSize = 256
    public var useBatchNorm = true
    /// Comes from the data, never from a user.
    public var classCount = 10
    /// How the convolutions are computed. Configs written before this key existed mean `.auto`.
    public var convolution = ConvolutionChoice.auto

    // MARK: Optimizer
    public var batchSize = 64
    public var epochs = 30
    public var learningRate = 1e-3
    public var optimizerType = OptimizerType.adam
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
    public var labelSmoothing = 0.0

    // MARK: Schedule
    public var schedule = ScheduleType.step
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

    // MARK: Early stopping (on validation loss)
    public var earlyStopping = true
    public var patience = 7
    public var minDelta = 1e-3

    // MARK: Augmentation
    public var augmentation = true
    public var rotationDegrees = 15.0
    /// Largest shift as a fraction of the image's side.
    public var translationFraction = 0.1
    public var scaleMin = 0.9
    public var scaleMax = 1.1

    public var seed: UInt64 = 42

    public init() {}

    enum CodingKeys: String, CodingKey {
        case conv1Channels = "conv1_channels"
        case conv2Channels = "conv2_channels"
        case conv3Channels = "conv3_channels"
        case dropout1Rate = "dropout1_rate"
        case dropout2Rate = "dropout2_rate"
        case hiddenSize = "hidden_size"
        case useBatchNorm = "use_batch_norm"
        case classCount = "class_count"
        case convolution = "conv"
        case batchSize = "batch_size"
        case epochs
        case learningRate = "learning_rate"
        case optimizerType = "optimizer_type"
        case momentum
        case nesterov
        case beta1
        case beta2
        case epsilon
        case rmspropAlpha = "rmsprop_alpha"
        case weightDecay = "weight_decay"
        case gradientClipNorm = "gradient_clip_norm"
        case emaDecay = "ema_decay"
        case labelSmoothing = "label_smoothing"
        case schedule
        case warmupSteps = "warmup_steps"
        case lrStepSize = "lr_step_size"
        case lrGamma = "lr_gamma"
        case cosineMinLr = "cosine_min_lr"
        case oneCyclePctStart = "one_cycle_pct_start"
        case oneCycleDivFactor = "one_cycle_div_factor"
        case oneCycleFinalDivFactor = "one_cycle_final_div_factor"
        case plateauFactor = "plateau_factor"
        case plateauPatience = "plateau_patience"
        case plateauThreshold = "plateau_threshold"
        case plateauCooldown = "plateau_cooldown"
        case earlyStopping = "early_stopping"
        case patience
        case minDelta = "min_delta"
        case augmentation
        case rotationDegrees = "rotation_degrees"
        case translationFraction = "translation_fraction"
        case scaleMin = "scale_min"
        case scaleMax = "scale_max"
        case seed
    }
}

extension KeyedDecodingContainer where Key == ModelConfig.CodingKeys {
    /// What the synthesised `init(from:)` calls for `conv`: the one key that may be absent, since
    /// model files and checkpoints are older than it.
    func decode(_ type: ConvolutionChoice.Type, forKey key: Key) throws -> ConvolutionChoice {
        contains(key) ? try ConvolutionChoice(from: superDecoder(forKey: key)) : .auto
    }
}

public enum ScheduleType: String, Codable, Sendable, CaseIterable {
    case constant, step, cosine
    case oneCycle = "one_cycle"
    case plateau
}
