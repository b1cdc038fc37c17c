import CKernels
import LinearAlgebra

/// The output of a max-pool without padding, floor division as PyTorch's default.
public func maxPoolOutput(_ input: SampleShape, kernelSize: Int, stride: Int) -> SampleShape {
    PoolGeometry(input, kernel: HeightWidth(kernelSize), stride: HeightWidth(stride)).output
}

/// Max-pool of one sample; pixels outside the image don't count.
///
/// - Parameter argmax: overwritten from `argmaxOffset` on: for each output the place of the
///   largest in its window, row by row; the first of equals, NaN above everything (as in PyTorch).
public func maxPool(
    _ x: FloatSlice, _ geometry: PoolGeometry, into y: FloatSlice, argmax: ByteBuffer,
    argmaxOffset: Int
) {
    precondition(x.count == geometry.input.count && y.count == geometry.output.count)
    precondition(geometry.fitsMaxPool, "a max-pool of \(geometry.kernel)")
    var window = geometry.window
    tessera_max_pool(
        x.pointer, &window, y.pointer, argmax.address(argmaxOffset, length: y.count))
}

/// The gradient of `maxPool` for one sample; `dx` is overwritten.
public func maxPoolGradient(
    dy: FloatSlice, _ geometry: PoolGeometry, into dx: FloatSlice, argmax: ByteBuffer,
    argmaxOffset: Int
) {
    precondition(dx.count == geometry.input.count && dy.count == geometry.output.count)
    precondition(geometry.fitsMaxPool, "a max-pool of \(geometry.kernel)")
    var window = geometry.window
    tessera_max_pool_gradient(
        dy.pointer, argmax.address(argmaxOffset, length: dy.count), &window, dx.pointer)
}

/// The same with square windows and no padding.
public func maxPool(
    _ x: FloatSlice, _ shape: SampleShape, kernelSize: Int, stride: Int, into y: FloatSlice,
    argmax: ByteBuffer, argmaxOffset: Int
) {
    maxPool(
        x, PoolGeometry(shape, kernel: HeightWidth(kernelSize), stride: HeightWidth(stride)),
        into: y, argmax: argmax, argmaxOffset: argmaxOffset)
}

/// The gradient of that `maxPool`.
public func maxPoolGradient(
    dy: FloatSlice, _ shape: SampleShape, kernelSize: Int, stride: Int, into dx: FloatSlice,
    argmax: ByteBuffer, argmaxOffset: Int
) {
    maxPoolGradient(
        dy: dy, PoolGeometry(shape, kernel: HeightWidth(kernelSize), stride: HeightWidth(stride)),
        into: dx, argmax: argmax, argmaxOffset: argmaxOffset)
}

/// Average pool of one sample.
///
/// - Parameter countsPadding: whether zeros around the image take part in the mean.
public func averagePool(
    _ x: FloatSlice, _ geometry: PoolGeometry, countsPadding: Bool, into y: FloatSlice
) {
    precondition(x.count == geometry.input.count && y.count == geometry.output.count)
    var window = geometry.window
    tessera_average_pool(x.pointer, &window, countsPadding ? 1 : 0, y.pointer)
}

/// The gradient of `averagePool` for one sample; `dx` is overwritten.
public func averagePoolGradient(
    dy: FloatSlice, _ geometry: PoolGeometry, countsPadding: Bool, into dx: FloatSlice
) {
    precondition(dx.count == geometry.input.count && dy.count == geometry.output.count)
    var window = geometry.window
    tessera_average_pool_gradient(dy.pointer, &window, countsPadding ? 1 : 0, dx.pointer)
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
