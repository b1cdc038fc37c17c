import Kernels
import LinearAlgebra
import TestSupport
import Training

/// A DigitCNN with few channels, for tests that run many steps.
enum SmallModel {
    static let config = config(channels: [3, 5, 7])

    /// - Parameter channels: of the three convolutions.
    static func config(channels: [Int]) -> ModelConfig {
        var config = ModelConfig.reference
        config.network.conv1Channels = channels[0]
        config.network.conv2Channels = channels[1]
        config.network.conv3Channels = channels[2]
        config.network.hiddenSize = 12
        return config
    }

    /// - Parameter plan: what the config asks for if nil.
    static func make(
        _ config: ModelConfig, threads: Int = 2, plan: ConvolutionPlan? = nil, height: Int = 28,
        width: Int = 28
    ) -> ConfiguredNetwork {
        try! ConfiguredNetwork(
            config: config, inputHeight: height, inputWidth: width, plan: plan,
            pool: WorkerPool(threadCount: threads))
    }

    /// Random noise with random labels.
    static func samples(
        _ count: Int, seed: UInt64, height: Int = 28, width: Int = 28
    ) -> ImageSamples {
        var generator = SeededGenerator(seed: seed)
        let pixels = (0..<count * height * width).map { _ in
            UInt8(truncatingIfNeeded: generator.next())
        }
        let labels = (0..<count).map { _ in Int(generator.next() % 10) }
        return ImageSamples(
            pixels: pixels, labels: labels, height: height, width: width,
            normalization: .init(mean: 0.1307, standardDeviation: 0.3081))
    }

    /// One forward and backward pass over all samples; gradients are added to zero.
    static func trainingPass(_ model: ConfiguredNetwork, _ samples: ImageSamples, step: UInt64 = 1)
    {
        model.network.planTraining(sampleCount: samples.count)
        model.network.trainingPass(
            sampleCount: samples.count, step: step, batch: WholeSet(model, samples))
    }
}

/// Plans of a DigitCNN.
extension ConvolutionPlan {
    init(conv1: ConvolutionAlgorithm, conv2: ConvolutionAlgorithm, conv3: ConvolutionAlgorithm) {
        self.init(["conv1": conv1, "conv2": conv2, "conv3": conv3])
    }

    /// The first convolution directly, the others by Winograd's algorithm.
    static let winograd2 = ConvolutionPlan(conv1: .direct, conv2: .winograd2, conv3: .winograd2)
    static let winograd4 = ConvolutionPlan(conv1: .direct, conv2: .winograd4, conv3: .winograd4)
    /// The reference: what the others are compared with.
    static let im2col = ConvolutionPlan(
        ["conv1": .im2col, "conv2": .im2col, "conv3": .im2col], isLayerByLayer: true)

    /// The plans that every test of a whole network runs with: the layers one by one, and the fused
    /// passes.
    static let tested: [ConvolutionPlan] = [.im2col, .winograd2, .winograd4]
    /// Those that run as fused passes, and one that mixes them.
    static let fused: [ConvolutionPlan] = [
        .winograd2, .winograd4, .init(conv1: .direct, conv2: .winograd4, conv3: .winograd2),
    ]
}

/// All samples of a set as one batch, with the mean cross-entropy.
final class WholeSet: TrainingBatch {
    private let samples: ImageSamples
    private let loss: SoftmaxCrossEntropy

    init(_ model: ConfiguredNetwork, _ samples: ImageSamples) {
        self.samples = samples
        loss = SoftmaxCrossEntropy(classCount: model.config.network.classCount)
    }

    func load(_ chunk: Chunk, into inputs: FloatSlice) {
        let size = samples.height * samples.width
        for index in 0..<chunk.count {
            samples.load(chunk.start + index, into: inputs.slice(index * size, count: size))
        }
    }

    func loss(_ chunk: Chunk, outputs: FloatSlice, gradient: FloatSlice) {
        let classCount = loss.classCount
        for index in 0..<chunk.count {
            _ = loss.evaluate(
                outputs.slice(index * classCount, count: classCount),
                label: samples.label(chunk.start + index),
                gradient: gradient.slice(index * classCount, count: classCount),
                scale: 1 / Double(samples.count))
        }
    }
}
