/// A row-major view of a part of a buffer: element (i, j) is `elements[i · leadingDimension + j]`.
public struct Matrix: @unchecked Sendable {
    public let elements: FloatSlice
    public let rows: Int
    public let columns: Int
    public let leadingDimension: Int

    /// - Parameter leadingDimension: floats from one row to the next; `columns` when nil.
    /// - Precondition: the last row ends inside `elements`.
    public init(_ elements: FloatSlice, rows: Int, columns: Int, leadingDimension: Int? = nil) {
        let stride = leadingDimension ?? columns
        precondition(rows >= 0 && columns >= 0, "a matrix of \(rows) × \(columns)")
        precondition(stride >= columns, "leading dimension \(stride) for \(columns) columns")
        precondition(
            rows == 0 || (rows - 1) * stride + columns <= elements.count,
            "\(rows) × \(columns) with leading dimension \(stride) in \(elements.count) floats")
        self.elements = elements
        self.rows = rows
        self.columns = columns
        self.leadingDimension = stride
    }

    public subscript(row: Int, column: Int) -> Float {
        get { elements[row * leadingDimension + column] }
        nonmutating set { elements[row * leadingDimension + column] = newValue }
    }
}

/// Whether a matrix enters a product as it lies in memory or transposed.
public enum Transpose: Sendable { case no, yes }
