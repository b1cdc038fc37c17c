import LinearAlgebra
import TestSupport
import Testing

@Suite struct OrthonormalColumnsTests {
    /// A = Q · R with R upper triangular, its diagonal positive, and QᵀQ = I.
    @Test(arguments: [(1, 1), (3, 3), (9, 4), (40, 17)])
    func splitAMatrixIntoThemAndATriangle(_ size: (rows: Int, columns: Int)) {
        var generator = SeededGenerator(seed: 81)
        let a = generator.normals(size.rows * size.columns).map(Double.init)
        let q = orthonormalColumns(a, rows: size.rows, columns: size.columns)
        func product(_ x: [Double], _ left: Int, _ right: Int) -> Double {
            (0..<size.rows).reduce(0) {
                $0 + q[$1 * size.columns + left] * x[$1 * size.columns + right]
            }
        }
        for left in 0..<size.columns {
            for right in 0..<size.columns {
                #expect(abs(product(q, left, right) - (left == right ? 1 : 0)) < 1e-12)
                let r = product(a, left, right)
                if left == right { #expect(r > 0) }
                if left > right { #expect(abs(r) < 1e-12) }
            }
        }
    }
}
