/// Draws one panel of a learning curve.
struct CurvePanelDrawing {
    let panel: CurvePanel
    let epochs: EpochAxis
    var canvas: SVGCanvas

    mutating func draw(bestEpoch: Int?) {
        let axis = panel.valueAxis
        canvas.text(title(axis), x: panel.x, y: panel.y - 12, size: 13, bold: true)
        drawEpochAxis()
        guard let axis else {
            canvas.text(
                "nothing to draw", x: panel.x + panel.width / 2, y: panel.y + panel.height / 2,
                size: 13, color: Palette.mutedInk, anchor: .middle)
            drawNonFinite()
            return
        }
        drawValueAxis(axis)
        if let bestEpoch { drawBestLine(bestEpoch) }
        for line in panel.firstLiesOnTop ? panel.series.reversed() : panel.series {
            draw(line, axis)
        }
        drawNonFinite()
        if let bestEpoch { drawBestValue(bestEpoch, axis) }
    }

    /// With what kind of axis it has, in as many words as there is room for.
    private func title(_ axis: AxisTicks?) -> String {
        guard axis?.isLogarithmic == true else { return panel.title }
        let words =
            panel.kind == .accuracyByError
            ? ["logarithmic in the error", "log of the error"] : ["logarithmic", "log"]
        let titles = words.map { "\(panel.title) (\($0))" }
        // Bold, which is wider; the end of the axis has some room beside it.
        return titles.first { textWidth($0, size: 14) <= panel.width + 12 } ?? titles[1]
    }

    // MARK: - Places

    private func x(_ epoch: Double) -> Double { panel.x + panel.width * epochs.fraction(epoch) }

    private func y(_ value: Double, _ axis: AxisTicks) -> Double {
        switch panel.kind {
        case .accuracy: tickY(value * 100, axis)
        case .accuracyByError: tickY((1 - value) * 100, axis)
        case .loss, .learningRate: tickY(value, axis)
        }
    }

    /// Where a number of the axis itself lies; errors grow downwards.
    private func tickY(_ value: Double, _ axis: AxisTicks) -> Double {
        let share = axis.fraction(value)
        return panel.y + panel.height * (panel.kind == .accuracyByError ? share : 1 - share)
    }

    private var bottom: Double { panel.y + panel.height }

    // MARK: - Axes

    private mutating func drawEpochAxis() {
        canvas.line(
            x1: panel.x, y1: bottom, x2: panel.x + panel.width, y2: bottom, color: Palette.axis)
        for epoch in epochs.ticks {
            canvas.line(
                x1: x(Double(epoch)), y1: bottom, x2: x(Double(epoch)), y2: bottom + 4,
                color: Palette.axis)
            canvas.text(
                String(epoch), x: x(Double(epoch)), y: bottom + 18, size: 12,
                color: Palette.mutedInk, anchor: .middle)
        }
        canvas.text(
            "Epoch", x: panel.x + panel.width / 2, y: bottom + 36, color: Palette.mutedInk,
            anchor: .middle)
    }

    private mutating func drawValueAxis(_ axis: AxisTicks) {
        for (value, label) in zip(axis.values, axis.labels) {
            let y = tickY(value, axis)
            if y < bottom - 0.5 {
                canvas.line(
                    x1: panel.x, y1: y, x2: panel.x + panel.width, y2: y, color: Palette.grid)
            }
            canvas.text(
                tickLabel(value, label), x: panel.x - 8, y: y + 4, size: 12,
                color: Palette.mutedInk, anchor: .end)
        }
    }

    private func tickLabel(_ value: Double, _ label: String) -> String {
        switch panel.kind {
        case .loss: label
        case .accuracy: label + "%"
        case .accuracyByError: NumberText.significant(100 - value, digits: 8) + "%"
        case .learningRate: NumberText.significant(value)
        }
    }

    // MARK: - Lines

    /// Runs of drawable points are joined; a few points, or ones that stand alone, get markers.
    private mutating func draw(_ line: CurveSeries, _ axis: AxisTicks) {
        let runs = line.points.split { !panel.isDrawable($0.value) }
        let showsMarkers = line.points.count <= 40
        for run in runs {
            canvas.polyline(
                path(Array(run), axis, isByStep: line.isByStep), color: line.color,
                width: line.width, dashes: line.dashes)
            guard showsMarkers || run.count == 1 else { continue }
            for point in run {
                canvas.circle(
                    x: x(point.epoch), y: y(point.value, axis),
                    radius: (run.count == 1 ? 4 : 2.6) * min(1, line.width / 2 + 0.2),
                    fill: line.color,
                    tooltip:
                        "\(line.name), epoch \(NumberText.significant(point.epoch, digits: 10)): "
                        + text(point.value))
            }
        }
    }

