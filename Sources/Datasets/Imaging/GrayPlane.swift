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

    /// What is seen over white paper, or the alpha channel alone, at most 1,024 pixels a side:
    /// twentieths of that are all that is kept of a digit.
    ///
    /// Grey is Rec. 601's luma in Pillow's fixed point; transparency is composited over white, as a
    /// viewer shows it.
    static func reduced(_ image: DecodedImage, fromAlpha: Bool) -> GrayPlane {
        let (pixels, channels) = (image.pixels, image.channels)
        switch (channels, fromAlpha) {
        case (1, _): return reduced(image) { pixels[$0] }
        case (_, true): return reduced(image) { pixels[channels &* $0 &+ channels &- 1] }
        case (2, _): return reduced(image) { overWhite(pixels[2 &* $0], pixels[2 &* $0 &+ 1]) }
        case (3, _): return reduced(image) { luma(pixels, at: 3 &* $0) }
        default:
            return reduced(image) { overWhite(luma(pixels, at: 4 &* $0), pixels[4 &* $0 &+ 3]) }
        }
    }

    /// Pixels of the source that one of `reduced` stands for, vertically and horizontally.
    static func reduction(width: Int, height: Int) -> Int { (max(width, height) + 1023) / 1024 }

    @inline(__always)
    private static func reduced(_ image: DecodedImage, _ value: (Int) -> UInt8) -> GrayPlane {
        let (width, height) = (image.width, image.height)
        let factor = reduction(width: width, height: height)
        guard factor > 1 else {
            return GrayPlane(
                width: width, height: height, values: (0..<width * height).map { Float(value($0)) })
        }
        let (newWidth, newHeight) = ((width + factor - 1) / factor, (height + factor - 1) / factor)
        var values = [Float](repeating: 0, count: newWidth * newHeight)
        for y in 0..<newHeight {
            let rows = y * factor..<min(height, (y + 1) * factor)
            for x in 0..<newWidth {
                let columns = x * factor..<min(width, (x + 1) * factor)
                var sum = 0
                for row in rows {
                    let start = row &* width
                    for column in columns { sum &+= Int(value(start &+ column)) }
                }
                values[y * newWidth + x] = Float(sum) / Float(rows.count * columns.count)
            }
        }
        return GrayPlane(width: newWidth, height: newHeight, values: values)
    }

    @inline(__always)
    static func overWhite(_ gray: UInt8, _ alpha: UInt8) -> UInt8 {
        let (value, alpha) = (Int(gray), Int(alpha))
        return UInt8((value &* alpha &+ 255 &* (255 &- alpha) &+ 127) / 255)
    }

    /// - Parameter step: bytes from a colour to the next.
    @inline(__always)
    static func luma(_ pixels: [UInt8], at offset: Int, step: Int = 1) -> UInt8 {
        let sum =
            19_595 &* UInt32(pixels[offset]) &+ 38_470 &* UInt32(pixels[offset &+ step])
            &+ 7_471 &* UInt32(pixels[offset &+ 2 &* step])
        return UInt8(truncatingIfNeeded: (sum &+ 0x8000) >> 16)
    }

    /// Whether the digit is in the alpha channel and nowhere else: transparency varies and what is
    /// visible has one brightness (ink of one colour on a transparent sheet).
    static func isInkInAlpha(_ image: DecodedImage) -> Bool {
        let (pixels, channels) = (image.pixels, image.channels)
        guard channels == 2 || channels == 4 else { return false }
        var (least, most) = (UInt8.max, UInt8.min)
        var (darkest, brightest) = (UInt8.max, UInt8.min)
        for place in stride(from: 0, to: pixels.count, by: channels) {
            let alpha = pixels[place &+ channels &- 1]
            (least, most) = (min(least, alpha), max(most, alpha))
            guard alpha >= 128 else { continue }
            let value = channels == 2 ? pixels[place] : luma(pixels, at: place)
            (darkest, brightest) = (min(darkest, value), max(brightest, value))
        }
        guard Int(most) - Int(least) >= 64 else { return false }
        return brightest >= darkest && brightest - darkest <= 48
    }

    /// Columns as rows.
    func transposed() -> GrayPlane {
        var output = [Float](repeating: 0, count: values.count)
        for y in 0..<height {
            for x in 0..<width { output[x &* height &+ y] = values[y &* width &+ x] }
        }
        return GrayPlane(width: height, height: width, values: output)
    }

    func cropped(to box: PixelBox) -> GrayPlane {
        var values = [Float]()
        values.reserveCapacity(box.width * box.height)
        for y in box.y..<box.y + box.height {
            values += self.values[y * width + box.x..<y * width + box.x + box.width]
        }
        return GrayPlane(width: box.width, height: box.height, values: values)
    }

    /// Every `factor`th pixel of every `factor`th row.
    func subsampled(by factor: Int) -> GrayPlane {
        guard factor > 1 else { return self }
        var values = [Float]()
        for y in 0..<height / factor {
            for x in 0..<width / factor { values.append(self.values[(y &* width &+ x) &* factor]) }
        }
        return GrayPlane(width: width / factor, height: height / factor, values: values)
    }

    /// Each pixel the mean of the 3×3 around it; the border stays.
    func smoothed() -> GrayPlane {
        guard width >= 3, height >= 3 else { return self }
        var output = self
        for y in 1..<height - 1 {
            for x in 1..<width - 1 {
                var sum: Float = 0
                for row in [y &- 1, y, y &+ 1] {
                    let place = row &* width &+ x
                    sum += values[place &- 1] + values[place] + values[place &+ 1]
                }
                output.values[y &* width &+ x] = sum / 9
            }
        }
        return output
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
