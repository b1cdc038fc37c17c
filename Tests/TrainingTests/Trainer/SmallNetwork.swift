import Kernels
import LinearAlgebra
import TestSupport

@testable import Training

/// Networks and data that are no digits, for tests of training.
enum SmallNetwork {
    /// inputs → 12 → outputs, with weights from a seed.
    static func perceptron(
        inputs: Int = 3, outputs: Int, threads: Int = 2, dropout: Double = 0, seed: UInt64 = 6
    ) -> Network {
        try! Network(
            NetworkDescription(
                input: SampleShape(features: inputs),
                [.linear("hidden", 12), .relu] + (dropout > 0 ? [.dropout(dropout)] : [])
                    + [.linear("head", outputs)]), seed: seed,
            pool: WorkerPool(threadCount: threads))
    }

    /// A residual network for 8×8 images of three channels, with batch norm and a join.
    static func residual(threads: Int) -> Network {
        let input = SampleShape(height: 8, width: 8, channels: 3)
        return try! Network(
            NetworkDescription(
                input: input,
                [
                    .conv2d("stem", 8, kernel: 3, padding: 1), .batchNorm("bn"), .relu,
                    .residual("block", [.conv2d("conv", 8, kernel: 3, padding: 1), .relu]),
                    .maxPool(2), .globalAveragePool, .flatten, .linear("head", 3),
                ]), seed: 3, pool: WorkerPool(threadCount: threads))
    }

    /// What a network makes of one sample.
    static func outputs(_ network: Network, _ input: [Float]) -> [Float] {
        let result = FloatBuffer(count: network.outputShape.count).all
        network.evaluate(sampleCount: 1) { _, inputs in
            inputs.update(from: input)
        } consume: { _, outputs in
            result.update(from: outputs)
        }
        return result.array
    }

    /// Noise that is brighter in the channel of its class.
    static func coloured(_ count: Int, seed: UInt64) -> ImageSamples {
        var random = SeededGenerator(seed: seed)
        let pixels = (0..<count * 192).map { index in
            UInt8(random.next() % 128) + (index % 3 == index / 192 % 3 ? 60 : 0)
        }
        return ImageSamples(
            pixels: pixels, labels: (0..<count).map { $0 % 3 }, height: 8, width: 8, channels: 3,
            normalization: InputNormalization(
                mean: [0.3, 0.3, 0.3], standardDeviation: [0.2, 0.2, 0.2]))
    }

    /// Points of a cube whose class is the octant's parity of two coordinates: no plane parts them.
    static func classified(_ count: Int, seed: UInt64) -> VectorSamples {
        var random = SeededGenerator(seed: seed)
        let features = random.floats(count * 3)
        let labels = (0..<count).map { index in
            (features[3 * index] > 0) == (features[3 * index + 1] > 0) ? 1 : 0
        }
        return VectorSamples(features: features, featureCount: 3, labels: labels)
    }

    /// Points of a cube with two smooth functions of them.
    static func measured(_ count: Int, seed: UInt64) -> VectorSamples {
        var random = SeededGenerator(seed: seed)
        let features = random.floats(count * 3)
        let targets = (0..<count).flatMap { index in
            let (x, y, z) = (features[3 * index], features[3 * index + 1], features[3 * index + 2])
            return [x * y, x - 0.5 * z * z]
        }
        return VectorSamples(
            features: features, featureCount: 3, targets: targets, targetCount: 2)
    }
}
