/// Draws a `LearningCurveFigure`: two panels side by side, and the learning rate below.
struct LearningCurveDrawing {
    private let figure: LearningCurveFigure
    private let hasLearningRate: Bool
    private var canvas: SVGCanvas

    private static let margin = 24.0
    private static let panelWidth = 400.0
    private static let panelHeight = 250.0
    private static let ratePanelHeight = 84.0
    private static let panelTop = 132.0
    /// Room left of a panel for its tick labels.
    private static let axisWidth = 58.0
    private static let titleSize = 18.0

    init(_ figure: LearningCurveFigure) {
        self.figure = figure
        hasLearningRate = figure.epochs.contains { $0.learningRate != nil }
        let panels = 2 * (Self.axisWidth + Self.panelWidth) + 34
        let rateHeight = hasLearningRate ? Self.ratePanelHeight + 66 : 0
        canvas = SVGCanvas(
            width: 2 * Self.margin + panels - 10,
            height: Self.panelTop + Self.panelHeight + 62 + rateHeight)
    }

    mutating func document() -> String {
        drawHeading()
        drawLegend()
        for panel in panels() { draw(panel) }
        return canvas.document(title: figure.title, summary: figure.summary)
    }

    // MARK: - Panels

    private func panels() -> [CurvePanel] {
        let first = Self.margin - 10 + Self.axisWidth
        let second = first + Self.panelWidth + 34 + Self.axisWidth
        let train = ("Training", Palette.train)
        let validation = ("Validation", Palette.validation)
        var panels = [
            CurvePanel(
                title: "Loss", kind: .loss, x: first, y: Self.panelTop, width: Self.panelWidth,
                height: Self.panelHeight,
                series: [
                    series(train, \.trainLoss), series(validation, \.validationLoss),
                ]),
            CurvePanel(
                title: "Accuracy", kind: .accuracy, x: second, y: Self.panelTop,
                width: Self.panelWidth, height: Self.panelHeight,
                series: [
                    series(train, \.trainAccuracy), series(validation, \.validationAccuracy),
                ]),
        ]
        if hasLearningRate {
            panels.append(
                CurvePanel(
                    title: "Learning rate", kind: .learningRate, x: first,
                    y: Self.panelTop + Self.panelHeight + 74,
                    width: second + Self.panelWidth - first, height: Self.ratePanelHeight,
                    series: [series(("Learning rate", Palette.learningRate), \.learningRate)]))
        }
        return panels
    }

    private func series(
        _ look: (name: String, color: Color),
        _ value: KeyPath<LearningCurveFigure.Epoch, Double?>
    ) -> CurveSeries {
        CurveSeries(
            name: look.name, color: look.color,
            points: figure.epochs.compactMap { epoch in
                epoch[keyPath: value].map { (epoch.number, $0) }
            })
    }

    private mutating func draw(_ panel: CurvePanel) {
        let epochAxis = CurvePanel.epochAxis(
            first: figure.epochs[0].number, last: figure.epochs[figure.epochs.count - 1].number,
            width: panel.width)
        var renderer = CurvePanelDrawing(panel: panel, epochs: epochAxis, canvas: canvas)
        renderer.draw(bestEpoch: figure.bestEpoch)
        canvas = renderer.canvas
    }

    // MARK: - Heading and legend

    private mutating func drawHeading() {
        let limit = canvas.width - 2 * Self.margin
        canvas.text(
            fitted(figure.title, size: Self.titleSize, limit: limit), x: Self.margin, y: 38,
            size: Self.titleSize, bold: true)
        canvas.text(figure.summary, x: Self.margin, y: 62, size: 13, color: Palette.mutedInk)
    }

    private mutating func drawLegend() {
        var x = Self.margin
        let y = 90.0
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
