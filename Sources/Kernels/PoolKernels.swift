import CKernels
import LinearAlgebra

/// The output of a max-pool without padding, floor division as PyTorch's default.
public func maxPoolOutput(_ input: SampleShape, kernelSize: Int, stride: Int) -> SampleShape {
    precondition(
        kernelSize >= 1 && kernelSize <= 16 && stride >= 1 && input.height >= kernelSize
            && input.width >= kernelSize,
        "max-pool \(kernelSize) with stride \(stride) on \(input)")
    return SampleShape(
        height: (input.height - kernelSize) / stride + 1,
        width: (input.width - kernelSize) / stride + 1, channels: input.channels)
}

/// Max-pool of one sample.
///
/// - Parameter argmax: overwritten from `argmaxOffset` on: for each output the winner's place in
///   its window, row by row; the first of equals wins, NaN beats everything (as in PyTorch).
public func maxPool(
    _ x: FloatSlice, _ shape: SampleShape, kernelSize: Int, stride: Int, into y: FloatSlice,
    argmax: ByteBuffer, argmaxOffset: Int
) {
    precondition(x.count == shape.count)
    precondition(y.count == maxPoolOutput(shape, kernelSize: kernelSize, stride: stride).count)
    tessera_max_pool(
        x.pointer, shape.height, shape.width, shape.channels, kernelSize, stride, y.pointer,
        argmax.address(argmaxOffset, length: y.count))
}

/// The gradient of `maxPool` for one sample; `dx` is overwritten.
public func maxPoolGradient(
    dy: FloatSlice, _ shape: SampleShape, kernelSize: Int, stride: Int, into dx: FloatSlice,
    argmax: ByteBuffer, argmaxOffset: Int
) {
    precondition(dx.count == shape.count)
    precondition(dy.count == maxPoolOutput(shape, kernelSize: kernelSize, stride: stride).count)
    tessera_max_pool_gradient(
        dy.pointer, argmax.address(argmaxOffset, length: dy.count), shape.height, shape.width,
        shape.channels, kernelSize, stride, dx.pointer)
}

/// Adaptive average pool of one sample: window i spans ⌊i·H/outH⌋ ..< ⌈(i+1)·H/outH⌉.
public func adaptiveAveragePool(
    _ x: FloatSlice, _ shape: SampleShape, into y: FloatSlice, _ output: SampleShape
) {
    precondition(
        x.count == shape.count && y.count == output.count && shape.channels == output.channels)
    tessera_adaptive_average_pool(
        x.pointer, shape.height, shape.width, shape.channels, output.height, output.width, y.pointer
    )
}

/// The gradient of `adaptiveAveragePool` for one sample; `dx` is overwritten.
public func adaptiveAveragePoolGradient(
    dy: FloatSlice, _ output: SampleShape, into dx: FloatSlice, _ shape: SampleShape
) {
    precondition(
        dx.count == shape.count && dy.count == output.count && shape.channels == output.channels)
    tessera_adaptive_average_pool_gradient(
        dy.pointer, shape.height, shape.width, shape.channels, output.height, output.width,
        dx.pointer)
}
