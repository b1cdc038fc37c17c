import CKernels
import LinearAlgebra

/// Mean and sum of squared deviations of each channel over the rows of `x`, in two passes.
///
/// - Parameter mean: overwritten from `offset` on, one value a channel; likewise `m2`.
public func rowMoments(
    _ x: FloatSlice, channels: Int, mean: DoubleBuffer, m2: DoubleBuffer, offset: Int
) {
    precondition(x.count % channels == 0 && x.count > 0)
    tessera_row_moments(
        x.pointer, x.count / channels, channels, mean.address(offset, length: channels),
        m2.address(offset, length: channels))
}

/// y = x · scale + shift by channel, then max(·, 0) if `relu`; `y` may be `x`.
public func affineRows(
    _ x: FloatSlice, scale: FloatSlice, shift: FloatSlice, relu: Bool, into y: FloatSlice
) {
    precondition(x.count == y.count && scale.count == shift.count && x.count % scale.count == 0)
    tessera_affine_rows(
        x.pointer, x.count / scale.count, scale.count, scale.pointer, shift.pointer, relu ? 1 : 0,
        y.pointer)
}

/// The per-channel constants of batch norm that its kernels share; `[channels]` each.
public struct NormConstants {
    /// The batch's mean.
    public let mean: FloatSlice
    /// γ / √(variance + ε)
    public let scale: FloatSlice
    /// β − mean · scale
    public let shift: FloatSlice

    public init(mean: FloatSlice, scale: FloatSlice, shift: FloatSlice) {
        self.mean = mean
        self.scale = scale
        self.shift = shift
    }
}

/// dx = a·dy + b·(x − mean) + d by channel: batch norm's gradient once its batch sums are known.
public struct NormGradientConstants {
    public let a: FloatSlice
    public let b: FloatSlice
    public let d: FloatSlice

    public init(a: FloatSlice, b: FloatSlice, d: FloatSlice) {
        self.a = a
        self.b = b
        self.d = d
    }
}

/// Σ dy and Σ dy·(x − mean) by channel over rows, overwriting the sums from `offset` on.
///
/// With `relu`, dy counts only where the normalised value is positive.
public func normGradientSums(
    x: FloatSlice, dy: FloatSlice, _ constants: NormConstants, relu: Bool, sums: DoubleBuffer,
    sumsX: DoubleBuffer, offset: Int
) {
    let channels = constants.mean.count
    precondition(x.count == dy.count && x.count % channels == 0)
    tessera_norm_gradient_sums(
        x.pointer, dy.pointer, x.count / channels, channels, constants.mean.pointer,
        constants.scale.pointer, constants.shift.pointer, relu ? 1 : 0,
        sums.address(offset, length: channels), sumsX.address(offset, length: channels))
}

/// The gradient of batch norm (and ReLU) over rows; `dx` may be `x` or `dy`.
public func normGradient(
    x: FloatSlice, dy: FloatSlice, _ constants: NormConstants, relu: Bool,
    _ gradient: NormGradientConstants, into dx: FloatSlice
) {
    let channels = constants.mean.count
    precondition(x.count == dy.count && dx.count == x.count && x.count % channels == 0)
    tessera_norm_gradient(
        x.pointer, dy.pointer, x.count / channels, channels, constants.mean.pointer,
        constants.scale.pointer, constants.shift.pointer, relu ? 1 : 0, gradient.a.pointer,
        gradient.b.pointer, gradient.d.pointer, dx.pointer)
}

/// Batch norm, ReLU and a 2×2 max-pool of one sample in one pass.
///
/// - Parameter argmax: where each argmax goes (4 where ReLU gave zero); nil in evaluation.
public func normReluPool(
    _ x: FloatSlice, _ shape: SampleShape, scale: FloatSlice, shift: FloatSlice,
    into y: FloatSlice, argmax: ByteBuffer?, argmaxOffset: Int
) {
    precondition(x.count == shape.count && scale.count == shape.channels)
    precondition(y.count == shape.height / 2 * (shape.width / 2) * shape.channels)
    tessera_norm_relu_pool(
        x.pointer, shape.height, shape.width, shape.channels, scale.pointer, shift.pointer,
        y.pointer, argmax?.address(argmaxOffset, length: y.count))
}

/// As `normGradientSums`, for the pooled gradient of one or more samples of `shape`.
public func normReluPoolGradientSums(
    x: FloatSlice, dy: FloatSlice, _ shape: SampleShape, mean: FloatSlice, argmax: ByteBuffer,
    argmaxOffset: Int, sums: DoubleBuffer, sumsX: DoubleBuffer, offset: Int
) {
    let channels = shape.channels
    let samples = x.count / shape.count
    precondition(x.count == samples * shape.count && mean.count == channels)
    precondition(dy.count == samples * (shape.height / 2) * (shape.width / 2) * channels)
    tessera_norm_relu_pool_gradient_sums(
        x.pointer, dy.pointer, argmax.address(argmaxOffset, length: dy.count), samples,
        shape.height, shape.width, channels, mean.pointer, sums.address(offset, length: channels),
        sumsX.address(offset, length: channels))
}

/// The gradient of `normReluPool` for one sample; `dx` may be `x`.
public func normReluPoolGradient(
    x: FloatSlice, dy: FloatSlice, _ shape: SampleShape, mean: FloatSlice, argmax: ByteBuffer,
    argmaxOffset: Int, _ gradient: NormGradientConstants, into dx: FloatSlice
) {
    precondition(x.count == shape.count && dx.count == x.count && mean.count == shape.channels)
    precondition(dy.count == shape.height / 2 * (shape.width / 2) * shape.channels)
    tessera_norm_relu_pool_gradient(
        x.pointer, dy.pointer, argmax.address(argmaxOffset, length: dy.count), shape.height,
        shape.width, shape.channels, mean.pointer, gradient.a.pointer, gradient.b.pointer,
        gradient.d.pointer, dx.pointer)
}
