/// The ink of a picture without its sheet: 0 is paper, 255 the digit's full stroke.
struct InkPlane {
    let ink: GrayPlane
    /// Which of digit and sheet was the lighter.
    let polarity: Polarity
    /// Where the digit is.
    let box: PixelBox

    /// - Throws: `ImageError.blank` when nothing stands out from the sheet.
    init(_ plane: GrayPlane, polarity wanted: Polarity, name: String) throws {
        var paper = PaperModel(borderOf: plane)
        let rough = paper.residual(plane).values.map(abs)
        paper.refine(plane, inkLimit: InkFinder.otsuThreshold(rough) / 2)
        let residual = paper.residual(plane)
        polarity = wanted == .automatic ? Self.polarity(of: residual) : wanted
        let sign: Float = polarity == .lightOnDark ? 1 : -1
        let ink = residual.values.map { max(0, sign * $0) }

        let threshold = InkFinder.otsuThreshold(ink)
        let strokes = ink.filter { $0 >= threshold }
        let contrast = strokes.isEmpty ? 0 : strokes.quantile(0.9)
        let noise = Self.noise(ink, below: threshold)
        guard contrast >= max(Float(DigitNormalizer.minimumContrast), 4 * noise) else {
            throw ImageError.blank(
                name: name, contrast: Int(contrast),
                needed: Int(max(Float(DigitNormalizer.minimumContrast), 4 * noise)))
        }
        let scaled = ink.map { min(255, max(0, $0 - noise) * 255 / (contrast - noise)) }
        let leveled = GrayPlane(width: plane.width, height: plane.height, values: scaled)
        (self.ink, box) = Self.keepDigit(
            leveled, high: (threshold - noise) * 255 / (contrast - noise))
    }

    /// The digit's box alone.
    func cropped() -> GrayPlane {
        var values = [Float]()
        for y in box.y..<box.y + box.height {
            values += ink.values[y * ink.width + box.x..<y * ink.width + box.x + box.width]
        }
        return GrayPlane(width: box.width, height: box.height, values: values)
    }

    // MARK: - Steps

    /// The side on which the picture departs further from its border's surface is the ink's.
    private static func polarity(of residual: GrayPlane) -> Polarity {
        var (light, dark): (Double, Double) = (0, 0)
        for value in residual.values {
            let square = Double(value) * Double(value)
            if value > 0 { light += square } else { dark += square }
        }
        return light > dark ? .lightOnDark : .darkOnLight
    }

    /// What paper texture and compression leave: twice the spread of what is not ink.
    private static func noise(_ ink: [Float], below threshold: Float) -> Float {
        let paper = ink.filter { $0 < threshold / 2 }
        guard !paper.isEmpty else { return 0 }
        return 2 * (paper.reduce(0) { $0 + $1 * $1 } / Float(paper.count)).squareRoot()
    }

    /// Blanks specks and finds the digit's box.
    private static func keepDigit(_ plane: GrayPlane, high: Float) -> (GrayPlane, PixelBox) {
        let low: Float = 10
        let mask = InkFinder.mask(plane, low: low, high: min(high, 254))
        var kept = plane
        var (left, top, right, bottom) = (plane.width, plane.height, -1, -1)
        for y in 0..<plane.height {
            for x in 0..<plane.width {
                let place = y * plane.width + x
                if mask[place] {
                    (left, right) = (min(left, x), max(right, x))
                    (top, bottom) = (min(top, y), max(bottom, y))
                } else if plane.values[place] >= low {
                    kept.values[place] = 0
                }
            }
        }
        return (kept, PixelBox(x: left, y: top, width: right - left + 1, height: bottom - top + 1))
    }
}
