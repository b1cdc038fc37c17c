import Kernels
import LinearAlgebra

/// The largest value of each window, no padding, floor division.
///
/// Source: PyTorch 2.15, torch.nn.MaxPool2d; the first of equals takes the gradient.
public final class MaxPool2d: Layer {
    public let inputShape: SampleShape
    public let outputShape: SampleShape
    public let kernelSize: Int
    public let stride: Int
    private var argmax = ByteBuffer(count: 0)

    /// - Parameter stride: the kernel size when nil.
    public init(_ input: SampleShape, kernelSize: Int, stride: Int? = nil) {
        inputShape = input
        self.kernelSize = kernelSize
        self.stride = stride ?? kernelSize
        outputShape = maxPoolOutput(input, kernelSize: kernelSize, stride: stride ?? kernelSize)
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
                x.sample(sample, inputShape), inputShape, kernelSize: kernelSize, stride: stride,
                into: y.sample(sample, outputShape), argmax: argmax,
                argmaxOffset: (start + sample) * outputShape.count)
        }
    }

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        for sample in 0..<pass.chunk.count {
            maxPoolGradient(
                dy: dy.sample(sample, outputShape), inputShape, kernelSize: kernelSize,
                stride: stride, into: dx.sample(sample, inputShape), argmax: argmax,
                argmaxOffset: (pass.chunk.start + sample) * outputShape.count)
        }
    }
}

/// Averages over windows that cover the input evenly, whatever its size; they may overlap.
///
/// Source: PyTorch 2.15, torch.nn.AdaptiveAvgPool2d.
public final class AdaptiveAvgPool2d: Layer {
    public let inputShape: SampleShape
    public let outputShape: SampleShape

    public init(_ input: SampleShape, outputHeight: Int, outputWidth: Int) {
        inputShape = input
        outputShape = SampleShape(
            height: outputHeight, width: outputWidth, channels: input.channels)
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
