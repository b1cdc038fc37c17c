/// Resizes bytes with a triangle as wide as a pixel of the coarser grid: bilinear where it enlarges, an
/// antialiased average where it shrinks. The results are within 1 of Pillow's `resize(…, BILINEAR)`, and so of
/// torchvision's `Resize` on its pictures: the same but for its order of the two passes, of which the first is
/// rounded to bytes; for some sizes it begins with the columns.
///
/// Source: Pillow 13, `Resample.c`: rows first, then columns, each rounded to bytes; weights in fixed point.
enum BilinearResampler {
    /// Bits behind the point: sums of 8-bit samples stay within 32.
    private static let precision = 32 - 8 - 2

    /// - Parameter pixels: `[height, width, channels]`.
    /// - Returns: the same in the other size.
    static func resize(
        _ pixels: [UInt8], from source: ImageSize, to target: ImageSize, channels: Int
    ) -> [UInt8] {
        let wide =
            source.width == target.width
            ? pixels
            : resizeRows(
                pixels, rows: source.height, from: source.width, to: target.width,
                channels: channels)
        guard source.height != target.height else { return wide }
        return resizeColumns(
            wide, from: source.height, to: target.height, rowBytes: target.width * channels)
    }

    /// The source's weights for one target pixel.
    private struct Taps {
        let first: Int
        let weights: [Int]
    }

    private static func taps(from: Int, to: Int) -> [Taps] {
        let scale = Double(from) / Double(to)
        // Never narrower than a source pixel.
        let support = max(scale, 1)
        return (0..<to).map { target in
            let center = (Double(target) + 0.5) * scale
            let first = max(0, Int(center - support + 0.5))
            let end = min(from, Int(center + support + 0.5))
            let weights = (first..<end).map { pixel in
                max(0, 1 - abs((Double(pixel) - center + 0.5) * (1 / support)))
            }
            let sum = weights.reduce(0, +)
            return Taps(
                first: first,
                weights: weights.map { Int(0.5 + $0 / sum * Double(1 << precision)) })
        }
    }

    private static func resizeRows(
        _ pixels: [UInt8], rows: Int, from: Int, to: Int, channels: Int
    ) -> [UInt8] {
        let taps = taps(from: from, to: to)
        var output = [UInt8](repeating: 0, count: rows * to * channels)
        for row in 0..<rows {
            let line = row * from * channels
            for (target, tap) in taps.enumerated() {
                for channel in 0..<channels {
                    var sum = 1 << (precision - 1)
                    var place = line &+ tap.first &* channels &+ channel
                    for weight in tap.weights {
                        sum &+= Int(pixels[place]) &* weight
                        place &+= channels
                    }
                    output[(row &* to &+ target) &* channels &+ channel] = byte(sum)
                }
            }
        }
        return output
    }

    private static func resizeColumns(
        _ pixels: [UInt8], from: Int, to: Int, rowBytes: Int
    ) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: to * rowBytes)
        for (target, tap) in taps(from: from, to: to).enumerated() {
            for column in 0..<rowBytes {
                var sum = 1 << (precision - 1)
                var place = tap.first &* rowBytes &+ column
                for weight in tap.weights {
                    sum &+= Int(pixels[place]) &* weight
                    place &+= rowBytes
                }
                output[target &* rowBytes &+ column] = byte(sum)
            }
        }
        return output
    }

    /// Weights add up to one but for their rounding.
    @inline(__always)
    private static func byte(_ sum: Int) -> UInt8 { UInt8(min(255, sum >> precision)) }
}
