import CKernels
import LinearAlgebra

/// How a batch of equal small products lies in memory.
public struct SmallGemmShape: Sendable {
    public var count: Int
    public var m: Int
    /// A multiple of 16.
    public var n: Int
    public var k: Int
    /// Floats from A's row i to row i + 1, and from its column p to column p + 1.
    public var aRow: Int
    public var aColumn: Int
    /// Floats before the first product's operands.
    public var aStart = 0
    public var bStart = 0
    public var cStart = 0
    /// Floats between the operands of one product and the next.
    public var aStep = 0
    public var bStep = 0
    public var cStep = 0
    /// Floats between rows of B and of C.
    public var bRow: Int
    public var cRow: Int

    public init(
        count: Int = 1, m: Int, n: Int, k: Int, aRow: Int, aColumn: Int = 1, bRow: Int, cRow: Int,
        aStart: Int = 0, bStart: Int = 0, cStart: Int = 0, aStep: Int = 0, bStep: Int = 0,
        cStep: Int = 0
    ) {
        (self.count, self.m, self.n, self.k) = (count, m, n, k)
        (self.aRow, self.aColumn, self.bRow, self.cRow) = (aRow, aColumn, bRow, cRow)
        (self.aStart, self.bStart, self.cStart) = (aStart, bStart, cStart)
        (self.aStep, self.bStep, self.cStep) = (aStep, bStep, cStep)
    }
}

/// C (+)= A · B for each product of a batch, without packing: for operands that fit in a core's
/// caches, where OpenBLAS spends more on packing than on multiplying.
///
/// - Parameter c: overwritten, or added to with `accumulating`; overlaps neither A nor B.
/// - Note: each element is a sum over k in order, so results don't depend on m, n or the batch.
public func smallGemm(
    _ a: FloatSlice, _ b: FloatSlice, into c: FloatSlice, _ shape: SmallGemmShape,
    accumulating: Bool = false
) {
    let s = shape
    precondition(s.n % 16 == 0, "\(s.n) columns; small products have multiples of 16")
    guard s.count > 0 && s.m > 0 && s.n > 0 else { return }
    let last = s.count - 1
    precondition(
        s.k > 0
            && s.aStart + last * s.aStep + (s.m - 1) * s.aRow + (s.k - 1) * s.aColumn < a.count
            && s.bStart + last * s.bStep + (s.k - 1) * s.bRow + s.n <= b.count
            && s.cStart + last * s.cStep + (s.m - 1) * s.cRow + s.n <= c.count
            && s.aStart >= 0 && s.bStart >= 0 && s.cStart >= 0,
        "\(s) of \(a.count), \(b.count) and \(c.count) floats")
    tessera_gemm_batch(
        s.count, s.m, s.n, s.k, a.pointer + s.aStart, s.aRow, s.aColumn, s.aStep,
        b.pointer + s.bStart, s.bRow, s.bStep, c.pointer + s.cStart, s.cRow, s.cStep,
        accumulating ? 1 : 0)
}

/// y `[columns, rows]` = the transpose of x `[rows, columns]`.
///
/// - Parameter stride: floats between rows of `x`, and of `y`.
public func transpose(
    _ x: FloatSlice, rows: Int, columns: Int, stride xStride: Int, into y: FloatSlice,
    stride yStride: Int
) {
    guard rows > 0 && columns > 0 else { return }
    precondition(
        (rows - 1) * xStride + columns <= x.count && (columns - 1) * yStride + rows <= y.count,
        "\(rows)×\(columns) of \(x.count) floats into \(y.count)")
    tessera_transpose(x.pointer, rows, columns, xStride, y.pointer, yStride)
}

/// y = x, both `[rows, columns]`.
///
/// One call instead of a slice for each row: slices of one buffer made on several threads contend for
/// its reference count.
///
/// - Parameter stride: floats between rows of `x`, and of `y`.
public func copyRows(
    _ x: FloatSlice, rows: Int, columns: Int, stride xStride: Int, into y: FloatSlice,
    stride yStride: Int
) {
    guard rows > 0 && columns > 0 else { return }
    precondition(
        (rows - 1) * xStride + columns <= x.count && (rows - 1) * yStride + columns <= y.count,
        "\(rows)×\(columns) of \(x.count) floats into \(y.count)")
    tessera_copy_rows(x.pointer, rows, columns, xStride, y.pointer, yStride)
}
