import TestSupport

@testable import Datasets

/// A square sheet of light paper with a digit in dark ink, left of the middle, to draw on.
struct PaintedSheet {
    let side = 200
    private var values: [Double]

    /// - Parameter digit: `[28, 28]`, light on black; drawn five times as large.
    init(digit: [UInt8]) {
        values = [Double](repeating: 235, count: 200 * 200)
        for y in 0..<140 {
            for x in 0..<140 {
                values[(y + 35) * side + x + 25] -= Double(digit[y / 5 * 28 + x / 5]) * 195 / 255
            }
        }
    }

    /// - Parameter isChalk: whether dark and light are exchanged.
    func image(isChalk: Bool) -> DecodedImage {
        let pixels = values.map { value in
            let shown = UInt8(min(255, max(0, value)).rounded())
            return isChalk ? 255 - shown : shown
        }
        return DecodedImage(width: side, height: side, channels: 1, pixels: pixels, name: "sheet")
    }

    mutating func fill(where isInside: (Int, Int) -> Bool, with new: (Double) -> Double) {
        for y in 0..<side {
            for x in 0..<side where isInside(x, y) {
                values[y * side + x] = min(values[y * side + x], new(values[y * side + x]))
            }
        }
    }

    mutating func frame(width: Int, grey: Double) {
        let side = side
        fill { x, y in
            [x, y, side - 1 - x, side - 1 - y].min()! < width
        } with: { _ in
            grey
        }
    }

    mutating func box(inset: Int, width: Int, grey: Double) {
        let side = side
        fill { x, y in
            (inset..<inset + width).contains([x, y, side - 1 - x, side - 1 - y].min()!)
        } with: { _ in
            grey
        }
    }

    mutating func lines(every gap: Int, width: Int, slope: Double, grey: Double) {
        fill { x, y in
            Self.isOnLine(Double(y) - slope * Double(x), gap, width)
        } with: { _ in
            grey
        }
    }

    mutating func uprightLines(every gap: Int, width: Int, slope: Double, grey: Double) {
        fill { x, y in
            Self.isOnLine(Double(x) + slope * Double(y), gap, width)
        } with: { _ in
            grey
        }
    }

    /// Lines begin 12 pixels from the corner.
    private static func isOnLine(_ place: Double, _ gap: Int, _ width: Int) -> Bool {
        let rest = (place.rounded() - 12).truncatingRemainder(dividingBy: Double(gap))
        return (rest < 0 ? rest + Double(gap) : rest) < Double(width)
    }

    /// Normally distributed grain.
    mutating func noise(_ deviation: Double, _ random: inout SeededGenerator) {
        for place in values.indices { values[place] += deviation * Self.normal(&random) }
    }

    mutating func specks(_ count: Int, side speck: Int, _ random: inout SeededGenerator) {
        for _ in 0..<count {
            let left = Int.random(in: 0..<side - speck, using: &random)
            let top = Int.random(in: 0..<side - speck, using: &random)
            fill { x, y in
                (left..<left + speck).contains(x) && (top..<top + speck).contains(y)
            } with: { _ in
                50
            }
        }
    }

    /// Soft stains of some 20 pixels all over the sheet.
    mutating func stains(_ random: inout SeededGenerator) {
        let knots = (0..<12 * 12).map { _ in Float(128 + 40 * Self.normal(&random)) }
        let stains = Resampler.resize(
            GrayPlane(width: 12, height: 12, values: knots), width: side, height: side)
        for place in values.indices { values[place] += Double(stains.values[place]) - 148 }
    }

    private static func normal(_ random: inout SeededGenerator) -> Double {
        // Twelve uniform numbers have a variance of one.
        (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
    }
}

/// The mean absolute difference of two pictures.
func meanDifference(_ a: [UInt8], _ b: [UInt8]) -> Double {
    Double(zip(a, b).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }) / Double(a.count)
}

/// The least mean difference over shifts of up to one pixel.
func meanDifferenceWithinOnePixel(_ a: [UInt8], _ b: [UInt8]) -> Double {
    var least = Double.infinity
    for shift in [-29, -28, -27, -1, 0, 1, 27, 28, 29] {
        // Digits leave their border black, so rows may run into each other.
        let moved = a.indices.map { a[($0 + shift + 784) % 784] }
        least = min(least, meanDifference(moved, b))
    }
    return least
}
