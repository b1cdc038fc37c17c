import SafeText

/// Pixels vertically and horizontally.
public struct ImageSize: Sendable, Hashable, CustomStringConvertible {
    public let height: Int
    public let width: Int

    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// `32` for a square, or `24x32`, height first; nil for anything else, and for sides of 0.
    public init?(parsing text: String) {
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).map {
            $0.allSatisfy(\.isASCII) && $0.allSatisfy(\.isNumber) ? Int($0) : nil
        }
        guard (1...2).contains(sides.count), let height = sides[0], let width = sides.last ?? nil,
            height > 0, width > 0
        else { return nil }
        self.init(height: height, width: width)
    }

    public var description: String { "\(height)×\(width)" }
}

/// A picture in red, green and blue, as it is seen over white paper.
struct ColorPicture: Equatable {
    let size: ImageSize
    /// `[height, width, 3]`.
    let pixels: [UInt8]

    init(size: ImageSize, pixels: [UInt8]) {
        precondition(
            pixels.count == size.height * size.width * 3, "\(pixels.count) bytes for \(size)×3")
        self.size = size
        self.pixels = pixels
    }

    /// Grey becomes three equal channels; transparency is composited over white, as a viewer shows it.
    init(_ image: DecodedImage) {
        let (source, channels) = (image.pixels, image.channels)
        size = ImageSize(height: image.height, width: image.width)
        guard channels != 3 else {
            pixels = source
            return
        }
        let isGray = channels <= 2
        let hasAlpha = channels % 2 == 0
        var pixels: [UInt8] = []
        pixels.reserveCapacity(image.height * image.width * 3)
        for pixel in stride(from: 0, to: source.count, by: channels) {
            let alpha = hasAlpha ? source[pixel &+ channels &- 1] : 255
            for channel in 0..<3 {
                let value = source[isGray ? pixel : pixel &+ channel]
                pixels.append(hasAlpha ? GrayPlane.overWhite(value, alpha) : value)
            }
        }
        self.pixels = pixels
    }

    /// The picture in another size, whatever its proportions: see `BilinearResampler`.
    func resized(to target: ImageSize) -> ColorPicture {
        guard target != size else { return self }
        return ColorPicture(
            size: target,
            pixels: BilinearResampler.resize(pixels, from: size, to: target, channels: 3))
    }
}

extension DecodedImage {
    /// The picture in red, green and blue and in a size, whatever its proportions: what `images:DIR` in
    /// colour is trained on.
    ///
    /// - Returns: `[height, width, 3]`.
    public func colors(in size: ImageSize) -> [UInt8] {
        ColorPicture(self).resized(to: size).pixels
    }
}
