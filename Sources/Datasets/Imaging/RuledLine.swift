/// A long, straight, thin run of ink that is nearer to level than to upright: ruled and squared
/// paper, a printed box, an underline. Upright ones are found in the transposed picture.
///
/// - Source: projection profiles after Postl (1986), "Detection of linear oblique structures and
///   skew scan in digitized documents"; taking out by run lengths after Arvind, Kumar, Subramanian
///   (2007), "Line removal and restoration of handwritten strokes".
struct RuledLine: Equatable {
    /// Its middle's row at the first column.
    let start: Float
    /// Rows a column.
    let slope: Float
    /// Rows that it covers.
    let thickness: Int

    /// The share of the sheet's width that a line covers at least, and that its thickness is at most.
    private static let leastCoverage: Float = 0.6
    private static let greatestThickness: Float = 0.03
    /// The steepest line that is looked for: twelve degrees.
    private static let steepest: Float = 0.22

    // MARK: - Finding

    /// The lines of the slope that explains most.
    ///
    /// - Parameter range: the columns that the sheet has.
    /// - Parameter level: ink from which a pixel counts.
    static func find(in ink: GrayPlane, columns range: Range<Int>, level: Float) -> [RuledLine] {
        let step = max(1, range.count / 96)
        let columns = Array(
            stride(from: range.lowerBound + step / 2, to: range.upperBound, by: step))
        let marks = columns.map { markedRows(ink, column: $0, level: level) }
        // Most sheets have no lines, and their ink lies in a few columns.
        let inked = marks.count { !$0.isEmpty }
        guard Float(inked) >= leastCoverage * Float(columns.count) else { return [] }
        // From one slope to the next a line's end moves by half a pixel or a 400th of its length.
        let slopeStep = max(0.5 / Float(ink.width), 0.0025)
        let count = Int(steepest / slopeStep)
        // The flattest comes first and wins a tie.
        let slopes = (-count...count).map { Float($0) * slopeStep }.sorted { abs($0) < abs($1) }
        var best: Profile?
        for slope in slopes {
            let profile = Profile(marks, columns, height: ink.height, slope: slope)
            if profile.strength > best?.strength ?? 0 { best = profile }
        }
        return best?.lines(width: ink.width) ?? []
    }

    private static func markedRows(_ ink: GrayPlane, column x: Int, level: Float) -> [Int] {
        (0..<ink.height).filter { y in
            // A row above and below count too: a slanted line's pixels lie in two rows.
            let place = y &* ink.width &+ x
            return ink.values[place] >= level
                || y > 0 && ink.values[place &- ink.width] >= level
                || y + 1 < ink.height && ink.values[place &+ ink.width] >= level
        }
    }

    /// How many of the columns are marked along each line of a slope.
    private struct Profile {
        let slope: Float
        let columnCount: Int
        /// Rows above the picture in which a slanted line may start.
        let above: Int
        /// Marked columns, and columns in the picture, by the row at column 0, from `-above`.
        var marked: [Int]
        var visible: [Int]
        /// The sum of the squares of what whole lines cover.
        let strength: Int

        /// - Parameter marks: the marked rows of each column.
        init(_ marks: [[Int]], _ columns: [Int], height: Int, slope: Float) {
            self.slope = slope
            columnCount = columns.count
            above = Int((abs(slope) * Float(columns.last ?? 0)).rounded(.up)) + 1
            marked = [Int](repeating: 0, count: height + 2 * above)
            visible = [Int](repeating: 0, count: height + 2 * above + 1)
            for (index, column) in columns.enumerated() {
                let shift = above - Int((slope * Float(column)).rounded())
                visible[shift] += 1
                visible[shift + height] -= 1
                for y in marks[index] { marked[y &+ shift] &+= 1 }
            }
            for row in 1..<visible.count { visible[row] += visible[row - 1] }
            let need = Int((leastCoverage * Float(columnCount)).rounded(.up))
            strength = marked.reduce(0) { $1 >= need ? $0 + $1 * $1 : $0 }
        }

        /// Runs of rows that are covered well enough; those too thick are strokes or no lines at
        /// all. Lines that leave by the top or the bottom go with those that cross the picture.
        func lines(width: Int) -> [RuledLine] {
            var (found, start) = ([RuledLine](), Int?.none)
            for row in 0...marked.count {
                let isCovered = row < marked.count && isCovered(row)
                if isCovered { start = start ?? row }
                guard !isCovered, let first = start else { continue }
                start = nil
                // The rows above and below were counted with it.
                let thickness = max(1, row - first - 2)
                guard Float(thickness) <= max(3, greatestThickness * Float(width)) else { continue }
                let middle = Float(first + row - 1) / 2 - Float(above)
                found.append(RuledLine(start: middle, slope: slope, thickness: thickness))
            }
            return found
        }

        private func isCovered(_ row: Int) -> Bool {
            10 * visible[row] >= columnCount
                && Float(marked[row]) >= leastCoverage * Float(visible[row])
        }
    }

    // MARK: - Taking out

    /// Takes the line out column by column: a run of ink about as thick as the line is paper again,
    /// a thicker one is a stroke that crosses it and stays.
    func remove(from ink: inout GrayPlane, level: Float) {
        let runs = (0..<ink.width).map { run(in: ink, column: $0, level: level) }
        let lengths = runs.compactMap { $0?.count }.sorted()
        guard !lengths.isEmpty else { return }
        let usual = lengths[lengths.count / 2]
        guard Float(usual) <= max(4, 1.5 * Self.greatestThickness * Float(ink.width)) else {
            return
        }
        let greatest = usual + max(2, usual / 2)
        for (x, run) in runs.enumerated() {
            guard let run, run.count <= greatest else { continue }
            // With the line's blurred edge.
            for y in max(0, run.lowerBound - 1)..<min(ink.height, run.upperBound + 1) {
                ink.values[y * ink.width + x] = 0
            }
        }
    }

    /// The run of ink in a column that is nearest to the line's place there.
    private func run(in ink: GrayPlane, column x: Int, level: Float) -> Range<Int>? {
        func isInk(_ y: Int) -> Bool {
            (0..<ink.height).contains(y) && ink.values[y * ink.width + x] >= level
        }
        let middle = Int((start + slope * Float(x)).rounded())
        for distance in 0...thickness / 2 + 2 {
            guard let y = [middle - distance, middle + distance].first(where: isInk) else {
                continue
            }
            var (first, last) = (y, y)
            while isInk(first - 1) { first -= 1 }
            while isInk(last + 1) { last += 1 }
            return first..<last + 1
        }
        return nil
    }
}
