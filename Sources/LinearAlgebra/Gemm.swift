import COpenBLAS

/// C := alpha · op(A) · op(B) + beta · C, in float32.
///
/// - Parameter c: `[m, n]`, overwritten when `beta` is 0 (its old content is not read then).
/// - Precondition: op(A) is `[m, k]`, op(B) is `[k, n]`, and every size fits in 32 bits. C overlaps
///   neither A nor B.
/// - Note: m = 0 or n = 0 does nothing; k = 0 still scales C by beta.
/// - Source: Dongarra, Du Croz, Hammarling, Duff (1990), "A Set of Level 3 BLAS"; OpenBLAS.
public func gemm(
    _ a: Matrix, transposeA: Transpose = .no, _ b: Matrix, transposeB: Transpose = .no,
    into c: Matrix, alpha: Float = 1, beta: Float = 0
) {
    let (m, k) = transposeA == .no ? (a.rows, a.columns) : (a.columns, a.rows)
    let (bRows, n) = transposeB == .no ? (b.rows, b.columns) : (b.columns, b.rows)
    precondition(
        k == bRows && c.rows == m && c.columns == n,
        "gemm: [\(m), \(k)] · [\(bRows), \(n)] into [\(c.rows), \(c.columns)]")
    guard m > 0 && n > 0 else { return }
    cblas_sgemm(
        CblasRowMajor, transposeA.cblas, transposeB.cblas, blasInt(m), blasInt(n), blasInt(k),
        alpha, a.elements.pointer, blasInt(max(1, a.leadingDimension)), b.elements.pointer,
        blasInt(max(1, b.leadingDimension)), beta, c.elements.pointer, blasInt(c.leadingDimension))
}

/// The triple loop that `gemm` stands for: its specification and the tests' oracle.
///
/// Products are summed in double precision.
public func gemmReference(
    _ a: Matrix, transposeA: Transpose = .no, _ b: Matrix, transposeB: Transpose = .no,
    into c: Matrix, alpha: Float = 1, beta: Float = 0
) {
    let k = transposeA == .no ? a.columns : a.rows
    for i in 0..<c.rows {
        for j in 0..<c.columns {
            var sum = 0.0
            for p in 0..<k {
                let left = transposeA == .no ? a[i, p] : a[p, i]
                let right = transposeB == .no ? b[p, j] : b[j, p]
                sum += Double(left) * Double(right)
            }
            let old = beta == 0 ? 0 : Double(beta) * Double(c[i, j])
            c[i, j] = Float(Double(alpha) * sum + old)
        }
    }
}

/// y := alpha · op(A) · x + beta · y, in float32.
///
/// The engine has no use for it; it is what `make bench-kernels` measures its products of one row beside.
///
/// - Parameter y: as many elements as op(A) has rows; overwritten when `beta` is 0.
public func gemv(
    _ a: Matrix, transposeA: Transpose = .no, _ x: FloatSlice, into y: FloatSlice,
    alpha: Float = 1, beta: Float = 0
) {
    let (rows, columns) = transposeA == .no ? (a.rows, a.columns) : (a.columns, a.rows)
    precondition(
        x.count == columns && y.count == rows,
        "gemv: [\(rows), \(columns)] · [\(x.count)] into [\(y.count)]")
    guard a.rows > 0 && a.columns > 0 else { return }
    cblas_sgemv(
        CblasRowMajor, transposeA.cblas, blasInt(a.rows), blasInt(a.columns), alpha,
        a.elements.pointer, blasInt(a.leadingDimension), x.pointer, 1, beta, y.pointer, 1)
}

extension Transpose {
    var cblas: CBLAS_TRANSPOSE { self == .no ? CblasNoTrans : CblasTrans }
}

/// OpenBLAS's integers have 32 bits; a size beyond that must not wrap silently.
func blasInt(_ value: Int) -> Int32 {
    guard let narrow = Int32(exactly: value) else {
        preconditionFailure("size \(value) exceeds the 32-bit integers of BLAS")
    }
    return narrow
}
