import COpenBLAS

/// A matrix that should be positive definite is not.
public struct NotPositiveDefinite: Error, Equatable, CustomStringConvertible {
    /// The order of the leading minor that is not positive.
    public let order: Int

    public init(order: Int) { self.order = order }

    public var description: String {
        "the matrix is not positive definite: its leading minor of order \(order) is not positive"
    }
}

/// Solves A · X = B for symmetric positive definite A by Cholesky factorisation (LAPACK's sposv).
///
/// For models of tables, which come next: ridge regression's normal equations, and the Newton steps of
/// logistic regression.
///
/// - Parameter a: `[n, n]`; the upper triangle is read and overwritten by the factor.
/// - Parameter b: `[n, columns]`, overwritten by the solution.
/// - Throws: `NotPositiveDefinite`; B is unchanged then.
public func choleskySolve(_ a: Matrix, _ b: Matrix) throws {
    precondition(
        a.rows == a.columns && b.rows == a.rows,
        "choleskySolve: [\(a.rows), \(a.columns)] and [\(b.rows), \(b.columns)]")
    guard a.rows > 0 && b.columns > 0 else { return }
    let status = LAPACKE_sposv(
        LAPACK_ROW_MAJOR, CChar(UInt8(ascii: "U")), blasInt(a.rows), blasInt(b.columns),
        a.elements.pointer, blasInt(a.leadingDimension), b.elements.pointer,
        blasInt(b.leadingDimension))
    precondition(status >= 0, "sposv: argument \(-status) is invalid")
    if status > 0 { throw NotPositiveDefinite(order: Int(status)) }
}
