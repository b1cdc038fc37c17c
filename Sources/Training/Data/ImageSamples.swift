import Kernels
import LinearAlgebra

/// The labelled images that a training or evaluation reads: bytes, and how they become inputs.
///
/// A subset shares the bytes and lists its samples, so that a split copies no image.
public struct ImageSamples: Sendable {
    public let height: Int
    public let width: Int
    /// 1 for grey, 3 for colour.
    public let channels: Int
    /// `[N, H, W, C]`, all images, those outside the subset included.
    public let pixels: [UInt8]
    public let labels: [Int]
    /// Which images belong to this set, in order.
    public let indices: [Int]
    public let normalization: InputNormalization
    private let byteNormalization: ByteNormalization

    /// - Precondition: one label and H·W·C bytes for each image; indices within; a normalisation of as
    ///   many channels.
    public init(
        pixels: [UInt8], labels: [Int], height: Int, width: Int, channels: Int = 1,
        indices: [Int]? = nil, normalization: InputNormalization
    ) {
        precondition(
            pixels.count == labels.count * height * width * channels,
            "\(pixels.count) bytes for \(labels.count) images of \(height)×\(width)×\(channels)")
        precondition(
            normalization.channels == channels,
            "a normalisation of \(normalization.channels) channels for images of \(channels)")
        let chosen = indices ?? Array(labels.indices)
        precondition(chosen.allSatisfy(labels.indices.contains), "an index outside the images")
        self.pixels = pixels
        self.labels = labels
        self.height = height
        self.width = width
        self.channels = channels
        self.indices = chosen
        self.normalization = normalization
        byteNormalization = ByteNormalization(normalization)
    }

    public var count: Int { indices.count }

    /// Of one image.
    public var shape: SampleShape {
        SampleShape(height: height, width: width, channels: channels)
    }

    /// Bytes of one image, and floats of its input.
    public var valuesPerImage: Int { height * width * channels }

    /// Other images of the same file.
    public func including(_ indices: [Int]) -> ImageSamples {
        ImageSamples(
            pixels: pixels, labels: labels, height: height, width: width, channels: channels,
            indices: indices, normalization: normalization)
    }

    /// The same images, as another model's training normalised them.
    public func normalized(by normalization: InputNormalization) -> ImageSamples {
        guard normalization != self.normalization else { return self }
        return ImageSamples(
            pixels: pixels, labels: labels, height: height, width: width, channels: channels,
            indices: indices, normalization: normalization)
    }

    /// The label of the subset's sample `position`.
    public func label(_ position: Int) -> Int { labels[indices[position]] }

    /// Writes the normalised image of the subset's sample `position`, `[H, W, C]`.
    public func load(_ position: Int, into out: FloatSlice) {
        precondition(out.count == valuesPerImage, "\(out.count) floats for an image of \(shape)")
        normalize(
            pixels, from: indices[position] * valuesPerImage, by: byteNormalization, into: out)
    }

    /// The same, seen through an affine map; black outside of the image.
    public func load(_ position: Int, through map: AffineMap, into out: FloatSlice) {
        warpAndNormalize(
            pixels, from: indices[position] * valuesPerImage, height: height, width: width, map,
            by: byteNormalization, into: out)
    }
}
