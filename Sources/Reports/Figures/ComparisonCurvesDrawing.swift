import RunFacts

/// Draws a `ComparisonCurvesFigure`: two panels side by side under one legend; on a narrow figure
/// below each other.
struct ComparisonCurvesDrawing {
    private let figure: ComparisonCurvesFigure
    private let legend: FigureLegend
    private let epochs: (first: Int, last: Int)
    private let width: FigureWidth
    private let heading: FigureHeading
    private let legendTop: Double
    private let layout: CurvePanelLayout
    private var canvas: SVGCanvas

    init(_ figure: ComparisonCurvesFigure, width: FigureWidth) {
        self.figure = figure
        self.width = width
        let canvasWidth = CurvePanelLayout.canvasWidth(width)
        let limit = canvasWidth - 2 * width.margin
        heading = FigureHeading(
            title: figure.title, summary: figure.summary, width: width, limit: limit)
        legendTop = 76 + heading.extraHeight
        legend = FigureLegend(
            FigureLegend.entries(figure.series.map(\.name)), width: limit)
        layout = CurvePanelLayout(
            width: width, top: legendTop + legend.height + 44,
            panelHeight: width == .wide ? 290 : 220)
        let numbers = figure.series.flatMap { $0.epochs.map(\.number) }
        epochs = (numbers.min() ?? 0, numbers.max() ?? 0)
        canvas = SVGCanvas(width: canvasWidth, height: layout.bottom + 60)
    }

    mutating func document() -> String {
        heading.draw(on: &canvas)
        legend.draw(on: &canvas, x: width.margin, y: legendTop)
        for panel in panels() { draw(panel) }
        return canvas.document(title: figure.title, summary: figure.summary)
    }

    // MARK: - Panels

    private func panels() -> [CurvePanel] {
        [
            panel("Validation loss", .loss, at: layout.places[0], \.validationLoss),
            panel(
                "Validation accuracy", spreadsErrors ? .accuracyByError : .accuracy,
                at: layout.places[1], \.validationAccuracy),
        ]
    }

    private var spreadsErrors: Bool {
        CurvePanel.errorsSpread(
            figure.series.flatMap { $0.epochs.compactMap(\.validationAccuracy) })
    }

    private func panel(
        _ title: String, _ kind: CurvePanel.Kind, at place: (x: Double, y: Double),
        _ value: KeyPath<TrainingEpoch, Double?>
    ) -> CurvePanel {
        let lines = figure.series.enumerated().map { index, series in
            let style = LineStyle.distinct(index)
            return CurveSeries(
                name: series.name, isProperName: true, color: style.color,
                points: series.epochs.compactMap { epoch in
                    epoch[keyPath: value].map { (Double(epoch.number), $0) }
                }, dashes: style.dashes, width: style.width)
        }
        return CurvePanel(
            title: title, kind: kind, x: place.x, y: place.y, width: layout.panelWidth,
            height: layout.panelHeight, series: lines, firstLiesOnTop: true)
    }

    private mutating func draw(_ panel: CurvePanel) {
        let epochAxis = CurvePanel.epochAxis(
            first: epochs.first, last: epochs.last, width: panel.width)
        var renderer = CurvePanelDrawing(panel: panel, epochs: epochAxis, canvas: canvas)
        renderer.draw(bestEpoch: nil)
        canvas = renderer.canvas
    }
}
