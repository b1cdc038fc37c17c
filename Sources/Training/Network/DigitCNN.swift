import Kernels
import LinearAlgebra

/// The digit classifier: three convolution blocks and three fully connected layers.
///
///     conv1 5×5 → BN → ReLU → max-pool 2
///     conv2 5×5 → BN → ReLU → max-pool 2 → Dropout2d
///     conv3 3×3 → BN → ReLU → adaptive average pool 3×3
///     flatten → fc1 → ReLU → Dropout → fc2 → ReLU → fc3
///
/// Its state has the names and shapes of the same network's `state_dict` in PyTorch.
public final class DigitCNN {
    public let config: ModelConfig
    public let inputShape: SampleShape
    public let network: Network
    /// How its convolutions are computed.
    public let plan: ConvolutionPlan

    /// The smallest side: two halvings must leave a pixel.
    public static let smallestSide = 4

    /// Builds the network and draws PyTorch's default initialisation from `config.seed`.
    ///
    /// - Parameter plan: what `ConvolutionPlan.resolved` gives if nil.
    /// - Precondition: `config` is valid and both sides are at least `smallestSide`.
    public init(
        config: ModelConfig, inputHeight: Int = 28, inputWidth: Int = 28,
        plan: ConvolutionPlan? = nil, pool: WorkerPool
    ) {
        precondition(
            inputHeight >= DigitCNN.smallestSide && inputWidth >= DigitCNN.smallestSide,
            "images of \(inputHeight)×\(inputWidth) are too small")
        self.config = config
        inputShape = SampleShape(height: inputHeight, width: inputWidth, channels: 1)
        self.plan =
            plan
            ?? ConvolutionPlan.resolved(config, inputHeight: inputHeight, inputWidth: inputWidth)
        network = Network(DigitCNN.layers(config, inputShape), plan: self.plan, pool: pool)
        initialize(seed: config.seed)
    }

    /// Trainable values; 455,754 with the default config.
    public var parameterCount: Int { network.parameterCount }

    // MARK: - Layers

    private static func layers(_ config: ModelConfig, _ input: SampleShape) -> [any Layer] {
        var layers: [any Layer] = []
        func last() -> SampleShape { layers.last?.outputShape ?? input }

        layers += convolution(1, last(), channels: config.conv1Channels, kernelSize: 5)
        layers += normalized(1, last(), config, pooled: true)
        layers += convolution(2, last(), channels: config.conv2Channels, kernelSize: 5)
        layers += normalized(2, last(), config, pooled: true)
        layers.append(Dropout2d(last(), rate: config.dropout1Rate, seed: config.seed, index: 0))
        layers += convolution(3, last(), channels: config.conv3Channels, kernelSize: 3)
        layers += normalized(3, last(), config, pooled: false)
        layers.append(AdaptiveAvgPool2d(last(), outputHeight: 3, outputWidth: 3))

        layers.append(Flatten(last()))
        layers.append(Linear(name: "fc1", input: last(), outputCount: config.hiddenSize))
        layers.append(ReLU(last()))
        layers.append(Dropout(last(), rate: config.dropout2Rate, seed: config.seed, index: 1))
        layers.append(Linear(name: "fc2", input: last(), outputCount: config.hiddenSize / 2))
        layers.append(ReLU(last()))
        layers.append(Linear(name: "fc3", input: last(), outputCount: config.classCount))
        return layers
    }

    /// A convolution that keeps height and width.
    private static func convolution(
        _ number: Int, _ input: SampleShape, channels: Int, kernelSize: Int
    ) -> [any Layer] {
        [
            Conv2d(
                name: "conv\(number)",
                geometry: ConvolutionGeometry(
                    input: input, outputChannels: channels, kernelHeight: kernelSize,
                    kernelWidth: kernelSize, padding: kernelSize / 2))
        ]
    }

    /// Batch norm (if it is on), ReLU and 2×2 max-pool (if asked for), in one pass where possible.
    private static func normalized(
        _ number: Int, _ input: SampleShape, _ config: ModelConfig, pooled: Bool
    ) -> [any Layer] {
        if config.useBatchNorm {
            return [
                BatchNorm2d(name: "bn\(number)", input, tail: pooled ? .reluAndMaxPool : .relu)
            ]
        }
        return [ReLU(input)] + (pooled ? [MaxPool2d(input, kernelSize: 2)] : [])
    }

    /// The three convolutions alone, with weights of zero.
    static func convolutions(
        _ config: ModelConfig, inputHeight: Int, inputWidth: Int
    ) -> [Conv2d] {
        layers(config, SampleShape(height: inputHeight, width: inputWidth, channels: 1))
            .compactMap { $0 as? Conv2d }
    }

    /// The fully connected layers alone; their sizes don't depend on the image's.
    static func linearLayers(_ config: ModelConfig) -> [Linear] {
        layers(config, SampleShape(height: smallestSide, width: smallestSide, channels: 1))
            .compactMap { $0 as? Linear }
    }

    // MARK: - Initialisation

    private func initialize(seed: UInt64) {
        let random = Philox(key: seed)
        var stream: UInt32 = 0
        func draw(_ parameters: [Parameter], fanIn: Int) {
            for parameter in parameters {
                parameter.initializeUniform(fanIn: fanIn, stream: stream, random)
                stream += 1
            }
        }
        for layer in network.layers {
            switch layer {
            case let layer as Conv2d: draw(layer.parameters, fanIn: layer.geometry.patchCount)
            case let layer as Linear: draw(layer.parameters, fanIn: layer.inputShape.count)
            default: break
            }
        }
    }
}
