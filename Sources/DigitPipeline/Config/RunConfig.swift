import Datasets
import Training

/// Everything that decides what a run does: the recipe, the model's configuration, the data, the
/// quality gate and the machine.
public struct RunConfig: Sendable, Equatable {
    /// The defaults that `model` started from. Changing it here doesn't change `model`.
    public var recipe: Recipe
    public var model: ModelConfig
    public var data = DataConfig()
    public var gate = GateConfig()
    /// Worker threads; 0 takes every core. Results don't depend on it.
    public var threads = 0
    /// Take, or go on with, what another kind of CPU trained, whose bits this one wouldn't give.
    public var acceptOtherCPU = false
    /// Where models, runs and the data cache are kept.
    public var home = ".tessera"
    /// Optimizer steps between two checkpoints within an epoch; 0 for none but those after epochs.
    public var checkpointSteps = 0
    /// How many checkpoints of a training stay.
    public var checkpointsKept = 2

    public init(recipe: Recipe = .fast) {
        self.recipe = recipe
        model = ModelConfig(recipe: recipe)
    }
}

/// Which data, and how its training part is divided.
public struct DataConfig: Sendable, Equatable {
    /// `mnist`, `fashion-mnist`, `cifar10`, `idx:DIR`, `csv:FILE`, `images:DIR` or `cifar10:DIR`.
    public var dataset = "mnist"
    /// Looked in before the cache and the network; nil looks nowhere else.
    public var dataDir: String?
    /// Of `images:DIR`: grey digits in MNIST's form, or colour pictures as they are.
    public var color = ImageColor.grey
    /// The size that colour pictures are brought to, as `ImageSize` reads it; nil where all have one.
    public var imageSize: String?
    /// Where the relative paths of both begin, for a config of an earlier run; nil for the folder that the
    /// process works in. No key.
    public var folder: String?
    /// Share of the training images that is set aside for validation.
    public var validationFraction = 0.2
    /// scikit-learn's `random_state`, whose generator takes 32 bits.
    public var splitSeed: UInt32 = 42
    /// How bytes become inputs; see `NormalizationChoice`.
    public var normalization = "auto"

    public init() {}
}

/// What a model must reach to be deployed automatically. A threshold that is nil isn't asked for.
public struct GateConfig: Sendable, Equatable {
    /// Smallest accuracy, a fraction.
    public var accuracyThreshold = 0.90
    /// Smallest macro-averaged F1.
    public var macroF1Threshold: Double?
    /// Smallest recall of the class with the smallest recall.
    public var worstClassRecallThreshold: Double?
    /// Largest log loss.
    public var logLossThreshold: Double?
    /// Refuse a model with a smaller accuracy than the deployed one's on the same data.
    public var noWorseThanDeployed = true
    /// Let an automatic deployment replace what a person promoted.
    public var replacePromoted = false

    public init() {}
}
