import Kernels
import LinearAlgebra
import TestSupport
import Testing

@testable import Training

/// The networks that configurations can name, and one of depthwise convolutions: one seed gives one
/// result.
@Suite struct ShippedNetworkTests {
    struct Shipped: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let network: NetworkDescription
    }

    private static let gray = SampleShape(height: 28, width: 28, channels: 1)
    private static let colored = SampleShape(height: 32, width: 32, channels: 3)

    static let networks = [
        Shipped(testDescription: "digitcnn", network: .digitCNN()),
        Shipped(
            testDescription: "mlp",
            network: .mlp(input: gray, hidden: [512, 512], outputs: 10, dropout: 0.2)),
        Shipped(testDescription: "lenet5", network: .leNet5(input: gray, classCount: 10)),
        Shipped(
            testDescription: "resnet", network: .resNet(input: colored, depth: 8, classCount: 10)),
        Shipped(testDescription: "depthwise", network: depthwise),
    ]

    /// As MobileNets are made.
    private static let depthwise = NetworkDescription(
        input: colored,
        [.conv2d("stem", 16, kernel: 3, stride: 2, padding: 1, bias: false), .batchNorm(), .relu]
            + [32, 64].flatMap { channels -> [LayerDescription] in
                [
                    .depthwiseConv2d(kernel: 3, stride: 2, padding: 1, bias: false),
                    .batchNorm(), .relu, .conv2d(channels, kernel: 1, bias: false), .batchNorm(),
                    .relu,
                ]
            } + [.globalAveragePool, .flatten, .linear("fc", 10)])

    /// Weights and running statistics after six steps, and the outputs of inference: batches of
    /// groups of several chunks, the last of them smaller; few samples and many.
    @Test(arguments: networks)
    func bitsDoNotDependOnThreads(shipped: Shipped) throws {
        let training = samples(2 * 61 + 20, shipped.network.input, seed: 1)
        let unseen = samples(45, shipped.network.input, seed: 2)
        let results = try [1, 2, 3].map { threads in
            let network = try Network(
                shipped.network, seed: 4, pool: WorkerPool(threadCount: threads))
            let before = network.parameterValues.array
            let trainer = try Trainer(
                network: network, loss: SoftmaxCrossEntropy(classCount: 10),
                schedule: ConstantRate(learningRate: 1e-3), training: training, validation: unseen,
                options: TrainingOptions(epochs: 2, batchSize: 61))
            _ = try trainer.run()
            #expect(trainer.stepCount == 6 && network.parameterValues.array != before)
            return (
                state: network.stateDictionary(),
                outputs: Evaluator.outputs(network, unseen),
                few: Evaluator.outputs(network, unseen.including([3, 5]))
            )
        }
        for result in results.dropFirst() {
            #expect(result.state == results[0].state)
            #expect(result.outputs == results[0].outputs)
            #expect(result.few == results[0].few)
        }
        #expect(results[0].outputs.allSatisfy { $0.isFinite })
    }

    private func samples(_ count: Int, _ shape: SampleShape, seed: UInt64) -> ImageSamples {
        var random = SeededGenerator(seed: seed)
        return ImageSamples(
            pixels: (0..<count * shape.count).map { _ in UInt8(random.next() >> 56) },
            labels: (0..<count).map { $0 % 10 }, height: shape.height, width: shape.width,
            channels: shape.channels,
            normalization: InputNormalization(
                mean: [Double](repeating: 0.5, count: shape.channels),
                standardDeviation: [Double](repeating: 0.3, count: shape.channels)))
    }
}
