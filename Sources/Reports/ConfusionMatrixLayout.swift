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
    let top: Double
    let heading: FigureHeading
    /// Where the scales begin; nil on a narrow figure, which has a line of words instead.
    let legendLeft: Double?
    let legendHeight: Double
    let width: Double
    let height: Double
    /// Baseline of "True class", which is rotated.
    let rowTitleX: Double
    /// Baseline of "Predicted class".
    let columnTitleY: Double
    let countSize: Double
    let countCharacters: Int
    /// Cells have room for the share under the count.
    let showsShares: Bool

    static let legendWidth = 132.0
    /// Names that are longer leave a phone no room for the cells.
    private static let longestNarrowName = 40.0
    private static let leastNarrowCell = 24.0
    private static let longestName = 210.0
    private static let slant = 0.7072

    /// Whether a narrow figure has room for so many classes with such names.
    static func fitsNarrow(_ figure: ConfusionMatrixFigure) -> Bool {
        let widest = figure.classNames.map { textWidth($0, size: 12) }.max() ?? 0
        return widest <= longestNarrowName
            && narrowSide(figure.classNames.count, widestName: widest) >= leastNarrowCell
    }

    /// Side of a cell where names of this width stand beside the matrix.
    private static func narrowSide(_ classCount: Int, widestName: Double) -> Double {
        let room = FigureWidth.narrowWidth - narrowLeft(widestName) - 6
        return min(84, (room / Double(classCount) * 10).rounded(.down) / 10)
    }

    private static func narrowLeft(_ widestName: Double) -> Double { 26 + widestName + 7 }

    /// The scales' room in a wide figure, a line of words in a narrow one.
    static let narrowLegendHeight = 30.0

    init(_ figure: ConfusionMatrixFigure, width figureWidth: FigureWidth = .wide) {
        let isNarrow = figureWidth == .narrow
        let margin = figureWidth.margin
        let count = figure.classNames.count
        let widestAtTwelve = figure.classNames.map { textWidth($0, size: 12) }.max() ?? 0
        let side =
            isNarrow ? Self.narrowSide(count, widestName: widestAtTwelve) : Self.cellSide(count)
        let size = side >= 40 ? 13.0 : isNarrow ? 12 : max(9, min(12, side * 0.46))
        let shown = figure.classNames.map { fitted($0, size: size, limit: Self.longestName) }
        let widest = shown.map { textWidth($0, size: size) }.max() ?? 0
        let slanted = widest > side - 6
        let matrix = side * Double(count)
        let legend = max(matrix, 210)
        let slantedReach = slanted ? widest * Self.slant + size : 0
        // "True class" stands left of the names; the first slanted name reaches left as well.
        let leftEdge =
            isNarrow
            ? Self.narrowLeft(widest) : max(margin + 14 + 18 + widest + 9, slantedReach + 8)
        let legendX = leftEdge + matrix + 30
        let namesHeight = slanted ? widest * Self.slant + size + 8 : size + 10
        let headingWidth = max(
            textWidth(Self.title(figure), size: FigureHeading.titleSize),
            textWidth(figure.summary, size: FigureHeading.summarySize))
        heading = FigureHeading(
            title: Self.title(figure), summary: figure.summary, width: figureWidth,
            limit: isNarrow ? FigureWidth.narrowWidth - 2 * margin : max(headingWidth, 1))
        top = 92 + heading.extraHeight + (isNarrow ? Self.narrowLegendHeight : 0)
        let columnTitle = top + matrix + namesHeight + 20

        classCount = count
        cell = side
        names = shown
        nameSize = size
        slantsNames = slanted
        left = leftEdge
        rowTitleX = isNarrow ? 15 : leftEdge - 9 - widest - 18
        legendLeft = isNarrow ? nil : legendX
        legendHeight = legend
        width =
            isNarrow
            ? FigureWidth.narrowWidth
            : max(legendX + Self.legendWidth, headingWidth + 2 * margin).rounded(.up)
        columnTitleY = columnTitle
        height =
            (isNarrow ? columnTitle + 12 : max(columnTitle, top + legend) + margin).rounded(.up)
        showsShares = side >= 50
        (countSize, countCharacters) = Self.countFont(figure, side, isNarrow: isNarrow)
    }

    static func title(_ figure: ConfusionMatrixFigure) -> String {
        fitted(figure.title, size: FigureHeading.titleSize, limit: 900)
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
        _ figure: ConfusionMatrixFigure, _ side: Double, isNarrow: Bool
    ) -> (size: Double, characters: Int) {
        let most = figure.counts.joined().max() ?? 0
        let longest = NumberText.grouped(most)
        let preferred = side >= 50 ? 15 : side * 0.4
        // A phone needs all the room that there is for figures to be read.
        let fitting = (side - (isNarrow ? 1 : 5)) / textWidth(longest, size: 1)
        let size = max(isNarrow ? 10 : 8, min(preferred, fitting))
        let fits = textWidth(longest, size: size) <= side - (isNarrow ? 0.5 : 3)
        return (size, fits ? longest.count : Int((side - 3) / (0.65 * size)))
    }

    func cellX(_ column: Int) -> Double { left + Double(column) * cell }
    func cellY(_ row: Int) -> Double { top + Double(row) * cell }
    var matrixSide: Double { cell * Double(classCount) }
}
