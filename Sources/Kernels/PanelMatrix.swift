import LinearAlgebra

/// A matrix `[k, n]` kept in panels of 32 columns, each `[k, 32]`: the right-hand side of small
/// products that is too large for a core's caches, so that it is read in one run from end to end.
///
/// Columns beyond n are zero.
public struct PanelMatrix {
    public static let panelWidth = 32

    public let rows: Int
    public let columns: Int
    private let values: FloatSlice

    public init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        values =
            FloatBuffer(count: rows * PanelMatrix.panelCount(columns) * PanelMatrix.panelWidth).all
    }

    private static func panelCount(_ columns: Int) -> Int {
        (columns + panelWidth - 1) / panelWidth
    }

    public var panelCount: Int { PanelMatrix.panelCount(columns) }

    private func panel(_ index: Int) -> FloatSlice {
        let count = rows * PanelMatrix.panelWidth
        return values.slice(index * count, count: count)
    }

    private func columnRange(_ panel: Int) -> Range<Int> {
        panel * PanelMatrix.panelWidth..<min((panel + 1) * PanelMatrix.panelWidth, columns)
    }

    /// Fills a panel from a matrix `[k, n]` by rows.
    public func fill(panel index: Int, from matrix: FloatSlice) {
        precondition(matrix.count == rows * columns)
        let range = columnRange(index)
        copyRows(
            matrix.slice(range.lowerBound, count: matrix.count - range.lowerBound), rows: rows,
            columns: range.count, stride: columns, into: panel(index),
            stride: PanelMatrix.panelWidth)
    }

    /// Fills a panel from the transpose of a matrix `[n, k]` by rows.
    public func fill(panel index: Int, fromTranspose matrix: FloatSlice) {
        precondition(matrix.count == rows * columns)
        let range = columnRange(index)
        transpose(
            matrix.slice(range.lowerBound * rows, count: range.count * rows), rows: range.count,
            columns: rows, stride: rows, into: panel(index), stride: PanelMatrix.panelWidth)
    }

    /// c (+)= a · these columns, for some panels.
    ///
    /// - Parameters:
    ///   - a: `m` rows of `aRow` floats each, the first k of them used.
    ///   - c: `m` rows of `cRow` floats each, whole panels wide; its first column is the first
    ///     panel's.
    public func product(
        _ a: FloatSlice, m: Int, aRow: Int, into c: FloatSlice, cRow: Int, panels: Range<Int>,
        accumulating: Bool
    ) {
        let width = PanelMatrix.panelWidth
        let count = rows * width
        smallGemm(
            a, values.slice(panels.lowerBound * count, count: panels.count * count), into: c,
            SmallGemmShape(
                count: panels.count, m: m, n: width, k: rows, aRow: aRow, bRow: width, cRow: cRow,
                bStep: count, cStep: width), accumulating: accumulating)
    }
}
