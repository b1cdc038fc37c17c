/// Where everything of a confusion matrix goes, in pixels.
struct ConfusionMatrixLayout {
    let classCount: Int
    /// Side of a cell.
    let cell: Double
    let names: [String]
    let nameSize: Double
    /// Column names don't fit side by side and are slanted.
    let slantsNames: Bool
    /// The matrix's upper left corner.
    let left: Double
    let top = 92.0
    let legendLeft: Double
    let legendHeight: Double
    let width: Double
    let height: Double
    /// Baseline of "True class", which is turned.
    let rowTitleX: Double
    /// Baseline of "Predicted class".
    let columnTitleY: Double
    let countSize: Double
    let countCharacters: Int
    /// Cells have room for the share under the count.
    let showsShares: Bool

    static let margin = 24.0
    static let legendWidth = 132.0
    static let titleSize = 18.0
    static let subtitleSize = 13.0
    private static let longestName = 210.0
    private static let slant = 0.7072

    init(_ figure: ConfusionMatrixFigure) {
        let count = figure.classNames.count
        let side = Self.cellSide(count)
        let size = side >= 40 ? 13.0 : max(9, min(12, side * 0.46))
        let shown = figure.classNames.map { fitted($0, size: size, limit: Self.longestName) }
        let widest = shown.map { textWidth($0, size: size) }.max() ?? 0
        let slanted = widest > side - 6
        let matrix = side * Double(count)
        let legend = max(matrix, 210)
        let slantedReach = slanted ? widest * Self.slant + size : 0
        // "True class" stands left of the names; the first slanted name reaches left as well.
        let leftEdge = max(Self.margin + 14 + 18 + widest + 9, slantedReach + 8)
        let legendX = leftEdge + matrix + 30
        let namesHeight = slanted ? widest * Self.slant + size + 8 : size + 10
        let heading = max(
            textWidth(Self.title(figure), size: Self.titleSize),
            textWidth(figure.summary, size: Self.subtitleSize))
        let columnTitle = top + matrix + namesHeight + 20

        classCount = count
        cell = side
        names = shown
        nameSize = size
        slantsNames = slanted
        left = leftEdge
        rowTitleX = leftEdge - 9 - widest - 18
        legendLeft = legendX
        legendHeight = legend
        width = max(legendX + Self.legendWidth, heading + 2 * Self.margin).rounded(.up)
        columnTitleY = columnTitle
        height = (max(columnTitle, top + legend) + Self.margin).rounded(.up)
        showsShares = side >= 50
        (countSize, countCharacters) = Self.countFont(figure, side)
    }

    static func title(_ figure: ConfusionMatrixFigure) -> String {
        fitted(figure.title, size: titleSize, limit: 900)
    }

    private static func cellSide(_ classCount: Int) -> Double {
        switch classCount {
        case ...3: 84
        case ...6: 68
        case ...12: 56
        default: max(27, (720 / Double(classCount)).rounded())
        }
    }

    /// The largest size at which the longest count fits; below 8 pixels counts are abbreviated.
    private static func countFont(
        _ figure: ConfusionMatrixFigure, _ side: Double
    ) -> (size: Double, characters: Int) {
        let longest = figure.counts.joined().map { String($0).count }.max() ?? 1
        let preferred = side >= 50 ? 15 : side * 0.4
        let fitting = (side - 5) / (0.65 * Double(longest))
        let size = max(8, min(preferred, fitting))
        return (size, Int((side - 3) / (0.65 * size)))
    }

    func cellX(_ column: Int) -> Double { left + Double(column) * cell }
    func cellY(_ row: Int) -> Double { top + Double(row) * cell }
    var matrixSide: Double { cell * Double(classCount) }
}