    /// Straight from point to point; a learning rate by epoch holds until the next one sets another.
    private func path(
        _ run: [(epoch: Double, value: Double)], _ axis: AxisTicks, isByStep: Bool
    ) -> [(x: Double, y: Double)] {
        let corners = run.map { (x: x($0.epoch), y: y($0.value, axis)) }
        guard panel.kind == .learningRate, !isByStep else { return corners }
        return corners.enumerated().flatMap { index, corner in
            index == 0 ? [corner] : [(x: corner.x, y: corners[index - 1].y), corner]
        }
    }

    private func text(_ value: Double) -> String {
        switch panel.kind {
        case .accuracy, .accuracyByError: NumberText.accuracy(value)
        case .loss, .learningRate: NumberText.significant(value)
        }
    }

    /// A cross at the upper edge, a line's own height each so that they don't hide each other; of
    /// many lines the last share a height.
    private mutating func drawNonFinite() {
        let broken = panel.series.filter { $0.points.contains { !panel.isDrawable($0.value) } }
        let heights = 8
        for (index, line) in broken.enumerated() {
            let missing = line.points.filter { !panel.isDrawable($0.value) }
            let y = panel.y + 9 + Double(min(index, heights)) * 18
            for point in missing { drawCross(x(point.epoch), y, line.color) }
            guard index < heights, let first = missing.first, let last = missing.last else {
                continue
            }
            drawNonFiniteLabel(line, from: first.epoch, to: last.epoch, y: y)
        }
    }

    /// Beside the crosses where there is room, else over the last of them.
    private mutating func drawNonFiniteLabel(
        _ line: CurveSeries, from first: Double, to last: Double, y: Double
    ) {
        let name = line.isProperName ? line.name : line.name.lowercased()
        let label = fitted("\(name) not finite", size: 12, limit: panel.width - 16)
        // The grey of many lines is too light for text.
        let color = line.color == Palette.restOfLines ? Palette.mutedInk : line.color
        let width = textWidth(label, size: 12)
        let right = panel.x + panel.width
        if epochs.fraction(last) <= 0.6, x(last) + 8 + width <= right {
            drawLabel(label, x: x(last) + 8, y: y + 4, color: color, endsAtX: false)
        } else {
            let fits = x(first) - 8 - width >= panel.x
            drawLabel(label, x: fits ? x(first) - 8 : right, y: y + 4, color: color, endsAtX: true)
        }
    }

    private mutating func drawCross(_ x: Double, _ y: Double, _ color: Color) {
        for slope in [-3.5, 3.5] {
            canvas.line(
                x1: x - 3.5, y1: y - slope, x2: x + 3.5, y2: y + slope, color: color, width: 2)
        }
    }

    // MARK: - Best epoch

    private mutating func drawBestLine(_ epoch: Int) {
        canvas.line(
            x1: x(Double(epoch)), y1: panel.y, x2: x(Double(epoch)), y2: bottom,
            color: Palette.best, width: 1.5,
            dashes: "4 3")
    }

    /// A ring on the best epoch's validation value, and the value beside it.
    private mutating func drawBestValue(_ epoch: Int, _ axis: AxisTicks) {
        guard let line = panel.series.last, panel.kind != .learningRate,
            let value = line.points.first(where: { $0.epoch == Double(epoch) })?.value,
            panel.isDrawable(value)
        else { return }
        let (x, y) = (x(Double(epoch)), y(value, axis))
        canvas.circle(
            x: x, y: y, radius: 5, fill: Palette.background, stroke: Palette.best,
            tooltip: "Best epoch \(epoch): \(text(value))")
        let label = text(value)
        let isRight = x + 14 + textWidth(label, size: 12) > panel.x + panel.width
        // Losses fall and accuracies rise, so the side away from the curve is above or below it.
        let above = panel.kind == .loss ? y - panel.y > 30 : bottom - y < 30
        drawLabel(
            label, x: x + (isRight ? -10 : 10), y: y + (above ? -12 : 22), color: Palette.best,
            endsAtX: isRight)
    }

    /// Text on a ground of its own, so that lines behind don't cross it out.
    private mutating func drawLabel(
        _ label: String, x: Double, y: Double, color: Color, endsAtX: Bool
    ) {
        let width = textWidth(label, size: 12)
        canvas.rect(
            x: (endsAtX ? x - width : x) - 3, y: y - 12, width: width + 6, height: 16,
            fill: Palette.background.hex, radius: 3)
        canvas.text(
            label, x: x, y: y, color: color, anchor: endsAtX ? .end : .start, bold: true)
    }
}
