/// Where the two panels of a figure with curves go: side by side, or below each other.
struct CurvePanelLayout {
    let panelWidth: Double
    let panelHeight: Double
    /// The upper left corners of the areas inside the axes.
    let places: [(x: Double, y: Double)]

    /// Room left of a panel for its tick labels.
    private static let axisWidth = 58.0
    private static let widePanelWidth = 360.0
    /// From one panel's lower edge to the next one's upper edge.
    private static let gap = 72.0

    static func canvasWidth(_ width: FigureWidth) -> Double {
        width == .wide
            ? 2 * (axisWidth + widePanelWidth) + 34 + 2 * width.margin - 10
            : FigureWidth.narrowWidth
    }

    /// - Parameter top: the upper edge of the first panel.
    init(width: FigureWidth, top: Double, panelHeight: Double) {
        self.panelHeight = panelHeight
        let left = width.margin - 10 + Self.axisWidth
        if width == .wide {
            panelWidth = Self.widePanelWidth
            places = [(left, top), (left + panelWidth + 34 + Self.axisWidth, top)]
        } else {
            panelWidth = FigureWidth.narrowWidth - left - 14
            places = [(left, top), (left, top + panelHeight + Self.gap)]
        }
    }

    var right: Double { places[1].x + panelWidth }
    var bottom: Double { places[1].y + panelHeight }
}
