/// Tells pictures that are in MNIST's form already from those that have its size alone.
///
/// Measured on all 70,000 pictures of MNIST and of Fashion-MNIST (which fills the picture), and on
/// USPS's, enlarged to 28×28:
///
/// | | MNIST | Fashion-MNIST | USPS |
/// |---|---|---|---|
/// | brightest pixel | 254–255 | 254–255 | 229–255 |
/// | longer side of what is lit | 19–20 | 26–28 | 28 |
/// | its centre of mass | 13.48–14.50 | 5.9–23.0 | 10.7–17.2 |
/// | the middle of its box | 8–19 | 13–14.5 | 12.5–14 |
/// | share of the border that is black | 0.95–1 | 0.26–1 | 0.52–0.94 |
enum MNISTForm {
    /// The least brightness of the brightest pixel.
    private static let leastBrightness: UInt8 = 224
    /// Pixels up to this are black for the border, and aren't part of a piece that fills the picture.
    private static let black: UInt8 = 16

    /// Where the digit is, in `[28, 28]` grey pixels that are in MNIST's form; nil in any other.
    static func box(of gray: [UInt8]) -> PixelBox? {
        guard gray.max()! >= leastBrightness, isOnBlack(gray), let box = lit(gray, above: 0)
        else { return nil }
        return isCentredDigit(gray, box) || fillsThePicture(gray, box) ? box : nil
    }

    /// Why pictures of a data set in such a form hardly have these `[28, 28]` pixels; nil if they may.
    static func doubt(about gray: [UInt8]) -> String? {
        guard let brightest = gray.max(), brightest >= leastBrightness else {
            return "its brightest pixel is \(gray.max() ?? 0) of 255"
        }
        return isOnBlack(gray) ? nil : "its border isn't black"
    }

    private static func isOnBlack(_ gray: [UInt8]) -> Bool {
        let side = DigitNormalizer.side
        let plane = GrayPlane(width: side, height: side, values: gray.map(Float.init))
        let border = plane.border
        return 4 * border.count { $0 <= Float(black) } >= border.count
    }

    /// A digit of 20 pixels whose centre of mass is the picture's centre.
    private static func isCentredDigit(_ gray: [UInt8], _ box: PixelBox) -> Bool {
        guard (19...21).contains(max(box.width, box.height)) else { return false }
        var (mass, x, y) = (0, 0, 0)
        for (place, value) in gray.enumerated() {
            mass += Int(value)
            x += Int(value) * (place % DigitNormalizer.side)
            y += Int(value) * (place / DigitNormalizer.side)
        }
        return [x, y].allSatisfy { abs(Double($0) / Double(mass) - 14) <= 0.75 }
    }

    /// A piece that reaches from one side to the other, not by grain alone.
    private static func fillsThePicture(_ gray: [UInt8], _ box: PixelBox) -> Bool {
        guard max(box.width, box.height) >= 26, let bright = lit(gray, above: black),
            max(bright.width, bright.height) >= 22
        else { return false }
        let middles = [2 * box.x + box.width, 2 * box.y + box.height].map { Double($0 - 1) / 2 }
        return middles.allSatisfy { abs($0 - 13.5) <= 1 }
    }

    private static func lit(_ gray: [UInt8], above level: UInt8) -> PixelBox? {
        let lit = gray.indices.filter { gray[$0] > level }
        let side = DigitNormalizer.side
        let (columns, rows) = (lit.map { $0 % side }, lit.map { $0 / side })
        guard let left = columns.min(), let right = columns.max(), let top = rows.min(),
            let bottom = rows.max()
        else { return nil }
        return PixelBox(x: left, y: top, width: right - left + 1, height: bottom - top + 1)
    }
}
