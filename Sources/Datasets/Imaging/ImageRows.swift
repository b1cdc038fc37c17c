/// Collects a picture's rows as they are decoded; those of a large one as grey, or grey and alpha, unless its
/// colours are wanted.
struct ImageRows {
    private let width: Int
    private let height: Int
    /// Of the picture that is collected.
    private(set) var channels: Int
    private var pixels: [UInt8] = []

    /// - Parameter channels: of the picture that is decoded: 1 to 4, as in `DecodedImage`.
    init(width: Int, height: Int, channels: Int, color: ImageColor) {
        self.width = width
        self.height = height
        let isReduced = color == .grey && width * height > ImageLimits.largestInColor
        self.channels = isReduced ? (channels % 2 == 0 ? 2 : 1) : channels
        pixels.reserveCapacity(width * height * self.channels)
    }

    /// Adds a row of samples of one byte, or of two of which one is taken.
    ///
    /// - Parameter row: `[width, channels]` samples.
    /// - Parameter step: bytes of a sample.
    /// - Parameter offset: of the byte that is taken.
    mutating func append(_ row: [UInt8], step: Int = 1, offset: Int = 0) {
        let samples = row.count / step / width
        guard samples > channels else {
            if step == 1 { pixels += row } else { appendBytes(row, step, offset) }
            return
        }
        let alpha = (samples - 1) * step
        var place = offset
        for _ in 0..<width {
            pixels.append(GrayPlane.luma(row, at: place, step: step))
            if channels == 2 { pixels.append(row[place &+ alpha]) }
            place &+= samples &* step
        }
    }

    private mutating func appendBytes(_ row: [UInt8], _ step: Int, _ offset: Int) {
        for place in stride(from: offset, to: row.count, by: step) { pixels.append(row[place]) }
    }

    /// Makes every pixel opaque.
    mutating func removeTransparency() {
        guard channels % 2 == 0 else { return }
        for alpha in stride(from: channels - 1, to: pixels.count, by: channels) {
            pixels[alpha] = 255
        }
    }

    /// - Precondition: all rows were added.
    func image(name: String, warnings: [String] = []) -> DecodedImage {
        DecodedImage(
            width: width, height: height, channels: channels, pixels: pixels, name: name,
            warnings: warnings)
    }
}
