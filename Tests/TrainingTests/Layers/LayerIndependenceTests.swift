import Kernels
import LinearAlgebra
import Testing
import TrainingTestSupport

@testable import Training

/// Results don't depend on threads, nor on the samples beside a sample.
@Suite struct LayerIndependenceTests {
    /// All that isn't a GEMM of OpenBLAS, whose sums may depend on the number of rows.
    private static func layers(_ shape: SampleShape) -> [any Layer] {
        let channels = shape.channels
        let twice = ConvolutionGeometry(
            input: shape, outputChannels: 2 * channels, kernelSize: 3, padding: 1, groups: channels)
        return [
            Conv2d(name: "conv", geometry: twice),
            MaxPool2d(shape, kernelSize: 3, stride: 2, padding: 1),
            AvgPool2d(shape, kernelSize: 3, stride: 2, padding: 1),
            AdaptiveAvgPool2d(shape, outputHeight: 1, outputWidth: 1), LeakyReLU(shape),
            GELU(shape),
            GELU(shape, form: .tanh), SiLU(shape), Sigmoid(shape), Tanh(shape),
            GroupNorm(name: "gn", shape, groups: channels), LayerNorm(name: "ln", shape),
        ]
    }

    @Test(arguments: [
        SampleShape(height: 3, width: 5, channels: 17),
        SampleShape(height: 1, width: 1, channels: 3),
        SampleShape(height: 2, width: 7, channels: 33),
    ])
    func aSampleDoesNotDependOnThoseBesideIt(_ shape: SampleShape) {
        for layer in Self.layers(shape) {
            let count = shape.count
            let x = separatedValues(9 * count, gap: 0.01)
            let together = LayerHarness(layer, sampleCount: 9)
            let training = together.forward(x)
            #expect(together.forward(x, mode: .evaluation) == training, "\(type(of: layer))")
            let alone = LayerHarness(layer, sampleCount: 1)
            let single = (0..<9).flatMap { sample in
                alone.forward(Array(x[sample * count..<(sample + 1) * count]), mode: .evaluation)
            }
            #expect(single == training, "\(type(of: layer))")
        }
    }

    @Test func gradientsDoNotDependOnThreads() {
        let one = gradients(threads: 1)
        #expect(one.contains { $0 != 0 } && one.allSatisfy { $0.isFinite })
        #expect(one == gradients(threads: 2))
        #expect(one == gradients(threads: 3))
    }

    private func gradients(threads: Int) -> [Float] {
        let network = Network(mixedLayers(), pool: WorkerPool(threadCount: threads))
        for (stream, parameter) in network.parameters.enumerated() {
            parameter.initialize(
                .standard, fanIn: 20, fanOut: 20, stream: UInt32(stream), random: Philox(key: 5))
        }
        network.planTraining(sampleCount: 45)
        for step in 0..<2 {
            network.trainingPass(sampleCount: 45, step: UInt64(step), batch: Noise(network))
        }
        return network.parameterGradients.array
    }

    private func mixedLayers() -> [any Layer] {
        var layers: [any Layer] = []
        func last() -> SampleShape {
            layers.last?.outputShape ?? SampleShape(height: 8, width: 7, channels: 6)
        }
        func convolution(_ name: String, _ outputs: Int, stride: Int = 1, groups: Int) {
            layers.append(
                Conv2d(
                    name: name,
                    geometry: ConvolutionGeometry(
                        input: last(), outputChannels: outputs, kernelSize: 3, stride: stride,
                        padding: 1, groups: groups), hasBias: groups > 2))
        }
        convolution("conv1", 18, groups: 2)
        layers.append(GroupNorm(name: "norm1", last(), groups: 3))
        layers.append(GELU(last()))
        convolution("conv2", 36, stride: 2, groups: 18)
        layers.append(BatchNorm2d(name: "norm2", last(), epsilon: 1e-3))
        layers.append(LeakyReLU(last(), slope: 0.1))
        layers.append(MaxPool2d(last(), kernelSize: 3, stride: 1, padding: 1))
        layers.append(LayerNorm(name: "norm3", last()))
        layers.append(SiLU(last()))
        layers.append(AvgPool2d(last(), kernelSize: 2))
        layers.append(Flatten(last()))
        layers.append(Linear(name: "fc", input: last(), outputCount: 5, hasBias: false))
        layers.append(Tanh(last()))
        return layers
    }
}

/// Inputs and output gradients that depend on the place in the batch.
private final class Noise: TrainingBatch {
    private let input: FloatSlice
    private let upstream: FloatSlice
    private let inputShape: SampleShape
    private let outputShape: SampleShape

    init(_ network: Network) {
        inputShape = network.inputShape
        outputShape = network.outputShape
        input = FloatSlice(separatedValues(45 * inputShape.count, gap: 1e-4))
        upstream = FloatSlice(separatedValues(45 * outputShape.count, gap: 0.01))
    }

    func load(_ chunk: Chunk, into inputs: FloatSlice) {
        inputs.update(from: input.samples(of: chunk, inputShape))
    }

    func loss(_ chunk: Chunk, outputs: FloatSlice, gradient: FloatSlice) {
        gradient.update(from: upstream.samples(of: chunk, outputShape))
    }
}
