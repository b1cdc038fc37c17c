import CKernels
import LinearAlgebra

// What lies between two convolutions, one sample at a time; see CKernels/include/blocks.h.

/// Writes max(0, x · scale + shift) · mask into an image: the next convolution's input.
///
/// - Parameters:
///   - x: compact, of the image's shape.
///   - mask: by channel; nil for ones.
public func normReluImage(
    _ x: FloatSlice, scale: FloatSlice, shift: FloatSlice, mask: FloatSlice?, into image: ImageView
) {
    precondition(x.count == image.height * image.width * image.channels)
    checkChannels(image.channels, scale, shift, mask ?? scale)
    tessera_norm_relu_image(
        x.pointer, image.height, image.width, image.channels, scale.pointer, shift.pointer,
        mask?.pointer, image.values.pointer, image.rowStride, image.pixelStride)
}

/// Where `observe` puts what a 2×2 max-pool keeps of an image.
public struct PooledOutput {
    /// The largest values, before batch norm.
    public let values: FloatSlice
    public let argmax: ByteBuffer
    public let argmaxOffset: Int

    public init(values: FloatSlice, argmax: ByteBuffer, argmaxOffset: Int) {
        self.values = values
        self.argmax = argmax
        self.argmaxOffset = argmaxOffset
    }
}

/// One pass over a convolution's output: sums for batch norm, a pool, a copy.
///
/// - Parameters:
///   - center: subtracted before summing, so that squares stay small.
///   - sign: by channel, of batch norm's scale: the pool comes before it, and a negative scale turns
///     the largest into the smallest.
///   - pooled: nil for no pool; `kept`: a compact copy, nil for none.
///   - sums: Σ (y − center) added from `offset` on, Σ (y − center)² in `squares`.
public func observe(
    _ image: ImageView, center: FloatSlice, sign: FloatSlice, pooled: PooledOutput?,
    kept: FloatSlice?, sums: DoubleBuffer, squares: DoubleBuffer, offset: Int
) {
    checkChannels(image.channels, center, sign)
    let pooledCount = image.height / 2 * (image.width / 2) * image.channels
    precondition(pooled.map { $0.values.count == pooledCount } ?? true)
    precondition(kept.map { $0.count == image.height * image.width * image.channels } ?? true)
    tessera_moments_pool(
        image.values.pointer, image.rowStride, image.pixelStride, image.height, image.width,
        image.channels, center.pointer, sign.pointer, pooled == nil ? 0 : 1,
        pooled?.values.pointer,
        pooled.map { $0.argmax.address($0.argmaxOffset, length: pooledCount) }, kept?.pointer,
        sums.address(offset, length: image.channels),
        squares.address(offset, length: image.channels))
}

/// The gradient in batch norm's input, from that in its output at the pooled pixels.
///
/// - Parameters:
///   - y: the norm's input, compact, of the image's shape; g: `[height/2, width/2, channels]`.
///   - image: overwritten.
public func normPoolGradientImage(
    y: FloatSlice, g: FloatSlice, argmax: ByteBuffer, argmaxOffset: Int, mean: FloatSlice,
    _ gradient: NormGradientConstants, into image: ImageView
) {
    precondition(y.count == image.height * image.width * image.channels)
    precondition(g.count == image.height / 2 * (image.width / 2) * image.channels)
    checkChannels(image.channels, mean, gradient.a, gradient.b, gradient.d)
    tessera_norm_pool_gradient_image(
        y.pointer, g.pointer, argmax.address(argmaxOffset, length: g.count), image.height,
        image.width, image.channels, mean.pointer, gradient.a.pointer, gradient.b.pointer,
        gradient.d.pointer, image.values.pointer, image.rowStride, image.pixelStride)
}

/// The same where nothing was pooled: `g` has the image's shape.
public func normGradientImage(
    y: FloatSlice, g: FloatSlice, mean: FloatSlice, _ gradient: NormGradientConstants,
    into image: ImageView
) {
    precondition(y.count == image.height * image.width * image.channels && g.count == y.count)
    checkChannels(image.channels, mean, gradient.a, gradient.b, gradient.d)
    tessera_norm_gradient_image(
        y.pointer, g.pointer, image.height, image.width, image.channels, mean.pointer,
        gradient.a.pointer, gradient.b.pointer, gradient.d.pointer, image.values.pointer,
        image.rowStride, image.pixelStride)
}

/// Back through dropout's mask and ReLU, with the sums that batch norm's gradient needs.
///
/// - Parameters:
///   - x: the norm's input, compact; `du`: the gradient in the mask's output.
///   - g: overwritten with the gradient in the norm's output, compact.
///   - sums: Σ g added from `offset` on; Σ g · (x − mean) in `sumsX`.
public func reluGradientSums(
    x: FloatSlice, du: ImageView, _ constants: NormConstants, mask: FloatSlice?,
    into g: FloatSlice, sums: DoubleBuffer, sumsX: DoubleBuffer, offset: Int
) {
    precondition(x.count == du.height * du.width * du.channels && g.count == x.count)
    checkChannels(
        du.channels, constants.scale, constants.shift, constants.mean, mask ?? constants.mean)
    tessera_relu_gradient_sums(
        x.pointer, du.values.pointer, du.rowStride, du.pixelStride, du.height, du.width,
        du.channels, constants.scale.pointer, constants.shift.pointer, constants.mean.pointer,
        mask?.pointer, g.pointer, sums.address(offset, length: du.channels),
        sumsX.address(offset, length: du.channels))
}

/// Writes max(0, y + bias) into an image, or the largest of each 2×2 window of it.
public func biasReluImage(
    _ y: ImageView, bias: FloatSlice, pooled: Bool, into image: ImageView
) {
    checkChannels(y.channels, bias)
    precondition(
        image.channels == y.channels && image.height == (pooled ? y.height / 2 : y.height)
            && image.width == (pooled ? y.width / 2 : y.width))
    tessera_bias_relu_image(
        y.values.pointer, y.rowStride, y.pixelStride, y.height, y.width, y.channels, bias.pointer,
        pooled ? 1 : 0, image.values.pointer, image.rowStride, image.pixelStride)
}

/// Written out: a variadic parameter would allocate an array in every call.
private func checkChannels(
    _ channels: Int, _ first: FloatSlice, _ second: FloatSlice? = nil, _ third: FloatSlice? = nil,
    _ fourth: FloatSlice? = nil
) {
    func fits(_ array: FloatSlice?) -> Bool { array.map { $0.count == channels } ?? true }
    precondition(
        fits(first) && fits(second) && fits(third) && fits(fourth),
        "arrays by channel for \(channels) channels")
}
