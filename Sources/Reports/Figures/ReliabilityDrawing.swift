import Foundation

/// Draws a `ReliabilityFigure`: the diagram, and the histogram under it.
struct ReliabilityDrawing {
    private let figure: ReliabilityFigure
    private var canvas: SVGCanvas

    private static let margin = 24.0
    private static let left = 66.0
    private static let top = 124.0
    private static let side = 340.0
    private static let histogramTop = top + side + 68
    private static let histogramHeight = 96.0
    private static let bar = Color(0x8DB5E3)
    private static let gap = Color(0xE88A4A)

    init(_ figure: ReliabilityFigure) {
        self.figure = figure
        canvas = SVGCanvas(
            width: Self.left + Self.side + Self.margin,
            height: Self.histogramTop + Self.histogramHeight + 54)
    }

    mutating func document() -> String {
        drawHeading()
        drawAxes()
        for bin in figure.bins { draw(bin) }
        drawDiagonal()
        drawHistogram()
        return canvas.document(title: figure.title, summary: figure.summary)
    }

    // MARK: - Places

    private func x(_ confidence: Double) -> Double { Self.left + Self.side * min(confidence, 1) }
    private func y(_ share: Double) -> Double { Self.top + Self.side * (1 - share) }

    // MARK: - Heading

    private mutating func drawHeading() {
        let limit = canvas.width - 2 * Self.margin
        canvas.text(
            fitted(figure.title, size: 18, limit: limit), x: Self.margin, y: 38, size: 18,
            bold: true)
        canvas.text(
            fitted(figure.summary, size: 13, limit: limit), x: Self.margin, y: 62, size: 13,
            color: Palette.mutedInk)
        drawLegend()
    }

    private mutating func drawLegend() {
        canvas.rect(x: 24, y: 82, width: 12, height: 12, fill: Self.bar.hex, radius: 2)
        canvas.text("Accuracy", x: 42, y: 92)
        canvas.rect(x: 114, y: 82, width: 12, height: 12, fill: Self.gap.hex, radius: 2)
        canvas.text("Gap to confidence", x: 132, y: 92)
        canvas.line(
            x1: 266, y1: 88, x2: 290, y2: 88, color: Palette.mutedInk, width: 1.5, dashes: "4 3")
        canvas.text("Perfect", x: 297, y: 92)
    }

    // MARK: - Diagram

    private mutating func drawAxes() {
        for step in 0...5 {
            let share = Double(step) / 5
            let (x, y) = (x(share), y(share))
            canvas.line(
                x1: Self.left, y1: y, x2: Self.left + Self.side, y2: y,
                color: step == 0 ? Palette.axis : Palette.grid)
            canvas.text(
                "\(step * 20)%", x: Self.left - 8, y: y + 4, size: 11, color: Palette.mutedInk,
                anchor: .end)
            canvas.text(
                "\(step * 20)%", x: x, y: Self.top + Self.side + 17, size: 11,
                color: Palette.mutedInk, anchor: .middle)
        }
        canvas.text(
            "Accuracy", x: 20, y: Self.top + Self.side / 2, color: Palette.mutedInk,
            anchor: .middle, rotation: -90)
        canvas.text(
            "Confidence", x: Self.left + Self.side / 2, y: Self.top + Self.side + 36,
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
        let bottom = Self.histogramTop + Self.histogramHeight
        canvas.text(
            "Samples by confidence" + scale, x: Self.left, y: Self.histogramTop - 8, bold: true)
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
            x1: Self.left, y1: bottom, x2: Self.left + Self.side, y2: bottom, color: Palette.axis)
        for step in 0...5 {
            canvas.text(
                "\(step * 20)%", x: x(Double(step) / 5), y: bottom + 17, size: 11,
                color: Palette.mutedInk, anchor: .middle)
        }
        canvas.text(
            "Confidence", x: Self.left + Self.side / 2, y: bottom + 36, color: Palette.mutedInk,
            anchor: .middle)
    }

    /// Left out where bins are too narrow for it.
    private mutating func drawCount(_ bin: CalibrationBin, y: Double) {
        let text = NumberText.compact(bin.count, characters: 4)
        guard textWidth(text, size: 9) <= x(bin.upper) - x(bin.lower) + 4 else { return }
        canvas.text(
            text, x: (x(bin.lower) + x(bin.upper)) / 2, y: y, size: 9, color: Palette.mutedInk,
            anchor: .middle)
    }
}
