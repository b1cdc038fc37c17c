/// A confusion matrix as a heat map: rows are the true classes, columns the predicted ones.
///
/// Each cell is coloured by its share of the true class. The diagonal has a blue scale from 0 to
/// 100 %, the errors a red one of their own that ends at the largest error, so that a good model's
/// few errors show. Cells hold their counts, empty ones nothing; browsers show names, count and
/// share under the pointer.
package struct ConfusionMatrixFigure: Equatable, Sendable {
    /// `[K, K]`
    package let counts: [[Int]]
    /// `[K]`
    package let classNames: [String]
    package let title: String

    /// - Throws: `FigureError` unless `counts` is square and not negative, and there is one name
    ///   a class.
    package init(counts: [[Int]], classNames: [String], title: String = "Confusion matrix") throws {
        guard !counts.isEmpty else { throw FigureError.empty(what: "counts") }
        guard classNames.count == counts.count else {
            throw FigureError.nameCount(expected: counts.count, got: classNames.count)
        }
        var total = 0
        for (row, cells) in counts.enumerated() {
            guard cells.count == counts.count else {
                throw FigureError.notSquare(row: row, cells: cells.count, expected: counts.count)
            }
            for (column, count) in cells.enumerated() {
                guard count >= 0 else {
                    throw FigureError.negativeCount(row: row, column: column, count: count)
                }
                let (sum, overflow) = total.addingReportingOverflow(count)
                guard !overflow else { throw FigureError.totalTooLarge }
                total = sum
            }
        }
        self.counts = counts
        self.classNames = classNames
        self.title = title
    }

    /// The picture as the text of an SVG file.
    package var svg: String { svg(.wide) }

    /// The same for a phone's width; nil where there are too many classes for it, or long names.
    var narrowSVG: String? { ConfusionMatrixLayout.fitsNarrow(self) ? svg(.narrow) : nil }

    private func svg(_ width: FigureWidth) -> String {
        var drawing = ConfusionMatrixDrawing(self, width: width)
        return drawing.document()
    }

    // MARK: - Numbers shown

    var rowTotals: [Int] { counts.map { $0.reduce(0, +) } }

    /// The largest share off the diagonal: where the scale of the errors ends.
    var largestErrorShare: Double {
        var largest = 0.0
        for (row, total) in rowTotals.enumerated() where total > 0 {
            for column in counts.indices where column != row {
                largest = max(largest, Double(counts[row][column]) / Double(total))
            }
        }
        return largest
    }

    var errorCount: Int {
        rowTotals.reduce(0, +) - counts.indices.reduce(0) { $0 + counts[$1][$1] }
    }

    /// `10,000 samples · 99.4% right · 63 errors`
    var summary: String {
        let total = rowTotals.reduce(0, +)
        let errors = errorCount
        let samples = "\(NumberText.grouped(total)) sample\(total == 1 ? "" : "s")"
        guard total > 0 else { return samples }
        return samples + " · \(NumberText.percent(Double(total - errors) / Double(total))) right"
            + " · \(NumberText.grouped(errors)) error\(errors == 1 ? "" : "s")"
    }
}
