/// How strong ink is, what the sheet's grain leaves, and where one ends and the other begins.
struct InkLevels {
    /// The standard deviation of paper.
    let grain: Float
    /// Ink up to this is paper.
    let floor: Float
    /// Ink from this on is a stroke's.
    let threshold: Float
    /// What nine tenths of the strokes don't exceed.
    let contrast: Float

    init(_ ink: GrayPlane, grain: Float) {
        self.grain = grain
        let threshold = max(Otsu.threshold(ink.values), 4 * grain)
        self.threshold = threshold
        var strokes = [Float]()
        var (count, squares) = (0, Float(0))
        for value in ink.values {
            if value >= threshold {
                strokes.append(value)
            } else if value < threshold / 2 {
                count &+= 1
                squares += value * value
            }
        }
        contrast = strokes.isEmpty ? 0 : strokes.quantile(0.9)
        // Twice the spread of what isn't ink.
        let spread = count > 0 ? (squares / Float(count)).squareRoot() : 0
        floor = 2 * max(grain, spread)
    }

    /// The least contrast at which anything can be told from the sheet.
    var neededContrast: Float {
        max(Float(DigitNormalizer.minimumContrast), 4 * floor, 5 * grain)
    }

    var isEnough: Bool { contrast >= neededContrast }

    /// Ink from which a pixel may belong to a line; lines are often fainter than strokes.
    var lineLevel: Float { max(8, floor, 0.08 * contrast) }

    /// The threshold on `scaled`'s scale.
    var scaledThreshold: Float { min(254, (threshold - floor) * 255 / (contrast - floor)) }

    /// The least ink of a stroke's edge, above the grain, on `scaled`'s scale.
    var scaledEdge: Float { min(32, max(10, 2 * grain * 255 / (contrast - floor))) }

    /// 0 at the floor, 255 at full contrast.
    func scaled(_ ink: GrayPlane) -> GrayPlane {
        let scale = 255 / (contrast - floor)
        return GrayPlane(
            width: ink.width, height: ink.height,
            values: ink.values.map { min(255, max(0, ($0 - floor) * scale)) })
    }
}

/// The sheet's own level and grain in a plane of ink.
struct PaperLevel {
    let level: Float
    /// Standard deviation.
    let grain: Float

    init(of ink: GrayPlane) {
        let sampled = stride(from: 0, to: ink.values.count, by: max(1, ink.values.count / 8192))
            .map { ink.values[$0] }.sorted()
        // Of the paper the stronger half may be mixed with ink; the other half isn't.
        let strong = sampled[sampled.count - 1 - sampled.count / 50] / 2
        let paperCount = max(1, sampled.firstIndex { $0 >= strong } ?? sampled.count)
        let (third, thirtieth) = (sampled[paperCount / 3], sampled[paperCount / 30])
        // A normal distribution has these at −0.431 and −1.834 standard deviations.
        let spread = (third - thirtieth) / 1.403
        level = third + 0.431 * spread
        grain = max(spread, Self.pixelNoise(ink))
    }

    /// The standard deviation of what differs from pixel to pixel.
    ///
    /// - Source: Immerkær (1996), "Fast Noise Variance Estimation"; here by the median, which edges
    ///   don't move.
    private static func pixelNoise(_ plane: GrayPlane) -> Float {
        let (values, width) = (plane.values, plane.width)
        guard width >= 3, plane.height >= 3 else { return 0 }
        var found = [Float]()
        let step = max(1, values.count / 8192)
        for place in stride(from: width + 1, to: values.count - width - 1, by: step)
        where (1..<width - 1).contains(place % width) {
            let beside =
                values[place - 1] + values[place + 1] + values[place - width]
                + values[place + width]
            let corners =
                values[place - width - 1] + values[place - width + 1] + values[place + width - 1]
                + values[place + width + 1]
            found.append(abs(4 * values[place] - 2 * beside + corners))
        }
        return found.isEmpty ? 0 : 1.4826 * found.quantile(0.5) / 6
    }
}
