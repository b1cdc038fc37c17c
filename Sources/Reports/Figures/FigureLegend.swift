/// Names of lines beside samples of them, in rows that wrap.
struct FigureLegend {
    typealias Entry = (name: String, style: LineStyle)

    private let places: [(entry: Entry, x: Double, row: Int)]
    let height: Double

    private static let rowHeight = 20.0
    private static let sampleWidth = 26.0
    private static let longestName = 240.0

    /// - Parameter width: where rows end.
    init(_ entries: [Entry], width: Double) {
        var places: [(entry: Entry, x: Double, row: Int)] = []
        var (x, row) = (0.0, 0)
        for entry in entries {
            let name = fitted(entry.name, size: 12, limit: Self.longestName)
            let length = Self.sampleWidth + 7 + textWidth(name, size: 12)
            if x > 0, x + length > width { (x, row) = (0, row + 1) }
            places.append(((name, entry.style), x, row))
            x += length + 20
        }
        self.places = places
        height = places.isEmpty ? 0 : Double(row + 1) * Self.rowHeight
    }

    /// The first `LineStyle.distinctCount` names, and how many are grey.
    static func entries(_ names: [String]) -> [Entry] {
        let named = names.prefix(LineStyle.distinctCount).enumerated().map {
            (name: $1, style: LineStyle.distinct($0))
        }
        let rest = names.count - named.count
        return rest > 0 ? named + [("\(rest) other\(rest == 1 ? "" : "s")", LineStyle.rest)] : named
    }

    /// - Parameter y: the upper edge.
    func draw(on canvas: inout SVGCanvas, x: Double, y: Double) {
        for place in places {
            let left = x + place.x
            let middle = y + (Double(place.row) + 0.5) * Self.rowHeight
            let style = place.entry.style
            canvas.line(
                x1: left, y1: middle, x2: left + Self.sampleWidth, y2: middle, color: style.color,
                width: style.width + 0.5, dashes: style.dashes)
            canvas.text(place.entry.name, x: left + Self.sampleWidth + 7, y: middle + 4)
        }
    }
}
