import LinearAlgebra

/// An image `[height, width, channels]` whose rows and pixels may lie in a larger one.
///
/// Kernels between convolutions take whole vectors of channels, so `channels` is a multiple of
/// `ImageView.channelMultiple`; surplus channels are zero.
public struct ImageView {
    public static let channelMultiple = 16

    /// From the first pixel to the last one's end, at least.
    public let values: FloatSlice
    public let height: Int
    public let width: Int
    public let channels: Int
    /// Floats from one row to the next.
    public let rowStride: Int
    /// Floats from one pixel to the next.
    public let pixelStride: Int

    public init(
        _ values: FloatSlice, height: Int, width: Int, channels: Int, rowStride: Int,
        pixelStride: Int
    ) {
        precondition(channels % ImageView.channelMultiple == 0, "\(channels) channels")
        precondition(
            (height - 1) * rowStride + (width - 1) * pixelStride + channels <= values.count,
            "\(height)×\(width)×\(channels) in \(values.count) floats")
        self.values = values
        self.height = height
        self.width = width
        self.channels = channels
        self.rowStride = rowStride
        self.pixelStride = pixelStride
    }

    /// A compact image.
    public init(_ values: FloatSlice, height: Int, width: Int, channels: Int) {
        self.init(
            values, height: height, width: width, channels: channels,
            rowStride: width * channels, pixelStride: channels)
    }

    /// Channels rounded up to whole vectors.
    public static func padded(_ channels: Int) -> Int {
        (channels + channelMultiple - 1) / channelMultiple * channelMultiple
    }

    /// Some of the channels.
    public func channels(_ range: Range<Int>) -> ImageView {
        ImageView(
            values.slice(range.lowerBound, count: values.count - range.lowerBound),
            height: height, width: width, channels: range.count, rowStride: rowStride,
            pixelStride: pixelStride)
    }

    /// Some of the rows.
    public func rows(_ start: Int, count: Int) -> ImageView {
        let first = start * rowStride
        return ImageView(
            values.slice(first, count: values.count - first), height: count, width: width,
            channels: channels, rowStride: rowStride, pixelStride: pixelStride)
    }
}
