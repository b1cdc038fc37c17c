import Kernels
import LinearAlgebra

extension NetworkDescription {
    /// The digit classifier: three convolution blocks and three fully connected layers.
    ///
    ///     conv1 5×5 → BN → ReLU → max-pool 2
    ///     conv2 5×5 → BN → ReLU → max-pool 2 → Dropout2d
    ///     conv3 3×3 → BN → ReLU → adaptive average pool 3×3
    ///     flatten → fc1 → ReLU → Dropout → fc2 → ReLU → fc3
    ///
    /// Its two pools ask for images of at least 4×4.
    public static func digitCNN(
        input: SampleShape = SampleShape(height: 28, width: 28, channels: 1),
        channels: (Int, Int, Int) = (32, 64, 128), hiddenSize: Int = 256, classCount: Int = 10,
        batchNorm: Bool = true, dropoutRates: (convolution: Double, hidden: Double) = (0.1, 0.2)
    ) -> NetworkDescription {
        func block(
            _ number: Int, _ channels: Int, kernel: HeightWidth, padding: HeightWidth
        ) -> [LayerDescription] {
            [.conv2d("conv\(number)", channels, kernel: kernel, padding: padding)]
                + (batchNorm ? [.batchNorm("bn\(number)")] : []) + [.relu]
        }
        return NetworkDescription(
            input: input,
            block(1, channels.0, kernel: 5, padding: 2) + [.maxPool(2)]
                + block(2, channels.1, kernel: 5, padding: 2)
                + [.maxPool(2), .dropout2d(dropoutRates.convolution)]
                + block(3, channels.2, kernel: 3, padding: 1)
                + [
                    .adaptiveAveragePool(3), .flatten,
                    .linear("fc1", hiddenSize), .relu, .dropout(dropoutRates.hidden),
                    .linear("fc2", hiddenSize / 2), .relu, .linear("fc3", classCount),
                ])
    }
}

/// The digit classifier of a configuration, with its weights.
///
/// Its state has the names and shapes of the same network's `state_dict` in PyTorch.
public final class DigitCNN {
    public let config: ModelConfig
    public let network: Network

    public var inputShape: SampleShape { network.inputShape }
    /// How its convolutions are computed.
    public var plan: ConvolutionPlan { network.plan }
    /// Trainable values; 455,754 with the default config.
    public var parameterCount: Int { network.parameterCount }

    /// Builds the network and draws PyTorch's default initialisation from `config.seed`.
    ///
    /// - Parameter plan: what the config asks for if nil.
    /// - Throws: `ConfigError` for a network that the images don't fit into, or that can't be written;
    ///   `NetworkDescriptionError` for a plan that doesn't fit it.
    public init(
        config: ModelConfig, inputHeight: Int = 28, inputWidth: Int = 28, inputChannels: Int = 1,
        plan: ConvolutionPlan? = nil, pool: WorkerPool
    ) throws {
        self.config = config
        let input = SampleShape(height: inputHeight, width: inputWidth, channels: inputChannels)
        try config.network.validateFit(input)
        let description = try config.network.description(input: input)
        network = try Network(
            description, seed: config.seed,
            plan: plan ?? ConvolutionPlan.resolved(config.convolution, description), pool: pool)
    }
}

extension ModelConfig {
    /// The network that it describes, for images of a size.
    ///
    /// - Throws: `ConfigError`, as `NetworkConfig.description`.
    public func network(
        inputHeight: Int, inputWidth: Int, inputChannels: Int = 1
    ) throws -> NetworkDescription {
        try network.description(
            input: SampleShape(
                height: inputHeight, width: inputWidth, channels: inputChannels))
    }

    /// How its convolutions are computed.
    ///
    /// - Throws: `ConfigError`; `NetworkDescriptionError` for a network that the images don't fit into.
    public func plan(
        inputHeight: Int, inputWidth: Int, inputChannels: Int = 1
    ) throws -> ConvolutionPlan {
        try ConvolutionPlan.resolved(
            network.convolution,
            network(
                inputHeight: inputHeight, inputWidth: inputWidth, inputChannels: inputChannels))
    }
}

extension ConvolutionPlan {
    /// A plan of a `DigitCNN`.
    public init(
        conv1: ConvolutionAlgorithm, conv2: ConvolutionAlgorithm, conv3: ConvolutionAlgorithm
    ) {
        self.init(["conv1": conv1, "conv2": conv2, "conv3": conv3])
    }

    /// Of a `DigitCNN`: the first convolution directly, the others by Winograd's algorithm.
    public static let winograd2 = ConvolutionPlan(
        conv1: .direct, conv2: .winograd2, conv3: .winograd2)
    public static let winograd4 = ConvolutionPlan(
        conv1: .direct, conv2: .winograd4, conv3: .winograd4)

    /// Of a `DigitCNN`, the reference: what the others are compared with.
    public static let im2col = ConvolutionPlan(conv1: .im2col, conv2: .im2col, conv3: .im2col)
}
