import Foundation

/// Draws a `ReliabilityFigure`: the diagram, and the histogram under it.
struct ReliabilityDrawing {
    private let figure: ReliabilityFigure
    private let width: FigureWidth
    private let heading: FigureHeading
    private let left: Double
    private let top: Double
    private let side: Double
    private var canvas: SVGCanvas

    private static let histogramHeight = 96.0
    private static let bar = Color(0x8DB5E3)
    private static let gap = Color(0xE88A4A)

    init(_ figure: ReliabilityFigure, width: FigureWidth) {
        self.figure = figure
        self.width = width
        left = width == .wide ? 66 : 64
        side = width == .wide ? 340 : FigureWidth.narrowWidth - left - 22
        let right = width == .wide ? 24.0 : 22
        let limit = left + side + right - 2 * width.margin
        heading = FigureHeading(
            title: figure.title,
            summary: width == .wide
                ? fitted(figure.summary, size: FigureHeading.summarySize, limit: limit)
                : figure.summary, width: width, limit: limit)
        top = 124 + heading.extraHeight
        canvas = SVGCanvas(
            width: left + side + right, height: top + side + 68 + Self.histogramHeight + 54)
    }

    private var histogramTop: Double { top + side + 68 }

    mutating func document() -> String {
        heading.draw(on: &canvas)
        drawLegend()
        drawAxes()
        for bin in figure.bins { draw(bin) }
        drawDiagonal()
        drawHistogram()
        return canvas.document(title: figure.title, summary: figure.summary)
    }

    // MARK: - Places

    private func x(_ confidence: Double) -> Double { left + side * min(confidence, 1) }
    private func y(_ share: Double) -> Double { top + side * (1 - share) }

    // MARK: - Legend

    private mutating func drawLegend() {
        let (x, y) = (width.margin, 92 + heading.extraHeight)
        canvas.rect(x: x, y: y - 10, width: 12, height: 12, fill: Self.bar.hex, radius: 2)
        canvas.text("Accuracy", x: x + 18, y: y)
        canvas.rect(x: x + 90, y: y - 10, width: 12, height: 12, fill: Self.gap.hex, radius: 2)
        canvas.text("Gap to confidence", x: x + 108, y: y)
        canvas.line(
            x1: x + 242, y1: y - 4, x2: x + 266, y2: y - 4, color: Palette.mutedInk, width: 1.5,
            dashes: "4 3")
        canvas.text("Perfect", x: x + 273, y: y)
    }

    // MARK: - Diagram

    private mutating func drawAxes() {
        for step in 0...5 {
            let share = Double(step) / 5
            let (x, y) = (x(share), y(share))
            canvas.line(
                x1: left, y1: y, x2: left + side, y2: y,
                color: step == 0 ? Palette.axis : Palette.grid)
            canvas.text(
                "\(step * 20)%", x: left - 8, y: y + 4, size: 12, color: Palette.mutedInk,
                anchor: .end)
            canvas.text(
                "\(step * 20)%", x: x, y: top + side + 17, size: 12,
                color: Palette.mutedInk, anchor: .middle)
        }
        canvas.text(
            "Accuracy", x: width == .wide ? 20 : 15, y: top + side / 2, color: Palette.mutedInk,
            anchor: .middle, rotation: -90)
        canvas.text(
            "Confidence", x: left + side / 2, y: top + side + 36,
            color: Palette.mutedInk, anchor: .middle)
    }

    private mutating func draw(_ bin: CalibrationBin) {
        guard bin.count > 0, let accuracy = bin.accuracy else { return }
        let tooltip = tooltip(bin, accuracy)
        drawColumn(bin, from: 0, to: accuracy, fill: Self.bar, tooltip: tooltip)
        guard let confidence = bin.meanConfidence else { return }
        drawColumn(
            bin, from: min(accuracy, confidence), to: max(accuracy, confidence), fill: Self.gap,
            tooltip: tooltip)
        canvas.line(
            x1: x(bin.lower) + 1, y1: y(accuracy), x2: x(bin.upper) - 1, y2: y(accuracy),
            color: Palette.train, width: 2.5)
    }

    private mutating func drawColumn(
        _ bin: CalibrationBin, from low: Double, to high: Double, fill: Color, tooltip: String
    ) {
        canvas.rect(
            x: x(bin.lower) + 1, y: y(high), width: max(0.5, x(bin.upper) - x(bin.lower) - 2),
            height: y(low) - y(high), fill: fill.hex, tooltip: tooltip)
    }

    private func tooltip(_ bin: CalibrationBin, _ accuracy: Double) -> String {
        let confidence = NumberText.optionalPercent(bin.meanConfidence)
        return "\(NumberText.significant(bin.lower * 100))–"
            + "\(NumberText.significant(bin.upper * 100))%: accuracy "
            + "\(NumberText.percent(accuracy)), mean confidence \(confidence), "
            + "\(NumberText.grouped(bin.count)) samples"
    }

    private mutating func drawDiagonal() {
        canvas.line(
            x1: x(0), y1: y(0), x2: x(1), y2: y(1), color: Palette.mutedInk, width: 1.5,
            dashes: "4 3")
    }

    // MARK: - Histogram

    private mutating func drawHistogram() {
        let most = Double(max(1, figure.bins.map(\.count).max() ?? 1))
        let least = Double(figure.bins.map(\.count).filter { $0 > 0 }.min() ?? 1)
        let isLogarithmic = most / least >= 20
        let scale = isLogarithmic ? " (logarithmic)" : ""
        let bottom = histogramTop + Self.histogramHeight
        canvas.text(
            "Samples by confidence" + scale, x: left, y: histogramTop - 8, bold: true)
        for bin in figure.bins where bin.count > 0 {
            // On the logarithmic axis one sample is a tenth of the height, not nothing.
            let share =
                isLogarithmic
                ? 0.1 + 0.9 * log(Double(bin.count)) / log(most)
                : Double(bin.count) / most
            let height = max(1, (Self.histogramHeight - 18) * share)
            canvas.rect(
                x: x(bin.lower) + 1, y: bottom - height,
                width: max(0.5, x(bin.upper) - x(bin.lower) - 2), height: height,
                fill: Palette.axis.hex,
                tooltip: "\(NumberText.grouped(bin.count)) samples")
            drawCount(bin, y: bottom - height - 4)
        }
        canvas.line(
            x1: left, y1: bottom, x2: left + side, y2: bottom, color: Palette.axis)
        for step in 0...5 {
            canvas.text(
                "\(step * 20)%", x: x(Double(step) / 5), y: bottom + 17, size: 12,
                color: Palette.mutedInk, anchor: .middle)
        }
        canvas.text(
            "Confidence", x: left + side / 2, y: bottom + 36, color: Palette.mutedInk,
            anchor: .middle)
    }

    /// Left out where bins are too narrow for it.
    private mutating func drawCount(_ bin: CalibrationBin, y: Double) {
        let room = x(bin.upper) - x(bin.lower) + 6
        let texts = [
            NumberText.grouped(bin.count), NumberText.compact(bin.count, characters: 4),
        ]
        guard let text = texts.first(where: { textWidth($0, size: 10) <= room }) else { return }
        canvas.text(
            text, x: (x(bin.lower) + x(bin.upper)) / 2, y: y, size: 10, color: Palette.mutedInk,
            anchor: .middle)
    }
}
