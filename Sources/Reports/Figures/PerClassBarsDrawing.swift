/// Draws a `PerClassBarsFigure`.
struct PerClassBarsDrawing {
    private let figure: PerClassBarsFigure
    private let axis: AxisTicks
    private let names: [String]
    private let slantsNames: Bool
    /// Width of a class with its three bars and the air beside them.
    private let groupWidth: Double
    private let width: FigureWidth
    private let heading: FigureHeading
    /// Left of the bars; the first slanted name needs more than the tick labels.
    private let left: Double
    private let top: Double
    private let plotHeight: Double
    private var canvas: SVGCanvas

    private static let nameSize = 13.0
    private static let longestName = 150.0
    private static let slant = 0.7072
    private static let colors = [
        Palette.distinct[0], Palette.distinct[1], Palette.distinct[2],
    ]

    /// The narrowest that a class may be for its three bars to be told apart.
    private static let leastGroup = 24.0

    /// Whether a narrow figure has room for so many classes.
    static func fitsNarrow(_ figure: PerClassBarsFigure) -> Bool {
        let room = FigureWidth.narrowWidth - 62 - 8
        return Double(figure.classes.count) * leastGroup <= room
            && figure.classes.allSatisfy { textWidth($0.name, size: nameSize) <= 90 }
    }

    init(_ figure: PerClassBarsFigure, width: FigureWidth) {
        self.figure = figure
        self.width = width
        axis = figure.axis
        let room = width == .wide ? 640 : FigureWidth.narrowWidth - 62 - 8
        groupWidth = max(Self.leastGroup, min(120, room / Double(figure.classes.count)))
        plotHeight = width == .wide ? 250 : 200
        names = figure.classes.map {
            fitted($0.name, size: Self.nameSize, limit: Self.longestName)
        }
        let widest = names.map { textWidth($0, size: Self.nameSize) }.max() ?? 0
        slantsNames = widest > groupWidth - 6
        let namesHeight = slantsNames ? widest * Self.slant + Self.nameSize + 8 : 26
        let plotWidth = groupWidth * Double(figure.classes.count)
        let summary = fitted(figure.summary, size: FigureHeading.summarySize, limit: 900)
        let reach = slantsNames ? widest * Self.slant + Self.nameSize + 8 - groupWidth / 2 : 0
        left = max(width == .wide ? 74 : 62, reach)
        let summaryWidth = textWidth(summary, size: FigureHeading.summarySize)
        let canvasWidth =
            width == .wide
            ? max(left + plotWidth, width.margin + summaryWidth, 420) + width.margin
            : max(left + plotWidth + 8, FigureWidth.narrowWidth)
        heading = FigureHeading(
            title: figure.title, summary: summary, width: width,
            limit: canvasWidth - 2 * width.margin)
        top = 128 + heading.extraHeight
        canvas = SVGCanvas(width: canvasWidth, height: top + plotHeight + namesHeight + 34)
    }

    mutating func document() -> String {
        heading.draw(on: &canvas)
        drawLegend()
        drawAxis()
        for index in figure.classes.indices { drawGroup(index) }
        if figure.isZoomed { drawBreak() }
        drawNames()
        return canvas.document(title: figure.title, summary: figure.summary)
    }

    // MARK: - Places

    private var bottom: Double { top + plotHeight }
    private var plotWidth: Double { groupWidth * Double(figure.classes.count) }
    private func y(_ percent: Double) -> Double {
        bottom - plotHeight * axis.fraction(percent)
    }
    private func middle(_ index: Int) -> Double { left + groupWidth * (Double(index) + 0.5) }
    private var barWidth: Double { min(18, groupWidth * 0.25) }

    // MARK: - Legend and axis

    private mutating func drawLegend() {
        var x = width.margin
        let y = 93 + heading.extraHeight
        for (name, color) in zip(["Precision", "Recall", "F1"], Self.colors) {
            canvas.rect(x: x, y: y - 10, width: 12, height: 12, fill: color.hex, radius: 2)
            canvas.text(name, x: x + 18, y: y)
            x += 18 + textWidth(name, size: 12) + 18
        }
    }

    private mutating func drawAxis() {
        for (value, label) in zip(axis.values, axis.labels) {
            let y = y(value)
            canvas.line(
                x1: left, y1: y, x2: left + plotWidth, y2: y,
                color: value == axis.lower ? Palette.axis : Palette.grid)
            canvas.text(
                label + "%", x: left - 8, y: y + 4, size: 12, color: Palette.mutedInk,
                anchor: .end)
        }
    }

    /// A gap through all bars: they go on below the axis.
    private mutating func drawBreak() {
        for offset in [9.0, 12.0] {
            canvas.line(
                x1: left + 1, y1: bottom - offset, x2: left + plotWidth,
                y2: bottom - offset, color: Palette.background, width: 1.5)
        }
    }

    // MARK: - Classes

    private mutating func drawGroup(_ index: Int) {
        let scores = figure.classes[index]
        for (place, measured) in scores.measured.enumerated() {
            let x = middle(index) + (Double(place) - 1.5) * barWidth
            guard let value = measured.value else {
                canvas.text(
                    "–", x: x + barWidth / 2, y: bottom - 6, color: Palette.mutedInk,
                    anchor: .middle)
                continue
            }
            let y = y(value * 100)
            canvas.rect(
                x: x + 0.5, y: y, width: barWidth - 1, height: bottom - y,
                fill: Self.colors[place].hex, radius: min(2, (bottom - y) / 2),
                tooltip: "\(measured.measure) of \(scores.name): \(NumberText.accuracy(value)) "
                    + "(\(NumberText.grouped(scores.support)) samples)")
        }
    }

    private mutating func drawNames() {
        let size = Self.nameSize
        for (index, name) in names.enumerated() {
            if slantsNames {
                canvas.text(
                    name, x: middle(index) + size * 0.3, y: bottom + size + 3, size: size,
                    anchor: .end, rotation: -45)
            } else {
                canvas.text(name, x: middle(index), y: bottom + 20, size: size, anchor: .middle)
            }
        }
        canvas.text(
            "Class", x: left + plotWidth / 2, y: canvas.height - 14, color: Palette.mutedInk,
            anchor: .middle)
    }
}
