/// For which width a figure is drawn.
enum FigureWidth {
    /// A page beside nothing else, or a file of its own.
    case wide
    /// A phone: `narrowWidth` pixels, with the same sizes of type.
    case narrow

    /// What a phone of 390 pixels leaves beside the page's and the card's edges.
    static let narrowWidth = 356.0

    var margin: Double { self == .wide ? 24 : 10 }
}

/// Title and summary at the top of a figure; on a narrow one they take several lines.
struct FigureHeading {
    /// How much further down everything else is than with one line.
    let extraHeight: Double
    private let titleLines: [String]
    private let lines: [String]
    private let margin: Double
    private let size: Double
    private let titleY: Double

    private static let lineHeight = 18.0
    private static let titleLineHeight = 21.0
    static let titleSize = 18.0
    private static let narrowTitleSize = 17.0
    static let summarySize = 13.0

    /// - Parameter limit: the width of the figure without its margins.
    init(title: String, summary: String, width: FigureWidth, limit: Double) {
        size = width == .wide ? Self.titleSize : Self.narrowTitleSize
        // Bold, which is wider.
        titleLines =
            width == .wide
            ? [fitted(title, size: size, limit: limit)]
            : wrapped(title, size: size + 1, limit: limit)
        lines =
            width == .wide
            ? [summary] : wrapped(summary, size: Self.summarySize, limit: limit)
        margin = width.margin
        // A phone's card has no air to give.
        titleY = width == .wide ? 38 : 26
        extraHeight =
            Double(lines.count - 1) * Self.lineHeight
            + Double(titleLines.count - 1) * Self.titleLineHeight + titleY - 38
    }

    func draw(on canvas: inout SVGCanvas) {
        for (index, line) in titleLines.enumerated() {
            canvas.text(
                line, x: margin, y: titleY + Double(index) * Self.titleLineHeight, size: size,
                bold: true)
        }
        let top = titleY + Double(titleLines.count - 1) * Self.titleLineHeight + 24
        for (index, line) in lines.enumerated() {
            canvas.text(
                line, x: margin, y: top + Double(index) * Self.lineHeight,
                size: Self.summarySize, color: Palette.mutedInk)
        }
    }
}

/// `text` in lines that aren't wider than `limit`, broken at spaces; a longer word is cut.
func wrapped(_ text: String, size: Double, limit: Double) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
        let longer = lines.last.map { "\($0) \(word)" } ?? String(word)
        if let last = lines.indices.last, textWidth(longer, size: size) <= limit {
            lines[last] = longer
        } else {
            lines.append(fitted(String(word), size: size, limit: limit))
        }
    }
    return lines.isEmpty ? [""] : lines
}
