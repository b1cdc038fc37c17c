/// Draws a `ComparisonCurvesFigure`: two panels side by side under one legend.
struct ComparisonCurvesDrawing {
    private let figure: ComparisonCurvesFigure
    private let legend: FigureLegend
    private let epochs: (first: Int, last: Int)
    private var canvas: SVGCanvas

    private static let margin = 24.0
    private static let panelWidth = 420.0
    private static let panelHeight = 290.0
    private static let legendTop = 76.0
    /// Room left of a panel for its tick labels.
    private static let axisWidth = 58.0
    private static let width = 2 * (axisWidth + panelWidth) + 34 + 2 * margin - 10

    init(_ figure: ComparisonCurvesFigure) {
        self.figure = figure
        legend = FigureLegend(
            FigureLegend.entries(figure.series.map(\.name)), width: Self.width - 2 * Self.margin)
        let numbers = figure.series.flatMap { $0.epochs.map(\.number) }
        epochs = (numbers.min() ?? 0, numbers.max() ?? 0)
        canvas = SVGCanvas(
            width: Self.width,
            height: Self.legendTop + legend.height + 44 + Self.panelHeight + 60)
    }

    mutating func document() -> String {
        drawHeading()
        legend.draw(on: &canvas, x: Self.margin, y: Self.legendTop)
        for panel in panels() { draw(panel) }
        return canvas.document(title: figure.title, summary: figure.summary)
    }

    private mutating func drawHeading() {
        let limit = canvas.width - 2 * Self.margin
        canvas.text(
            fitted(figure.title, size: 18, limit: limit), x: Self.margin, y: 38, size: 18,
            bold: true)
        canvas.text(figure.summary, x: Self.margin, y: 62, size: 13, color: Palette.mutedInk)
    }

    // MARK: - Panels

    private func panels() -> [CurvePanel] {
        let first = Self.margin - 10 + Self.axisWidth
        return [
            panel("Validation loss", .loss, x: first, \.validationLoss),
            panel(
                "Validation accuracy", spreadsErrors ? .accuracyByError : .accuracy,
                x: first + Self.panelWidth + 34 + Self.axisWidth, \.validationAccuracy),
        ]
    }

    private var spreadsErrors: Bool {
        CurvePanel.errorsSpread(
            figure.series.flatMap { $0.epochs.compactMap(\.validationAccuracy) })
    }

    private func panel(
        _ title: String, _ kind: CurvePanel.Kind, x: Double,
        _ value: KeyPath<ComparisonCurvesFigure.Epoch, Double?>
    ) -> CurvePanel {
        let lines = figure.series.enumerated().map { index, series in
            let style = LineStyle.distinct(index)
            return CurveSeries(
                name: series.name, isProperName: true, color: style.color,
                points: series.epochs.compactMap { epoch in
                    epoch[keyPath: value].map { (epoch.number, $0) }
                }, dashes: style.dashes, width: style.width)
        }
        return CurvePanel(
            title: title, kind: kind, x: x, y: Self.legendTop + legend.height + 44,
            width: Self.panelWidth, height: Self.panelHeight, series: lines,
            firstLiesOnTop: true)
    }

    private mutating func draw(_ panel: CurvePanel) {
        let epochAxis = CurvePanel.epochAxis(
            first: epochs.first, last: epochs.last, width: panel.width)
        var renderer = CurvePanelDrawing(panel: panel, epochs: epochAxis, canvas: canvas)
        renderer.draw(bestEpoch: nil)
        canvas = renderer.canvas
    }
}
