/// A picture in memory: 8 bits a sample, rows from the top, no padding.
public struct DecodedImage: Sendable, Equatable {
    /// What errors call the picture: its file's name, or where it came from.
    public let name: String
    public let width: Int
    public let height: Int
    /// 1: grey; 3: red, green, blue; 4: red, green, blue, alpha (not premultiplied).
    public let channels: Int
    /// `[height, width, channels]`, row-major.
    public let pixels: [UInt8]

    /// - Precondition: 1, 3 or 4 channels, sides of at least 1, `width · height · channels` bytes.
    public init(
        width: Int, height: Int, channels: Int, pixels: [UInt8], name: String = "image"
    ) {
        precondition(
            [1, 3, 4].contains(channels) && width > 0 && height > 0
                && pixels.count == width * height * channels,
            "\(pixels.count) bytes for \(width)×\(height)×\(channels)")
        self.name = name
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels
    }

    /// The picture turned upright as its EXIF orientation (1–8) asks; other values change nothing.
    ///
    /// - Source: Exif 2.32, tag 274.
    func upright(orientation: Int) -> DecodedImage {
        guard (2...8).contains(orientation) else { return self }
        let turned = orientation >= 5
        let (newWidth, newHeight) = turned ? (height, width) : (width, height)
        let flipX = [2, 3, 7, 8].contains(orientation)
        let flipY = [3, 4, 6, 7].contains(orientation)
        var output = [UInt8](repeating: 0, count: pixels.count)
        for y in 0..<newHeight {
            for x in 0..<newWidth {
                let (u, v) = turned ? (y, x) : (x, y)
                let sourceX = flipX ? width - 1 - u : u
                let sourceY = flipY ? height - 1 - v : v
                let source = (sourceY * width + sourceX) * channels
                let target = (y * newWidth + x) * channels
                for channel in 0..<channels { output[target + channel] = pixels[source + channel] }
            }
        }
        return DecodedImage(
            width: newWidth, height: newHeight, channels: channels, pixels: output, name: name)
    }
}

/// What is refused before a picture is decoded, so that a small file can't take all memory.
public enum ImageLimits {
    /// Longest side in pixels.
    public static let maximumSide = 16_384
    /// Pixels in all: 64 Mi, which four channels make 256 MiB.
    public static let maximumPixels = 64 << 20
    /// Bytes of the file itself: 128 MiB.
    public static let maximumFileBytes = 128 << 20
    /// Bytes of one PNG chunk other than pixel data, and of all that are kept: 8 MiB and 16 MiB.
    static let maximumChunkBytes = 8 << 20
    static let maximumChunkCacheBytes = 16 << 20

    /// Throws unless a header's size is one that may be decoded.
    static func check(width: Int, height: Int, format: ImageFormat, name: String) throws {
        guard width > 0 && height > 0 else {
            throw ImageError.zeroSize(name: name, format: format, width: width, height: height)
        }
        // The sides come first: two sides within the limit can't overflow their product.
        guard width <= maximumSide && height <= maximumSide && width * height <= maximumPixels
        else {
            throw ImageError.tooManyPixels(
                name: name, format: format, width: width, height: height)
        }
    }
}

/// The file formats that are read.
public enum ImageFormat: String, Sendable, CaseIterable {
    case png = "PNG"
    case jpeg = "JPEG"
    case bmp = "BMP"
    case netpbm = "PNM"
}
