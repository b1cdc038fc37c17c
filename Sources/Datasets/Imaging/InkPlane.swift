/// The ink of one digit without its sheet and what else is on it: 0 is paper, 255 the digit's full
/// stroke.
struct InkPlane {
    let ink: GrayPlane
    /// Which of digit and sheet was the lighter.
    let polarity: Polarity
    /// Where the digit is.
    let box: PixelBox

    /// - Throws: `ImageError.blank` when nothing stands out from the sheet, `ImageError.noDigit`
    ///   when what does is nothing like a digit.
    init(_ plane: GrayPlane, polarity wanted: Polarity, name: String) throws {
        let sheet = Sheet(plane, polarity: wanted)
        polarity = sheet.polarity
        var (ink, grain) = Self.withoutGrain(sheet.ink)
        let first = InkLevels(ink, grain: grain)
        guard first.isEnough else {
            throw ImageError.blank(
                name: name, contrast: Int(first.contrast), needed: Int(first.neededContrast))
        }
        let lines = Self.removeLines(&ink, sheet, level: first.lineLevel)
        let levels = InkLevels(ink, grain: grain)
        guard levels.isEnough else { throw ImageError.noDigit(name: name) }
        let scaled = levels.scaled(ink)
        let parts = InkParts(scaled, low: 32, high: max(32, levels.scaledThreshold))
        guard let digit = DigitParts(parts, lines: lines) else {
            throw ImageError.noDigit(name: name)
        }
        (self.ink, box) = digit.cut(from: scaled, edge: levels.scaledEdge)
        guard looksWritten(on: ink) else { throw ImageError.noDigit(name: name) }
    }

    /// The digit's box alone.
    func cropped() -> GrayPlane { ink.cropped(to: box) }

    // MARK: - Steps

    /// The ink above the sheet's own level. A strong grain is smoothed where there are pixels
    /// enough.
    private static func withoutGrain(_ plane: GrayPlane) -> (GrayPlane, grain: Float) {
        var paper = PaperLevel(of: plane)
        var ink = plane
        if paper.grain * 20 > InkLevels(plane, grain: paper.grain).contrast,
            min(plane.width, plane.height) >= 64
        {
            ink = plane.smoothed()
            paper = PaperLevel(of: ink)
        }
        for place in ink.values.indices {
            ink.values[place] = max(0, ink.values[place] - paper.level)
        }
        return (ink, paper.grain)
    }

    /// - Returns: the level lines and the upright ones that were taken out.
    private static func removeLines(
        _ ink: inout GrayPlane, _ sheet: Sheet, level: Float
    ) -> (level: [RuledLine], upright: [RuledLine]) {
        guard min(ink.width, ink.height) >= 48 else { return ([], []) }
        let found = [sheet.columns, sheet.rows].map { range in
            let lines = RuledLine.find(in: ink, columns: range, level: level)
            for line in lines { line.remove(from: &ink, level: level) }
            ink = ink.transposed()
            return lines
        }
        return (found[0], found[1])
    }

    /// Whether there are two kinds of places around the digit, stroke and paper. Stains, noise and
    /// texture have all levels between: 0.74 of their variance at most lies between two groups, of
    /// digits' 0.78 and more.
    private func looksWritten(on ink: GrayPlane) -> Bool {
        let margin = max(box.width, box.height) / 4
        let (left, top) = (max(0, box.x - margin), max(0, box.y - margin))
        let around = PixelBox(
            x: left, y: top, width: min(ink.width, box.x + box.width + margin) - left,
            height: min(ink.height, box.y + box.height + margin) - top)
        return Otsu.split(ink.cropped(to: around).values).separation >= 0.76
    }
}
