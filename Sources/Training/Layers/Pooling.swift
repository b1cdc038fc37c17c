import Kernels
import LinearAlgebra

/// The largest value of each window; what lies outside the image doesn't count, sizes are rounded
/// down.
///
/// Source: PyTorch 2.15, torch.nn.MaxPool2d; the first of equals takes the gradient, and NaN is above everything.
public final class MaxPool2d: Layer {
    public let geometry: PoolGeometry
    private var argmax = ByteBuffer(count: 0)

    /// - Precondition: a window has at most 256 places, of which 16×16 is the largest square.
    public init(_ geometry: PoolGeometry) {
        precondition(
            geometry.fitsMaxPool,
            "a max-pool's window has at most \(PoolGeometry.mostMaxPoolPlaces) places, not \(geometry.kernel)"
        )
        self.geometry = geometry
    }

    /// - Parameter stride: the kernel size if nil.
    public convenience init(
        _ input: SampleShape, kernelSize: Int, stride: Int? = nil, padding: Int = 0
    ) {
        self.init(
            PoolGeometry(
                input, kernel: HeightWidth(kernelSize), stride: stride.map { HeightWidth($0) },
                padding: HeightWidth(padding)))
    }

    public var inputShape: SampleShape { geometry.input }
    public var outputShape: SampleShape { geometry.output }
    public var backwardReads: BackwardReads { [] }

    public func flops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        windowFlops(phase, window: geometry.kernel.height * geometry.kernel.width)
    }

    public func plan(_ capacity: Capacity) {
        let evaluationCount = capacity.workerCount * BatchPlan.chunkSize
        argmax = ByteBuffer(
            count: max(capacity.sampleCount, evaluationCount) * outputShape.count)
    }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        // In evaluation the chunk may be anywhere in a long run of samples, and the argmaxes are not
        // kept: each worker writes over its own share.
        let start = pass.mode == .training ? pass.chunk.start : pass.worker * BatchPlan.chunkSize
        for sample in 0..<pass.chunk.count {
            maxPool(
                x.sample(sample, inputShape), geometry, into: y.sample(sample, outputShape),
                argmax: argmax, argmaxOffset: (start + sample) * outputShape.count)
        }
    }

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        for sample in 0..<pass.chunk.count {
            maxPoolGradient(
                dy: dy.sample(sample, outputShape), geometry, into: dx.sample(sample, inputShape),
                argmax: argmax, argmaxOffset: (pass.chunk.start + sample) * outputShape.count)
        }
    }
}

/// The mean of each window; sizes are rounded down.
///
/// Source: PyTorch 2.15, torch.nn.AvgPool2d.
public final class AvgPool2d: Layer {
    public let geometry: PoolGeometry
    /// Whether the zeros around the image take part in the mean (`count_include_pad`).
    public let countsPadding: Bool

    public init(_ geometry: PoolGeometry, countsPadding: Bool = true) {
        self.geometry = geometry
        self.countsPadding = countsPadding
    }

    /// - Parameter stride: the kernel size if nil.
    public convenience init(
        _ input: SampleShape, kernelSize: Int, stride: Int? = nil, padding: Int = 0,
        countsPadding: Bool = true
    ) {
        self.init(
            PoolGeometry(
                input, kernel: HeightWidth(kernelSize), stride: stride.map { HeightWidth($0) },
                padding: HeightWidth(padding)), countsPadding: countsPadding)
    }

    public var inputShape: SampleShape { geometry.input }
    public var outputShape: SampleShape { geometry.output }
    public var backwardReads: BackwardReads { [] }

    public func flops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        windowFlops(phase, window: geometry.kernel.height * geometry.kernel.width)
    }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        for sample in 0..<pass.chunk.count {
            averagePool(
                x.sample(sample, inputShape), geometry, countsPadding: countsPadding,
                into: y.sample(sample, outputShape))
        }
    }

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        for sample in 0..<pass.chunk.count {
            averagePoolGradient(
                dy: dy.sample(sample, outputShape), geometry, countsPadding: countsPadding,
                into: dx.sample(sample, inputShape))
        }
    }
}

/// Averages over windows that cover the input evenly, whatever its size; they may overlap. One
/// window, 1×1, is the global average pool.
///
/// Source: PyTorch 2.15, torch.nn.AdaptiveAvgPool2d.
public final class AdaptiveAvgPool2d: Layer {
    public let inputShape: SampleShape
    public let outputShape: SampleShape

    public var backwardReads: BackwardReads { [] }

    public init(_ input: SampleShape, outputHeight: Int, outputWidth: Int) {
        inputShape = input
        outputShape = SampleShape(
            height: outputHeight, width: outputWidth, channels: input.channels)
    }

    public func flops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        guard phase == .forward || phase == .backward else { return 0 }
        return AdaptiveAvgPool2d.places(inputShape.height, outputShape.height)
            * AdaptiveAvgPool2d.places(inputShape.width, outputShape.width)
            * Double(inputShape.channels)
    }

    /// Of all windows along a side; they overlap where the sizes don't divide.
    private static func places(_ input: Int, _ output: Int) -> Double {
        (0..<output).reduce(0) { sum, index in
            let (start, end) = (index * input / output, ((index + 1) * input + output - 1) / output)
            return sum + Double(end - start)
        }
    }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        for sample in 0..<pass.chunk.count {
            adaptiveAveragePool(
                x.sample(sample, inputShape), inputShape, into: y.sample(sample, outputShape),
                outputShape)
        }
    }

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        for sample in 0..<pass.chunk.count {
            adaptiveAveragePoolGradient(
                dy: dy.sample(sample, outputShape), outputShape,
                into: dx.sample(sample, inputShape), inputShape)
        }
    }
}
