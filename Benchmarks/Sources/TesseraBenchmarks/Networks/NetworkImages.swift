import Kernels
import LinearAlgebra
import Training

/// Random byte images with random labels, the same in every run.
struct NetworkImages {
    static let count = 10_000
    /// Images whose inputs inference takes in turn; few, as float images fill the caches.
    private static let inputCount = 1024

    let shape: SampleShape
    private let pixels: [UInt8]
    private let labels: [Int]

    init(shape: SampleShape) {
        self.shape = shape
        var generator = SplitMix(state: 42)
        pixels = (0..<Self.count * shape.count).map { _ in
            UInt8.random(in: 0...255, using: &generator)
        }
        labels = (0..<Self.count).map { _ in
            Int.random(in: 0..<BenchmarkNetwork.classCount, using: &generator)
        }
    }

    /// As many images as whole batches take.
    func samples(multipleOf batch: Int) -> ImageSamples {
        samples(count: Self.count / batch * batch)
    }

    func samples(count: Int) -> ImageSamples {
        let half = [Double](repeating: 0.5, count: shape.channels)
        return ImageSamples(
            pixels: pixels, labels: labels, height: shape.height, width: shape.width,
            channels: shape.channels, indices: Array(0..<count),
            normalization: InputNormalization(mean: half, standardDeviation: half))
    }

    /// Normalised inputs of whole batches, at least one, `[N, H, W, C]`.
    func inputs(multipleOf batch: Int) -> FloatSlice {
        let count = max(1, Self.inputCount / batch) * batch
        let (images, size) = (samples(count: count), shape.count)
        let inputs = FloatBuffer(count: count * size).all
        for image in 0..<count {
            images.load(image, into: inputs.slice(image * size, count: size))
        }
        return inputs
    }
}

/// Source: Steele, Lea, Flood (2014), "Fast Splittable Pseudorandom Number Generators".
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
