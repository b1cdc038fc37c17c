import CKernels
import LinearAlgebra

/// A 5×5 convolution of a single channel, stride 1, with a border of two zeros: its scratch image
/// and its sums. Channels of the output fill the vector lanes.
public struct Direct5: Sendable {
    public let height: Int
    public let width: Int
    /// A multiple of 16.
    public let channels: Int

    public static let taps = 25
    private static let border = 2
    /// Floats before the first row that shifted reads may touch.
    private static let lead = 16

    public init(height: Int, width: Int, channels: Int) {
        precondition(channels % ImageView.channelMultiple == 0, "\(channels) channels")
        self.height = height
        self.width = width
        self.channels = channels
    }

    /// Columns of a bordered image, in whole vectors.
    private var lanes: Int { (width + 4 + 15) / 16 * 16 }
    private var rowStride: Int { lanes + 16 }
    /// Floats of a bordered image's memory, which starts as zeros.
    public var imageCount: Int { Direct5.lead + (height + 4 + 1) * rowStride }
    /// Floats of the columns' sums, which start as zeros.
    public var columnCount: Int { Int(TESSERA_GRAM_COLUMNS) * lanes }

    /// Copies an image `[height, width]` between the borders.
    public func copy(_ pixels: FloatSlice, into image: FloatSlice) {
        precondition(pixels.count == height * width && image.count == imageCount)
        let first = Direct5.lead + Direct5.border * rowStride + Direct5.border
        copyRows(
            pixels, rows: height, columns: width, stride: width,
            into: image.slice(first, count: image.count - first), stride: rowStride)
    }

    /// Computes rows of the output.
    ///
    /// - Parameters:
    ///   - weights: `[25, channels]`.
    ///   - firstChannel: of the output's channels, which may be a part of all.
    ///   - output: overwritten; its height says how many rows, its channels how many of them.
    public func convolve(
        _ image: FloatSlice, firstRow: Int, weights: FloatSlice, firstChannel: Int = 0,
        into output: ImageView
    ) {
        precondition(image.count == imageCount && weights.count == Direct5.taps * channels)
        precondition(
            firstRow >= 0 && firstRow + output.height <= height && output.width == width
                && firstChannel >= 0 && firstChannel + output.channels <= channels)
        tessera_direct5(
            image.pointer + Direct5.lead + firstRow * rowStride, rowStride,
            weights.pointer + firstChannel, channels, output.height, width, output.channels,
            output.values.pointer, output.rowStride, output.pixelStride)
    }

    /// Adds Σ patch · g over the pixels that a 2×2 max-pool chose to `dW`, `[25, channels]`.
    public func addPooledGradient(
        _ image: FloatSlice, g: FloatSlice, argmax: ByteBuffer, argmaxOffset: Int,
        to dW: FloatSlice
    ) {
        precondition(image.count == imageCount && dW.count == Direct5.taps * channels)
        precondition(g.count == height / 2 * (width / 2) * channels)
        tessera_direct5_pool_gradient(
            image.pointer + Direct5.lead, rowStride, g.pointer,
            argmax.address(argmaxOffset, length: g.count), height / 2, width / 2, channels,
            dW.pointer)
    }

    /// Adds an image to the columns' sums of products.
    public func addProducts(_ image: FloatSlice, to columns: FloatSlice) {
        precondition(image.count == imageCount && columns.count == columnCount)
        tessera_direct5_gram_columns(
            image.pointer + Direct5.lead, rowStride, height, lanes, columns.pointer)
    }

    /// From the columns' sums, those over all patches: Σ p in 25 doubles from `offset` on, then
    /// Σ p·pᵀ in 625.
    public func collectProducts(_ columns: FloatSlice, into sums: DoubleBuffer, offset: Int) {
        precondition(columns.count == columnCount)
        let first = sums.address(offset, length: Direct5.productCount)
        tessera_direct5_gram(columns.pointer, width, lanes, first, first + Direct5.taps)
    }

    /// Doubles that `collectProducts` writes.
    public static let productCount = taps + taps * taps
}
