import Foundation

/// Resizes grey pictures: area averages when shrinking, bicubic when growing.
enum Resampler {
    /// - Returns: `[height, width]`, values of the source's range.
    static func resize(_ source: GrayPlane, width: Int, height: Int) -> GrayPlane {
        let wide = resizeRows(source, width: width)
        return resizeRows(wide.transposed(), width: height).transposed()
    }

    /// The source's weights for one target pixel.
    private struct Taps {
        let first: Int
        let weights: [Float]
    }

    private static func resizeRows(_ source: GrayPlane, width: Int) -> GrayPlane {
        guard width != source.width else { return source }
        let taps = (0..<width).map { target in
            width < source.width
                ? areaTaps(target, from: source.width, to: width)
                : cubicTaps(target, from: source.width, to: width)
        }
        var output = [Float](repeating: 0, count: width * source.height)
        for y in 0..<source.height {
            let row = y * source.width
            for x in 0..<width {
                var sum: Float = 0
                for (index, weight) in taps[x].weights.enumerated() {
                    sum += weight * source.values[row + taps[x].first + index]
                }
                output[y * width + x] = min(255, max(0, sum))
            }
        }
        return GrayPlane(width: width, height: source.height, values: output)
    }

    /// Shares of the source pixels that a target pixel covers.
    private static func areaTaps(_ target: Int, from: Int, to: Int) -> Taps {
        let scale = Double(from) / Double(to)
        let (start, end) = (Double(target) * scale, Double(target + 1) * scale)
        let first = Int(start)
        let last = min(from, Int(end.rounded(.up)))
        let weights = (first..<last).map { pixel in
            Float((min(end, Double(pixel + 1)) - max(start, Double(pixel))) / scale)
        }
        return Taps(first: first, weights: weights)
    }

    /// Keys's cubic (a = −0.5); weights beyond an edge are left out and the rest scaled up.
    private static func cubicTaps(_ target: Int, from: Int, to: Int) -> Taps {
        let center = (Double(target) + 0.5) * Double(from) / Double(to) - 0.5
        let base = Int(center.rounded(.down))
        let range = max(0, base - 1)...min(from - 1, base + 2)
        let weights = range.map { cubic(abs(Double($0) - center)) }
        let sum = weights.reduce(0, +)
        return Taps(first: range.lowerBound, weights: weights.map { Float($0 / sum) })
    }

    private static func cubic(_ x: Double) -> Double {
        if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
        return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
    }
}
