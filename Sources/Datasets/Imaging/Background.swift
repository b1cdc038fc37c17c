/// What is too wide to be a stroke: the other side of a hard shadow, a frame, a table.
///
/// An opening by a square two fifths as wide as the picture leaves all of that, with its edges,
/// and nothing of a digit. (The picture minus its opening is known as the white top-hat.)
enum Background {
    /// Steps of a brightness.
    private static let steps: Float = 16

    /// Ink without the background.
    ///
    /// - Parameter ink: what is darker than the sheet's surface (or lighter, of a light digit).
    static func removed(from ink: GrayPlane) -> GrayPlane {
        let level = level(of: ink)
        var output = ink
        for place in output.values.indices { output.values[place] -= level.values[place] }
        return output
    }

    /// The background itself, on the scale of the ink.
    static func level(of ink: GrayPlane) -> GrayPlane {
        let side = max(3, 2 * max(ink.width, ink.height) / 5)
        let padded = PaddedInk(ink, margin: side / 2)
        // An opening is the closing of the negative.
        let level = Closing.closed(
            padded.values.map { 0 &- $0 }, width: padded.width, height: padded.height,
            radius: side / 2)
        var output = ink
        for y in 0..<ink.height {
            let row = (y + padded.margin) * padded.width + padded.margin
            for x in 0..<ink.width {
                output.values[y &* ink.width &+ x] = -Float(level[row &+ x]) / steps
            }
        }
        return output
    }

    /// A picture with paper around it. Where a long run of something else reaches a corner, that
    /// goes on beyond the edge, or it would be as narrow as a stroke.
    private struct PaddedInk {
        let margin: Int
        let width: Int
        let height: Int
        var values: [Int16]

        init(_ ink: GrayPlane, margin: Int) {
            self.margin = margin
            (width, height) = (ink.width + 2 * margin, ink.height + 2 * margin)
            values = [Int16](repeating: 0, count: width * height)
            for y in 0..<ink.height {
                let row = (y + margin) * width + margin
                for x in 0..<ink.width {
                    values[row &+ x] = Int16(ink.values[y &* ink.width &+ x] * steps)
                }
            }
            continueColumns()
            continueRows()
        }

        private mutating func continueColumns() {
            for (edge, outward) in [(margin, -1), (height - margin - 1, 1)] {
                let row = (margin..<width - margin).map { values[edge * width + $0] }
                for x in Self.runsFromTheEnds(row) {
                    let place = edge * width + x + margin
                    for step in 1...margin {
                        values[place + outward * step * width] = values[place]
                    }
                }
            }
        }

        /// After the columns and over the whole height: a frame's corners go on too.
        private mutating func continueRows() {
            for (edge, outward) in [(margin, -1), (width - margin - 1, 1)] {
                let column = (margin..<height - margin).map { values[$0 * width + edge] }
                let runs = Self.runsFromTheEnds(column)
                let above = runs.first == 0 ? Array(0..<margin) : []
                let below =
                    runs.last == column.count - 1 ? Array(height - margin..<height) : []
                for y in above + runs.map({ $0 + margin }) + below {
                    let place = y * width + edge
                    for step in 1...margin { values[place + outward * step] = values[place] }
                }
            }
        }

        /// Places of an edge that are not paper, from an end on without a gap, over a third of it.
        private static func runsFromTheEnds(_ edge: [Int16]) -> [Int] {
            let limit = max(16 * Int16(steps), (edge.max() ?? 0) / 4)
            let least = edge.count * 7 / 20
            let head = edge.firstIndex { $0 < limit } ?? edge.count
            let tail = edge.count - (edge.lastIndex { $0 < limit } ?? -1) - 1
            guard head < edge.count else { return Array(edge.indices) }
            return (head >= least ? Array(0..<head) : [])
                + (tail >= least ? Array(edge.count - tail..<edge.count) : [])
        }
    }
}
