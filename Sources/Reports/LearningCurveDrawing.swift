import RunFacts

/// Draws a `LearningCurveFigure`: two panels side by side, and the learning rate below; on a narrow
/// figure all below each other.
struct LearningCurveDrawing {
    private let figure: LearningCurveFigure
    private let width: FigureWidth
    private let hasLearningRate: Bool
    private let heading: FigureHeading
    private let layout: CurvePanelLayout
    private var canvas: SVGCanvas

    private static let ratePanelHeight = 96.0
    /// From the top to a panel's, with a summary of one line.
    private static let panelTop = 132.0

    init(_ figure: LearningCurveFigure, width: FigureWidth) {
        self.figure = figure
        self.width = width
        hasLearningRate = figure.hasLearningRate
        let panelHeight = width == .wide ? 250.0 : 190.0
        let canvasWidth = CurvePanelLayout.canvasWidth(width)
        heading = FigureHeading(
            title: figure.title, summary: figure.summary, width: width,
            limit: canvasWidth - 2 * width.margin)
        layout = CurvePanelLayout(
            width: width, top: Self.panelTop + heading.extraHeight, panelHeight: panelHeight)
        let rateHeight = hasLearningRate ? Self.ratePanelHeight + 66 : 0
        canvas = SVGCanvas(width: canvasWidth, height: layout.bottom + 54 + rateHeight)
    }

    mutating func document() -> String {
        heading.draw(on: &canvas)
        drawLegend()
        for panel in panels() { draw(panel) }
        return canvas.document(title: figure.title, summary: figure.summary)
    }

    // MARK: - Panels

    private func panels() -> [CurvePanel] {
        let train = ("Training", Palette.train)
        let validation = ("Validation", Palette.validation)
        var panels = [
            CurvePanel(
                title: "Loss", kind: .loss, x: layout.places[0].x, y: layout.places[0].y,
                width: layout.panelWidth, height: layout.panelHeight,
                series: [
                    series(train, \.trainLoss), series(validation, \.validationLoss),
                ]),
            CurvePanel(
                title: "Accuracy", kind: .accuracy, x: layout.places[1].x,
                y: layout.places[1].y, width: layout.panelWidth, height: layout.panelHeight,
                series: [
                    series(train, \.trainAccuracy), series(validation, \.validationAccuracy),
                ]),
        ]
        if hasLearningRate {
            panels.append(
                CurvePanel(
                    title: "Learning rate", kind: .learningRate, x: layout.places[0].x,
                    y: layout.bottom + 66, width: layout.right - layout.places[0].x,
                    height: Self.ratePanelHeight, series: [rate]))
        }
        return panels
    }

    private func series(
        _ look: (name: String, color: Color),
        _ value: KeyPath<TrainingEpoch, Double?>
    ) -> CurveSeries {
        CurveSeries(
            name: look.name, color: look.color,
            points: figure.epochs.compactMap { epoch in
                epoch[keyPath: value].map { (Double(epoch.number), $0) }
            })
    }

    /// Step by step where steps are known, else as it was at the end of each epoch.
    private var rate: CurveSeries {
        let look = ("Learning rate", Palette.learningRate)
        guard !figure.steps.isEmpty else { return series(look, \.learningRate) }
        return CurveSeries(
            name: look.0, color: look.1,
            points: figure.steps.map { ($0.position, $0.learningRate) }, isByStep: true)
    }

    private mutating func draw(_ panel: CurvePanel) {
        let isByStep = panel.series.contains(where: \.isByStep)
        let last = max(
            figure.epochs[figure.epochs.count - 1].number,
            isByStep ? Int((figure.steps.last?.position ?? 0).rounded(.up)) : 0)
        let epochAxis = CurvePanel.epochAxis(
            first: isByStep ? 0 : figure.epochs[0].number, last: last, width: panel.width)
        var renderer = CurvePanelDrawing(panel: panel, epochs: epochAxis, canvas: canvas)
        renderer.draw(bestEpoch: figure.bestEpoch)
        canvas = renderer.canvas
    }

    // MARK: - Legend

    private mutating func drawLegend() {
        var x = width.margin
        let y = 90.0 + heading.extraHeight
        for (name, color) in [("Training", Palette.train), ("Validation", Palette.validation)] {
            canvas.line(x1: x, y1: y - 4, x2: x + 26, y2: y - 4, color: color, width: 2.5)
            canvas.circle(x: x + 13, y: y - 4, radius: 3.2, fill: color)
            canvas.text(name, x: x + 33, y: y)
            x += 33 + textWidth(name, size: 12) + 20
        }
        guard figure.bestEpoch != nil else { return }
        canvas.line(
            x1: x, y1: y - 4, x2: x + 26, y2: y - 4, color: Palette.best, width: 1.5,
            dashes: "4 3")
        canvas.text("Best epoch", x: x + 33, y: y)
    }
}
