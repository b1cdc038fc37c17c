/// Draws a `ConfusionMatrixFigure`.
struct ConfusionMatrixDrawing {
    private let figure: ConfusionMatrixFigure
    private let layout: ConfusionMatrixLayout
    private let totals: [Int]
    private let largestError: Double
    private var canvas: SVGCanvas

    init(_ figure: ConfusionMatrixFigure, width: FigureWidth) {
        self.figure = figure
        layout = ConfusionMatrixLayout(figure, width: width)
        totals = figure.rowTotals
        largestError = figure.largestErrorShare
        canvas = SVGCanvas(width: layout.width, height: layout.height)
    }

    mutating func document() -> String {
        layout.heading.draw(on: &canvas)
        drawCells()
        drawNames()
        if let left = layout.legendLeft { drawLegend(left) } else { drawNarrowLegend() }
        return canvas.document(
            title: figure.title,
            summary: "Confusion matrix of \(layout.classCount) classes. \(figure.summary).")
    }

    // MARK: - Cells

    private mutating func drawCells() {
        for row in figure.counts.indices {
            for column in figure.counts.indices { drawCell(row, column) }
        }
    }

    private mutating func drawCell(_ row: Int, _ column: Int) {
        let count = figure.counts[row][column]
        let share = totals[row] == 0 ? 0 : Double(count) / Double(totals[row])
        let fill = color(row, column, count: count, share: share)
        let gap = layout.cell >= 40 ? 1.0 : 0.5
        canvas.rect(
            x: layout.cellX(column) + gap, y: layout.cellY(row) + gap,
            width: layout.cell - 2 * gap, height: layout.cell - 2 * gap, fill: fill.hex,
            radius: layout.cell >= 40 ? 3 : 1.5, tooltip: tooltip(row, column, count, share))
        guard count > 0 else { return }
        let x = layout.cellX(column) + layout.cell / 2
        let middle = layout.cellY(row) + layout.cell / 2
        canvas.text(
            NumberText.compact(count, characters: layout.countCharacters), x: x,
            y: middle + (layout.showsShares ? 0 : layout.countSize * 0.36),
            size: layout.countSize, color: fill.textColor, anchor: .middle, bold: row == column)
        if layout.showsShares {
            canvas.text(
                NumberText.percent(share), x: x, y: middle + 16, size: 12, color: fill.textColor,
                anchor: .middle)
        }
    }

    private func color(_ row: Int, _ column: Int, count: Int, share: Double) -> Color {
        if row == column, totals[row] > 0 { return ColorScale.correct.color(share) }
        if count == 0 { return Palette.emptyCell }
        return ColorScale.errors.color(share / largestError)
    }

    private func tooltip(_ row: Int, _ column: Int, _ count: Int, _ share: Double) -> String {
        let (truth, predicted) = (figure.classNames[row], figure.classNames[column])
        let cell = "\(truth) predicted as \(predicted): \(NumberText.grouped(count))"
        return totals[row] == 0
            ? "\(cell) (no samples of \(truth))"
            : "\(cell) of \(NumberText.grouped(totals[row])) (\(NumberText.percent(share)))"
    }

    // MARK: - Names

    private mutating func drawNames() {
        let size = layout.nameSize
        let below = layout.top + layout.matrixSide
        for (index, name) in layout.names.enumerated() {
            canvas.text(
                name, x: layout.left - 9, y: layout.cellY(index) + layout.cell / 2 + size * 0.36,
                size: size, anchor: .end)
            let middle = layout.cellX(index) + layout.cell / 2
            if layout.slantsNames {
                canvas.text(
                    name, x: middle + size * 0.3, y: below + size + 3, size: size, anchor: .end,
                    rotation: -45)
            } else {
                canvas.text(name, x: middle, y: below + size + 6, size: size, anchor: .middle)
            }
        }
        let centre = layout.matrixSide / 2
        canvas.text(
            "Predicted class", x: layout.left + centre, y: layout.columnTitleY, size: 13,
            color: Palette.mutedInk, anchor: .middle)
        canvas.text(
            "True class", x: layout.rowTitleX, y: layout.top + centre, size: 13,
            color: Palette.mutedInk, anchor: .middle, rotation: -90)
    }

    // MARK: - Legend

    /// What the colours mean, in a line above the matrix: the counts are in the cells.
    private mutating func drawNarrowLegend() {
        let y = layout.top - 14
        var x = FigureWidth.narrow.margin
        let wrong = largestError > 0 ? "Wrong" : "No errors"
        for (name, scale) in [("Right", ColorScale.correct), (wrong, ColorScale.errors)] {
            for color in scale.stops {
                canvas.rect(x: x, y: y - 10, width: 11, height: 11, fill: color.hex)
                x += 11
            }
            canvas.text(name, x: x + 6, y: y)
            x += 6 + textWidth(name, size: 12) + 16
        }
        canvas.text("(share of true class)", x: x, y: y, color: Palette.mutedInk)
    }

    private mutating func drawLegend(_ left: Double) {
        let half = layout.legendHeight / 2
        drawBar(
            "Right", scale: .correct, id: "right-scale", x: left, top: layout.top,
            height: half - 14, largest: 1)
        if largestError > 0 {
            drawBar(
                "Wrong", scale: .errors, id: "wrong-scale", x: left, top: layout.top + half + 4,
                height: half - 14, largest: largestError)
        } else {
            canvas.text("No errors", x: left, y: layout.top + half + 16, bold: true)
        }
    }

    private mutating func drawBar(
        _ name: String, scale: ColorScale, id: String, x left: Double, top: Double, height: Double,
        largest: Double
    ) {
        let barTop = top + 36
        let barHeight = min(height - 40, 200)
        canvas.text(name, x: left, y: top + 11, bold: true)
        canvas.text(
            "share of true class", x: left, y: top + 26, size: 12,
            color: Palette.mutedInk)
        canvas.gradient(id: id, scale.stops)
        canvas.rect(
            x: left, y: barTop, width: 14, height: barHeight, fill: "url(#\(id))",
            radius: 2)
        for fraction in [0, 0.5, 1.0] {
            let y = barTop + barHeight * (1 - fraction)
            canvas.line(
                x1: left + 14, y1: y, x2: left + 18, y2: y,
                color: Palette.axis)
            canvas.text(
                NumberText.percent(largest * fraction).replacing(".0%", with: "%"),
                x: left + 22, y: y + 4,
                size: 12, color: Palette.mutedInk)
        }
    }
}
