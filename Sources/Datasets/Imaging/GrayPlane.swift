/// A grey picture in floats, 0–255, row-major.
struct GrayPlane {
    let width: Int
    let height: Int
    var values: [Float]

    init(width: Int, height: Int, values: [Float]) {
        precondition(values.count == width * height)
        self.width = width
        self.height = height
        self.values = values
    }

    /// Luma of what is seen over white paper.
    ///
    /// Rec. 601 in Pillow's fixed point; transparency is composited over white, as a viewer
    /// shows it.
    static func luma(of image: DecodedImage) -> [UInt8] {
        switch image.channels {
        case 1: image.pixels
        case 3:
            (0..<image.width * image.height).map { pixel in
                luma(image.pixels, at: 3 * pixel)
            }
        default:
            (0..<image.width * image.height).map { pixel in
                let alpha = Int(image.pixels[4 * pixel + 3])
                let value = Int(luma(image.pixels, at: 4 * pixel))
                return UInt8((value * alpha + 255 * (255 - alpha) + 127) / 255)
            }
        }
    }

    @inline(__always)
    private static func luma(_ pixels: [UInt8], at offset: Int) -> UInt8 {
        let sum =
            19_595 * UInt32(pixels[offset]) + 38_470 * UInt32(pixels[offset + 1])
            + 7_471 * UInt32(pixels[offset + 2])
        return UInt8((sum + 0x8000) >> 16)
    }

    /// The alpha channel, when the digit is in it and nowhere else: transparency varies and what
    /// is visible has one brightness (ink of one colour on a transparent sheet).
    static func alphaInk(of image: DecodedImage) -> [UInt8]? {
        guard image.channels == 4 else { return nil }
        let alpha = stride(from: 3, to: image.pixels.count, by: 4).map { image.pixels[$0] }
        guard let least = alpha.min(), let most = alpha.max(), most - least >= 64 else {
            return nil
        }
        var (darkest, brightest) = (UInt8.max, UInt8.min)
        for pixel in alpha.indices where alpha[pixel] >= 128 {
            let value = luma(image.pixels, at: 4 * pixel)
            darkest = min(darkest, value)
            brightest = max(brightest, value)
        }
        return brightest >= darkest && brightest - darkest <= 48 ? alpha : nil
    }

    /// Values along the four edges, each corner once.
    var border: [Float] {
        var values = [Float]()
        forEachBorderPixel { x, y in values.append(self.values[y * width + x]) }
        return values
    }

    func forEachBorderPixel(_ body: (_ x: Int, _ y: Int) -> Void) {
        for x in 0..<width {
            body(x, 0)
            if height > 1 { body(x, height - 1) }
        }
        for y in 1..<max(1, height - 1) {
            body(0, y)
            if width > 1 { body(width - 1, y) }
        }
    }
}

extension Array where Element == Float {
    /// The value below which `share` of the elements lie; the array must not be empty.
    func quantile(_ share: Float) -> Float {
        precondition(!isEmpty)
        return sorted()[Int((Float(count - 1) * share).rounded())]
    }
}
