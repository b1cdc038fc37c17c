import Kernels
import LinearAlgebra

/// A sample's image with zeros around it, from which a window reads whole rows of taps: the input of
/// convolutions that go tap by tap.
///
/// A tensor's channels lie as they are; a map's are padded to whole vectors.
struct BorderedImage {
    let image: FloatSlice
    let channels: Int
    /// Floats from one row to the next.
    let rowStride: Int
    private let reader: MapReader
    private let padding: HeightWidth
    private let shape: SampleShape

    /// - Parameters:
    ///   - paddedChannels: pad a tensor's channels as well.
    init(_ reader: MapReader, _ geometry: ConvolutionGeometry, paddedChannels: Bool) {
        self.reader = reader
        padding = geometry.paddings
        shape = geometry.input
        channels = BorderedImage.channels(reader, paddedChannels: paddedChannels)
        rowStride = (shape.width + 2 * padding.width) * channels
        image = FloatBuffer(count: (shape.height + 2 * padding.height) * rowStride).all
    }

    static func channels(_ reader: MapReader, paddedChannels: Bool) -> Int {
        if case .tensor = reader.source, !paddedChannels { return reader.shape.channels }
        return reader.channels
    }

    private var firstPixel: Int { padding.height * rowStride + padding.width * channels }

    /// The pixels between the borders; whole vectors of channels only.
    var interior: ImageView { interior(of: image) }

    /// The same pixels of other memory of the image's form.
    func interior(of other: FloatSlice) -> ImageView {
        ImageView(
            other.slice(firstPixel, count: other.count - firstPixel), height: shape.height,
            width: shape.width, channels: channels, rowStride: rowStride, pixelStride: channels)
    }

    /// Brings a sample in.
    ///
    /// - Parameter isAgain: on the way back.
    func load(_ sample: Int, step: UInt64, isAgain: Bool) {
        if case .tensor(let reader) = reader.source, channels == shape.channels {
            let x = reader.tensor.values.slice(sample * shape.count, count: shape.count)
            copyRows(
                x, rows: shape.height, columns: shape.width * channels,
                stride: shape.width * channels,
                into: image.slice(firstPixel, count: image.count - firstPixel),
                stride: rowStride)
        } else if isAgain {
            reader.rewriteValues(sample, into: interior)
        } else {
            reader.writeValues(sample, step: step, into: interior)
        }
    }
}
