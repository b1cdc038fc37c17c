import Kernels
import LinearAlgebra
import TestSupport
import Testing
import TrainingTestSupport

@testable import Training

/// A layer that runs in place must leave what others' backward passes read.
@Suite struct SharedMemoryTests {
    private static let shape = SampleShape(height: 4, width: 4, channels: 3)

    /// Each between a convolution and a fully connected layer.
    private static let chains: [[@Sendable (SampleShape) -> any Layer]] = [
        [{ ReLU($0) }, { Sigmoid($0) }],
        [{ Sigmoid($0) }, { ReLU($0) }],
        [{ Tanh($0) }, { Dropout($0, rate: 0.5, seed: 1, index: 0) }],
        [{ Tanh($0) }, { Flatten($0) }, { LeakyReLU($0, slope: 0.1) }],
        [
            { LeakyReLU($0, slope: 0.1) }, { Dropout2d($0, rate: 0.5, seed: 1, index: 0) },
            { Tanh($0) },
        ],
        [{ GELU($0) }, { Tanh($0) }, { Sigmoid($0) }],
        [{ LeakyReLU($0, slope: -1) }, { Sigmoid($0) }],
        [{ Tanh($0) }, { BatchNorm2d(name: "bn", $0, tail: .reluAndMaxPool) }],
        [
            { ReLU($0) }, { Dropout($0, rate: 0.5, seed: 1, index: 0) },
            { BatchNorm2d(name: "bn", $0, tail: .reluAndMaxPool) },
        ],
    ]

    @Test(arguments: chains.indices)
    func gradientsOfAChainAreThoseOfItsLayers(_ index: Int) {
        let shared = layers(index), apart = layers(index)
        var generator = SeededGenerator(seed: 71)
        for (left, right) in zip(shared.flatMap(\.parameters), apart.flatMap(\.parameters)) {
            let values = generator.floats(left.count)
            left.setValue(values)
            right.setValue(values)
        }
        let sampleCount = 9
        let input = generator.floats(sampleCount * Self.shape.count)
        let upstream = generator.floats(sampleCount * shared.last!.outputShape.count)

        let network = Network(shared, pool: WorkerPool(threadCount: 1))
        network.planTraining(sampleCount: sampleCount)
        network.trainingPass(
            sampleCount: sampleCount, step: 3,
            batch: FixedBatch(input, upstream, shared[0].inputShape, shared.last!.outputShape))
        var (x, dy) = (input, upstream)
        let harnesses = apart.map { LayerHarness($0, sampleCount: sampleCount) }
        for harness in harnesses { x = harness.forward(x) }
        for harness in harnesses.reversed() { dy = harness.backward(dy) }

        for (left, right) in zip(shared.flatMap(\.parameters), apart.flatMap(\.parameters)) {
            #expect(left.gradient.array == right.gradient.array, "chain \(index) \(left.name)")
        }
    }

    private func layers(_ index: Int) -> [any Layer] {
        var layers: [any Layer] = [
            Conv2d(
                name: "conv",
                geometry: ConvolutionGeometry(
                    input: Self.shape, outputChannels: 5, kernelSize: 3, padding: 1))
        ]
        for make in Self.chains[index] { layers.append(make(layers.last!.outputShape)) }
        layers.append(Linear(name: "fc", input: layers.last!.outputShape, outputCount: 4))
        return layers
    }
}

/// Given inputs and output gradients.
private final class FixedBatch: TrainingBatch {
    private let inputs: FloatSlice
    private let upstream: FloatSlice
    private let inputShape: SampleShape
    private let outputShape: SampleShape

    init(
        _ input: [Float], _ upstream: [Float], _ inputShape: SampleShape, _ outputShape: SampleShape
    ) {
        inputs = FloatSlice(input)
        self.upstream = FloatSlice(upstream)
        self.inputShape = inputShape
        self.outputShape = outputShape
    }

    func load(_ chunk: Chunk, into inputs: FloatSlice) {
        inputs.update(from: self.inputs.samples(of: chunk, inputShape))
    }

    func loss(_ chunk: Chunk, outputs: FloatSlice, gradient: FloatSlice) {
        gradient.update(from: upstream.samples(of: chunk, outputShape))
    }
}
