/// The sheet that a digit is written on, and whether the digit is darker or lighter.
struct Sheet {
    let polarity: Polarity
    /// Rows and columns in which the sheet is seen.
    let rows: Range<Int>
    let columns: Range<Int>
    /// What is above the sheet on the ink's side; paper is about 0, hard shadows, frames and tables
    /// are 0 too.
    let ink: GrayPlane

    init(_ plane: GrayPlane, polarity wanted: Polarity) {
        var (paper, edges) = PaperModel.fitted(to: plane)
        let rough = paper.residual(plane).values.map(abs)
        paper.refine(plane, inkLimit: Otsu.threshold(rough) / 2)
        let residual = paper.residual(plane)
        let seen = Self.extent(residual)
        let likely = Self.polarity(of: residual, in: seen)
        polarity = wanted == .automatic ? likely : wanted
        (rows, columns) = (seen.rows, seen.columns)
        var ink = Self.ink(residual, polarity)
        // Between strokes of the other kind the sheet would look like ink.
        if polarity != likely { ink.values = ink.values.map { max(0, $0) } }
        let background = Background.level(of: ink)
        for place in ink.values.indices { ink.values[place] -= background.values[place] }
        if polarity == .darkOnLight { Self.evenOut(&ink, paper, background) }
        edges?.blankOutside(&ink)
        self.ink = ink
    }

    /// Ink takes a share of the light, so that in the shade it takes less: as if all of the sheet
    /// were as bright as its brightest place. What is dark itself is raised to
    /// the fourfold at most.
    private static func evenOut(
        _ ink: inout GrayPlane, _ paper: PaperModel, _ background: GrayPlane
    ) {
        var light = background
        for y in 0..<ink.height {
            for x in 0..<ink.width {
                let place = y &* ink.width &+ x
                light.values[place] = max(1, paper[x, y] - background.values[place])
            }
        }
        let step = max(1, light.values.count / 4096)
        let bright = stride(from: 0, to: light.values.count, by: step).map { light.values[$0] }
            .quantile(0.95)
        for place in ink.values.indices {
            ink.values[place] *= min(4, max(1, bright / light.values[place]))
        }
    }

    private static func ink(_ residual: GrayPlane, _ polarity: Polarity) -> GrayPlane {
        var ink = residual
        let sign: Float = polarity == .lightOnDark ? 1 : -1
        for place in ink.values.indices { ink.values[place] *= sign }
        return ink
    }

    // MARK: - Extent

    private typealias Extent = (rows: Range<Int>, columns: Range<Int>)

    /// From the first to the last row and column of which a quarter is paper.
    private static func extent(_ residual: GrayPlane) -> Extent {
        var ofRow = [Int](repeating: 0, count: residual.height)
        var ofColumn = [Int](repeating: 0, count: residual.width)
        for y in 0..<residual.height {
            for x in 0..<residual.width
            where abs(residual.values[y &* residual.width &+ x]) < 20 {
                ofRow[y] &+= 1
                ofColumn[x] &+= 1
            }
        }
        func range(_ counts: [Int], of length: Int) -> Range<Int> {
            guard let first = counts.firstIndex(where: { 4 * $0 >= length }),
                let last = counts.lastIndex(where: { 4 * $0 >= length })
            else { return 0..<counts.count }
            return first..<last + 1
        }
        return (range(ofRow, of: residual.width), range(ofColumn, of: residual.height))
    }

    // MARK: - Polarity

    /// The side on which the picture departs further from the sheet is the ink's.
    private static func polarity(of residual: GrayPlane, in extent: Extent) -> Polarity {
        let light = energy(ink(residual, .lightOnDark), in: extent)
        let dark = energy(ink(residual, .darkOnLight), in: extent)
        guard max(light, dark) < 20 * min(light, dark) else {
            return light > dark ? .lightOnDark : .darkOnLight
        }
        // Shadows and what lies beside the sheet count for nothing. Ruled lines cut the sunny part of
        // a sheet into strips, which look like light strokes.
        let lightStrokes = strokeEnergy(residual, .lightOnDark, in: extent)
        let darkStrokes = strokeEnergy(residual, .darkOnLight, in: extent)
        return lightStrokes > 3 * darkStrokes ? .lightOnDark : .darkOnLight
    }

    private static func energy(_ ink: GrayPlane, in extent: Extent) -> Double {
        var sum = 0.0
        for y in extent.rows {
            for x in extent.columns {
                let value = max(0, ink.values[y &* ink.width &+ x])
                sum += Double(value * value)
            }
        }
        return sum
    }

    /// The energy of what is as narrow as a stroke; a fourth of the places says which is more.
    private static func strokeEnergy(
        _ residual: GrayPlane, _ polarity: Polarity, in extent: Extent
    ) -> Double {
        let factor = min(residual.width, residual.height) >= 128 ? 2 : 1
        var coarse = ink(residual, polarity).subsampled(by: factor)
        for place in coarse.values.indices { coarse.values[place] = max(0, coarse.values[place]) }
        return energy(
            Background.removed(from: coarse),
            in: (
                extent.rows.lowerBound / factor..<extent.rows.upperBound / factor,
                extent.columns.lowerBound / factor..<extent.columns.upperBound / factor
            ))
    }
}
