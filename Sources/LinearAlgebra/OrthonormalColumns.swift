import COpenBLAS

/// Columns that span what A's do, orthogonal to each other and of length 1: the Q of A = Q · R, with
/// the signs that make R's diagonal positive, so that it is A's only one (LAPACK's dgeqrf, dorgqr).
///
/// Of an A with independent normal elements it is uniform over all such matrices.
///
/// - Parameter a: `[rows, columns]`, row by row.
/// - Precondition: at least as many rows as columns, and at least one.
/// - Source: Mezzadri (2007), "How to Generate Random Matrices from the Classical Compact Groups".
public func orthonormalColumns(_ a: [Double], rows: Int, columns: Int) -> [Double] {
    precondition(
        columns >= 1 && rows >= columns && a.count == rows * columns,
        "orthonormalColumns: [\(rows), \(columns)] of \(a.count) elements")
    var q = a
    var reflections = [Double](repeating: 0, count: columns)
    let (m, n) = (blasInt(rows), blasInt(columns))
    let factored = LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, m, n, &q, n, &reflections)
    precondition(factored == 0, "dgeqrf: argument \(-factored) is invalid")
    let signs = (0..<columns).map { q[$0 * columns + $0] < 0 ? -1.0 : 1.0 }
    let formed = LAPACKE_dorgqr(LAPACK_ROW_MAJOR, m, n, n, &q, n, &reflections)
    precondition(formed == 0, "dorgqr: argument \(-formed) is invalid")
    for index in q.indices { q[index] *= signs[index % columns] }
    return q
}
