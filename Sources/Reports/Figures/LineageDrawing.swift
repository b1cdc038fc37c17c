/// Draws a `LineageFigure`.
struct LineageDrawing {
    private let figure: LineageFigure
    private let layout: LineageLayout
    private var canvas: SVGCanvas

    private static let margin = 24.0
    private static let top = 56.0
    private static let longestText = 156.0
    private static let made = Color(0xE3EEFB)

    init(_ figure: LineageFigure) {
        self.figure = figure
        let widths = figure.nodes.map { node in
            let texts = Self.texts(node, of: figure)
            // The name is bold, which is wider.
            let widest = texts.map { textWidth($0.text, size: $0.size + 1) }.max() ?? 0
            return max(88, min(Self.longestText, widest) + 20)
        }
        layout = LineageLayout(figure, nodeWidths: widths, left: Self.margin, top: Self.top)
        canvas = SVGCanvas(
            width: max(460, layout.width + Self.margin), height: layout.height + Self.margin)
    }

    mutating func document() -> String {
        drawLegend()
        for line in layout.lines { draw(line) }
        for box in layout.boxes { draw(box) }
        return canvas.document(title: "Lineage", summary: summary)
    }

    private static func texts(
        _ node: LineageNode, of figure: LineageFigure
    ) -> [(text: String, size: Double)] {
        [(node.asset, 13), ("version \(node.version)", 11), (figure.origin(node), 11)]
    }

    /// What is made from what, in words.
    private var summary: String {
        figure.nodes.map { node in
            node.inputs.isEmpty
                ? node.asset : "\(node.asset) from \(node.inputs.joined(separator: " and "))"
        }.joined(separator: "; ") + "."
    }

    // MARK: - Elements

    private mutating func drawLegend() {
        canvas.rect(
            x: Self.margin, y: 19, width: 22, height: 14, fill: Self.made.hex, radius: 3,
            stroke: Palette.train)
        canvas.text("built by this run", x: Self.margin + 30, y: 30)
        canvas.rect(
            x: Self.margin + 156, y: 19, width: 22, height: 14, fill: Palette.emptyCell.hex,
            radius: 3, stroke: Palette.axis, dashes: "4 3")
        canvas.text("built before, or from outside", x: Self.margin + 186, y: 30)
    }

    private mutating func draw(_ line: [(x: Double, y: Double)]) {
        guard let end = line.last else { return }
        canvas.curve(
            through: line.dropLast() + [(end.x - 5, end.y)], color: Palette.axis, width: 1.5)
        canvas.polygon(
            [(end.x - 8, end.y - 4), (end.x - 1, end.y), (end.x - 8, end.y + 4)],
            fill: Palette.axis)
    }

    private mutating func draw(_ box: LineageLayout.Box) {
        let node = figure.nodes[box.node]
        let isMadeHere = node.run == figure.run
        canvas.rect(
            x: box.x, y: box.y, width: box.width, height: LineageLayout.boxHeight,
            fill: (isMadeHere ? Self.made : Palette.emptyCell).hex, radius: 7,
            stroke: isMadeHere ? Palette.train : Palette.axis, dashes: isMadeHere ? nil : "4 3",
            tooltip: "\(node.asset): version \(node.version), artifact \(node.artifact), "
                + figure.origin(node))
        for (index, line) in Self.texts(node, of: figure).enumerated() {
            canvas.text(
                fitted(line.text, size: line.size + 1, limit: box.width - 19), x: box.x + 10,
                y: box.y + 20 + Double(index) * 17, size: line.size,
                color: index == 0 ? Palette.ink : Palette.mutedInk, bold: index == 0)
        }
    }
}
