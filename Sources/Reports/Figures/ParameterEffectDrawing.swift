/// Draws a `ParameterEffectFigure`.
struct ParameterEffectDrawing {
    private let figure: ParameterEffectFigure
    private let legend: FigureLegend
    private let width: FigureWidth
    private let heading: FigureHeading
    private let left: Double
    private let plotWidth: Double
    private let plotHeight: Double
    private let legendTop: Double
    private var canvas: SVGCanvas

    init(_ figure: ParameterEffectFigure, width: FigureWidth) {
        self.figure = figure
        self.width = width
        left = width == .wide ? 74 : 58
        plotWidth = width == .wide ? 460 : FigureWidth.narrowWidth - left - 14
        plotHeight = width == .wide ? 270 : 210
        let limit = left + plotWidth - width.margin
        heading = FigureHeading(
            title: figure.title,
            summary: width == .wide
                ? fitted(figure.summary, size: FigureHeading.summarySize, limit: limit)
                : figure.summary, width: width, limit: limit)
        legendTop = 76 + heading.extraHeight
        legend = FigureLegend(FigureLegend.entries(figure.lines.map(\.name)), width: limit)
        canvas = SVGCanvas(
            width: left + plotWidth + (width == .wide ? 24 : 14),
            height: legendTop + legend.height + 44 + plotHeight + 60)
    }

    mutating func document() -> String {
        heading.draw(on: &canvas)
        legend.draw(on: &canvas, x: width.margin, y: legendTop)
        drawPlot()
        return canvas.document(title: figure.title, summary: figure.summary)
    }

    // MARK: - Places

    private var top: Double { legendTop + legend.height + 44 }
    private var bottom: Double { top + plotHeight }

    private func x(_ parameter: Double, _ axis: AxisTicks) -> Double {
        left + plotWidth * (0.03 + 0.94 * axis.fraction(parameter))
    }

    private func y(_ value: Double, _ axis: AxisTicks) -> Double {
        bottom - plotHeight * axis.fraction(value * factor)
    }

    /// Fractions are shown in percent.
    private var factor: Double { figure.metric.unit == .fraction ? 100 : 1 }

    private func parameterAxis(_ points: [ParameterEffectFigure.Point]) -> AxisTicks? {
        let values = points.map(\.parameter)
        guard let low = values.min(), let high = values.max() else { return nil }
        return low >= 1e-280 && high / low > 4
            ? .logarithmic(from: low, to: high, most: 7) : .linear(from: low, to: high)
    }

    /// Wide enough for the error bars, but a percentage ends at 100.
    private func valueAxis(_ points: [ParameterEffectFigure.Point]) -> AxisTicks? {
        let ends = points.flatMap { point in
            let error = min(point.score.standardError ?? 0, 1e280)
            return [point.score.mean - error, point.score.mean + error]
        }
        guard let low = ends.min(), let high = ends.max() else { return nil }
        guard figure.metric.unit == .fraction else { return .linear(from: low, to: high) }
        let highestMean = points.map(\.score.mean).max() ?? 1
        let limit = max(1, highestMean)
        return .linear(
            from: low * 100, to: max(min(high, limit), low) * 100, limit: limit * 100)
    }

    // MARK: - Plot

    private mutating func drawPlot() {
        let points = figure.lines.flatMap(\.points).filter(ParameterEffectFigure.isDrawable)
        guard let parameterAxis = parameterAxis(points), let valueAxis = valueAxis(points) else {
            canvas.text(
                "nothing to draw", x: left + plotWidth / 2, y: (top + bottom) / 2,
                size: 13, color: Palette.mutedInk, anchor: .middle)
            return
        }
        drawValueAxis(valueAxis)
        drawParameterAxis(parameterAxis)
        for (index, line) in figure.lines.enumerated().reversed() {
            draw(line, index, parameterAxis, valueAxis)
        }
        drawBest(parameterAxis, valueAxis)
    }

    private mutating func drawValueAxis(_ axis: AxisTicks) {
        canvas.text(
            fitted(figure.metric.name, size: 13, limit: plotWidth), x: left, y: top - 12,
            size: 13, bold: true)
        for (value, label) in zip(axis.values, axis.labels) {
            let y = bottom - plotHeight * axis.fraction(value)
            canvas.line(
                x1: left, y1: y, x2: left + plotWidth, y2: y,
                color: value == axis.lower ? Palette.axis : Palette.grid)
            canvas.text(
                figure.metric.unit == .fraction ? label + "%" : label, x: left - 8, y: y + 4,
                size: 12, color: Palette.mutedInk, anchor: .end)
        }
    }

    private mutating func drawParameterAxis(_ axis: AxisTicks) {
        for (value, label) in zip(axis.values, axis.labels) {
            let x = x(value, axis)
            canvas.line(x1: x, y1: bottom, x2: x, y2: bottom + 4, color: Palette.axis)
            canvas.text(
                label, x: x, y: bottom + 18, size: 12, color: Palette.mutedInk, anchor: .middle)
        }
        let scale = axis.isLogarithmic ? " (logarithmic)" : ""
        canvas.text(
            fitted(figure.parameter, size: 12, limit: plotWidth - 120) + scale,
            x: left + plotWidth / 2, y: bottom + 38, color: Palette.mutedInk,
            anchor: .middle)
    }

    // MARK: - Lines

    private mutating func draw(
        _ line: ParameterEffectFigure.Line, _ index: Int, _ parameterAxis: AxisTicks,
        _ valueAxis: AxisTicks
    ) {
        let style = LineStyle.distinct(index)
        let points = line.points.filter(ParameterEffectFigure.isDrawable)
        let corners = points.map {
            (x: x($0.parameter, parameterAxis) + shift(index), y: y($0.score.mean, valueAxis))
        }
        canvas.polyline(corners, color: style.color, width: style.width, dashes: style.dashes)
        for (point, corner) in zip(points, corners) {
            drawError(point.score, x: corner.x, valueAxis, style.color)
            canvas.circle(
                x: corner.x, y: corner.y, radius: style == .rest ? 2.2 : 3.6, fill: style.color,
                tooltip: "\(line.name), \(figure.parameter) "
                    + "\(NumberText.significant(point.parameter)): "
                    + figure.metric.text(point.score))
        }
    }

    /// Lines a little beside each other, lest error bars at one parameter hide one another.
    private func shift(_ index: Int) -> Double {
        let count = min(figure.lines.count, LineStyle.distinctCount)
        guard index < count else { return 0 }
        return (Double(index) - Double(count - 1) / 2) * 3
    }

    private mutating func drawError(
        _ score: Estimate, x: Double, _ axis: AxisTicks, _ color: Color
    ) {
        guard let error = score.standardError, error > 0 else { return }
        let high = min(score.mean + error, axis.upper / factor)
        let ends = [y(max(score.mean - error, axis.lower / factor), axis), y(high, axis)]
        canvas.line(x1: x, y1: ends[0], x2: x, y2: ends[1], color: color, width: 1.5)
        for end in ends {
            canvas.line(x1: x - 4, y1: end, x2: x + 4, y2: end, color: color, width: 1.5)
        }
    }

    /// A ring around the best point.
    private mutating func drawBest(_ parameterAxis: AxisTicks, _ valueAxis: AxisTicks) {
        guard let best = figure.best,
            let index = figure.lines.firstIndex(where: { $0 == best.line })
        else { return }
        canvas.ring(
            x: x(best.point.parameter, parameterAxis) + shift(index),
            y: y(best.point.score.mean, valueAxis), radius: 8, color: Palette.best)
    }
}
