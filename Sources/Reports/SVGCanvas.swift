import Foundation
import SafeText

/// Collects the elements of one SVG picture; every text that goes in is escaped here.
struct SVGCanvas {
    let width: Double
    let height: Double
    private var elements: [String] = []

    /// The viewer's own sans-serif: nothing is embedded or fetched.
    static let fontStack =
        "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

    enum Anchor: String { case start, middle, end }

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    /// The whole file; `title` and `summary` are what a screen reader says.
    func document(title: String, summary: String) -> String {
        let size = "width=\"\(number(width))\" height=\"\(number(height))\""
        let box = "viewBox=\"0 0 \(number(width)) \(number(height))\""
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" \(size) \(box) role="img" \
            font-family="\(Self.fontStack)">
            <title>\(escaped(title))</title>
            <desc>\(escaped(summary))</desc>
            <rect width="100%" height="100%" fill="\(Palette.background.hex)"/>
            \(elements.joined(separator: "\n"))
            </svg>

            """
    }

    // MARK: - Elements

    /// - Parameter tooltip: shown by browsers while the pointer is on the rectangle.
    mutating func rect(
        x: Double, y: Double, width: Double, height: Double, fill: String, radius: Double = 0,
        stroke: Color? = nil, dashes: String? = nil, tooltip: String? = nil
    ) {
        var attributes =
            "x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" "
            + "height=\"\(number(height))\" fill=\"\(escaped(fill))\""
        if radius > 0 { attributes += " rx=\"\(number(radius))\"" }
        if let stroke { attributes += " stroke=\"\(stroke.hex)\"" }
        if let dashes { attributes += " stroke-dasharray=\"\(dashes)\"" }
        if let tooltip {
            elements.append("<rect \(attributes)><title>\(escaped(tooltip))</title></rect>")
        } else {
            elements.append("<rect \(attributes)/>")
        }
    }

    mutating func line(
        x1: Double, y1: Double, x2: Double, y2: Double, color: Color, width: Double = 1,
        dashes: String? = nil
    ) {
        let dashing = dashes.map { " stroke-dasharray=\"\($0)\"" } ?? ""
        elements.append(
            "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" "
                + "y2=\"\(number(y2))\" stroke=\"\(color.hex)\" "
                + "stroke-width=\"\(number(width))\"\(dashing)/>")
    }

    mutating func polyline(
        _ points: [(x: Double, y: Double)], color: Color, width: Double = 2, dashes: String? = nil
    ) {
        let dashing = dashes.map { " stroke-dasharray=\"\($0)\"" } ?? ""
        let list = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
        elements.append(
            "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(color.hex)\" "
                + "stroke-width=\"\(number(width))\" stroke-linejoin=\"round\" "
                + "stroke-linecap=\"round\"\(dashing)/>")
    }

    /// A smooth line from left to right, level at each of `points`.
    mutating func curve(through points: [(x: Double, y: Double)], color: Color, width: Double) {
        guard let first = points.first else { return }
        var path = "M\(number(first.x)) \(number(first.y))"
        for (from, to) in zip(points, points.dropFirst()) {
            let middle = number((from.x + to.x) / 2)
            path += " C\(middle) \(number(from.y)) \(middle) \(number(to.y)) "
            path += "\(number(to.x)) \(number(to.y))"
        }
        elements.append(
            "<path d=\"\(path)\" fill=\"none\" stroke=\"\(color.hex)\" "
                + "stroke-width=\"\(number(width))\"/>")
    }

    mutating func polygon(_ points: [(x: Double, y: Double)], fill: Color) {
        let list = points.map { "\(number($0.x)),\(number($0.y))" }.joined(separator: " ")
        elements.append("<polygon points=\"\(list)\" fill=\"\(fill.hex)\"/>")
    }

    mutating func circle(
        x: Double, y: Double, radius: Double, fill: Color, stroke: Color? = nil,
        tooltip: String? = nil
    ) {
        let outline = stroke.map { " stroke=\"\($0.hex)\" stroke-width=\"2\"" } ?? ""
        let content = tooltip.map { "<title>\(escaped($0))</title>" } ?? ""
        elements.append(
            "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"\(number(radius))\" "
                + "fill=\"\(fill.hex)\"\(outline)>\(content)</circle>")
    }

    /// A circle that lets what is under it show.
    mutating func ring(x: Double, y: Double, radius: Double, color: Color) {
        elements.append(
            "<circle cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"\(number(radius))\" "
                + "fill=\"none\" stroke=\"\(color.hex)\" stroke-width=\"2\"/>")
    }

    /// - Parameter y: of the baseline.
    /// - Parameter rotation: degrees clockwise about (x, y).
    mutating func text(
        _ text: String, x: Double, y: Double, size: Double = 12, color: Color = Palette.ink,
        anchor: Anchor = .start, bold: Bool = false, rotation: Double = 0
    ) {
        var attributes =
            "x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(number(size))\" "
            + "fill=\"\(color.hex)\""
        if anchor != .start { attributes += " text-anchor=\"\(anchor.rawValue)\"" }
        if bold { attributes += " font-weight=\"600\"" }
        if rotation != 0 {
            attributes += " transform=\"rotate(\(number(rotation)) \(number(x)) \(number(y)))\""
        }
        elements.append("<text \(attributes)>\(escaped(text))</text>")
    }

    /// A vertical gradient to fill with, by `url(#id)`; the first colour is at the bottom.
    mutating func gradient(id: String, _ colors: [Color]) {
        let stops = colors.enumerated().map { index, color in
            let offset = Double(index) / Double(max(1, colors.count - 1))
            return "<stop offset=\"\(number(offset))\" stop-color=\"\(color.hex)\"/>"
        }
        elements.append(
            "<defs><linearGradient id=\"\(id)\" x1=\"0\" y1=\"1\" x2=\"0\" y2=\"0\">"
                + "\(stops.joined())</linearGradient></defs>")
    }
}

/// At most two decimals, none where they are zeros; always a point, whatever the locale.
private func number(_ value: Double) -> String {
    let hundredths = (value * 100).rounded() / 100
    return hundredths == hundredths.rounded()
        ? String(format: "%.0f", hundredths + 0) : "\(hundredths)"
}

/// Text made safe for XML content and attributes.
///
/// Characters that XML 1.0 can't hold at all, even escaped, become U+FFFD; others that can't be seen or
/// turn the text around are shown as `\u{202e}`.
func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        case "\t", "\n", "\r": result += " "
        case "\u{0}"..<"\u{20}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
        default: result += String(scalar).escapingHiddenCharacters()
        }
    }
    return result
}
