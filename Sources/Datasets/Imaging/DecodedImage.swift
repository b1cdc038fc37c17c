/// A picture in memory: 8 bits a sample, rows from the top, no padding.
public struct DecodedImage: Sendable, Equatable {
    /// What errors call the picture: its file's name, or where it came from.
    public let name: String
    public let width: Int
    public let height: Int
    /// 1: grey; 2: grey, alpha; 3: red, green, blue; 4: red, green, blue, alpha (alpha never
    /// premultiplied).
    public let channels: Int
    /// `[height, width, channels]`, row-major.
    public let pixels: [UInt8]
    /// What was wrong with the file and didn't hinder its decoding: a sentence each.
    public let warnings: [String]

    /// - Precondition: 1 to 4 channels, sides of at least 1, `width · height · channels` bytes.
    public init(
        width: Int, height: Int, channels: Int, pixels: [UInt8], name: String = "image",
        warnings: [String] = []
    ) {
        precondition(
            (1...4).contains(channels) && width > 0 && height > 0
                && pixels.count == width * height * channels,
            "\(pixels.count) bytes for \(width)×\(height)×\(channels)")
        self.name = name
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels
        self.warnings = warnings
    }

    /// The picture rotated upright as its EXIF orientation (1–8) asks; other values change nothing.
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
            width: newWidth, height: newHeight, channels: channels, pixels: output, name: name,
            warnings: warnings)
    }
}

/// What is refused before a picture is decoded, so that a small file can't take all memory.
public enum ImageLimits {
    /// Longest side in pixels.
    public static let maximumSide = 16_384
    /// Pixels in all: 64 Mi, which is more than a telephone's camera has.
    public static let maximumPixels = 64 << 20
    /// Larger pictures are decoded to grey.
    public static let largestInColor = 1 << 20
    /// Bytes of a PNG's pixels as they are stored before compression: 256 MiB, which 8 bits of red,
    /// green, blue and alpha make of the largest picture, and 16 bits of half as many pixels.
    static let maximumRawBytes = 256 << 20
    /// Pixels of an interlaced PNG, which is decoded as a whole: 16 Mi.
    static let maximumInterlacedPixels = 16 << 20
    /// Pixels times scans of a JPEG: a progressive one of the largest size has up to 16 scans.
    static let maximumScannedPixels = 1 << 30
    /// Bytes of a Netpbm file before the pixels, and a plain (ASCII) sample with what is around it.
    static let maximumTextHeaderBytes = 64 << 10
    static let maximumTextSampleBytes = 16
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
