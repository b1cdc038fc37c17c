import Foundation

/// Labelled images of one size and number of channels, in memory.
///
/// The pixels are raw bytes, 0 (black) to 255 (white), as in the files; a model's normalisation
/// turns them into its input.
public struct ImageSet: Sendable, Equatable {
    /// Pixels of one image, vertically and horizontally.
    public let height: Int
    public let width: Int
    /// 1 for grey; 3 for red, green and blue.
    public let channels: Int
    /// `[N, height, width, channels]`, row-major.
    public let pixels: [UInt8]
    /// `[N]`; each an index into `classNames`.
    public let labels: [UInt8]
    public let classNames: [String]

    public var count: Int { labels.count }
    public var bytesPerImage: Int { height * width * channels }
    /// `[height, width]`, and the channels where there are several.
    public var imageShape: [Int] { [height, width] + (channels == 1 ? [] : [channels]) }

    /// - Precondition: `pixels.count = labels.count · height · width · channels`, each label below
    ///   `classNames.count`. Readers of outside data check both and throw before they come here.
    public init(
        height: Int, width: Int, channels: Int = 1, pixels: [UInt8], labels: [UInt8],
        classNames: [String]
    ) {
        precondition(
            pixels.count == labels.count * height * width * channels,
            "\(pixels.count) bytes for \(labels.count) images of \(height)×\(width)×\(channels)")
        precondition(
            labels.allSatisfy { $0 < classNames.count },
            "label \(labels.max() ?? 0) with \(classNames.count) classes")
        self.height = height
        self.width = width
        self.channels = channels
        self.pixels = pixels
        self.labels = labels
        self.classNames = classNames
    }

    /// One image, `[height, width, channels]`; its indices start at `index · bytesPerImage`.
    public func image(at index: Int) -> ArraySlice<UInt8> {
        pixels[index * bytesPerImage..<(index + 1) * bytesPerImage]
    }

    /// One image as a PNG file.
    ///
    /// - Throws: `ImageError.unencodable` for images of neither one channel nor three.
    public func png(at index: Int) throws -> Data {
        try PNGEncoder.encode(
            Array(image(at: index)), width: width, height: height, channels: channels)
    }

    /// The images at `indices`, in that order; an index may occur more than once.
    public func subset(_ indices: [Int]) -> ImageSet {
        var chosen: [UInt8] = []
        chosen.reserveCapacity(indices.count * bytesPerImage)
        for index in indices { chosen += image(at: index) }
        return ImageSet(
            height: height, width: width, channels: channels, pixels: chosen,
            labels: indices.map { labels[$0] }, classNames: classNames)
    }

    /// How many images each class has, in the order of `classNames`.
    public var classCounts: [Int] {
        var counts = [Int](repeating: 0, count: classNames.count)
        for label in labels { counts[Int(label)] += 1 }
        return counts
    }
}
