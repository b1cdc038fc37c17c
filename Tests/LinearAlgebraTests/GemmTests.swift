import COpenBLAS
import LinearAlgebra
import TestSupport
import Testing

@Suite struct GemmTests {
    @Test(arguments: [Transpose.no, .yes], [Transpose.no, .yes])
    func matchesTheTripleLoop(transposeA: Transpose, transposeB: Transpose) {
        let seed: UInt64 = 11
        var generator = SeededGenerator(seed: seed)
        for (m, n, k) in [
            (1, 1, 1), (3, 5, 7), (17, 1, 4), (1, 33, 9), (8, 16, 0), (0, 3, 2), (31, 29, 65),
        ] {
            for (alpha, beta) in [(Float(1), Float(0)), (0.5, 1), (-2, 0.25)] {
                let a = matrix(transposeA == .no ? (m, k) : (k, m), padding: 3, &generator)
                let b = matrix(transposeB == .no ? (k, n) : (n, k), padding: 1, &generator)
                let c = matrix((m, n), padding: 2, &generator)
                let expected = Matrix(
                    FloatSlice(c.elements.array), rows: m, columns: n,
                    leadingDimension: c.leadingDimension)
                gemm(
                    a, transposeA: transposeA, b, transposeB: transposeB, into: c, alpha: alpha,
                    beta: beta)
                gemmReference(
                    a, transposeA: transposeA, b, transposeB: transposeB, into: expected,
                    alpha: alpha, beta: beta)
                // Padding between the rows must come through untouched, so whole buffers compare.
                // 65 products of numbers below 1: rounding stays under 65 · 6e-8.
                assertClose(
                    c.elements.array, expected.elements.array, relative: 1e-5, absolute: 1e-5,
                    "m \(m) n \(n) k \(k) alpha \(alpha) beta \(beta) seed \(seed)")
            }
        }
    }

    @Test func zeroBetaDoesNotReadTheDestination() {
        let a = Matrix(FloatSlice([1, 2]), rows: 1, columns: 2)
        let b = Matrix(FloatSlice([3, 4]), rows: 2, columns: 1)
        let c = Matrix(FloatSlice([.nan]), rows: 1, columns: 1)
        gemm(a, b, into: c)
        #expect(c[0, 0] == 11)
    }

    @Test func gemvMatchesGemm() {
        var generator = SeededGenerator(seed: 5)
        let a = matrix((7, 4), padding: 2, &generator)
        for transpose in [Transpose.no, .yes] {
            let (rows, columns) = transpose == .no ? (7, 4) : (4, 7)
            let x = FloatSlice(generator.floats(columns))
            let y = FloatBuffer(count: rows).all
            gemv(a, transposeA: transpose, x, into: y)
            let expected = Matrix(FloatBuffer(count: rows).all, rows: rows, columns: 1)
            gemmReference(
                a, transposeA: transpose, Matrix(x, rows: columns, columns: 1), into: expected)
            assertClose(y.array, expected.elements.array, relative: 1e-5, absolute: 1e-6)
        }
    }

    @Test func choleskySolvesAndRejectsIndefiniteMatrices() throws {
        let a = Matrix(FloatSlice([4, 2, 2, 3]), rows: 2, columns: 2)
        let b = Matrix(FloatSlice([10, 8]), rows: 2, columns: 1)
        try choleskySolve(a, b)
        assertClose(b.elements.array, [1.75, 1.5], relative: 1e-6)
        let indefinite = Matrix(FloatSlice([1, 2, 2, 1]), rows: 2, columns: 2)
        #expect(throws: NotPositiveDefinite(order: 2)) { try choleskySolve(indefinite, b) }
    }

    @Test func blasRunsOnTheCallersThread() {
        BLASRuntime.useSingleThread()
        #expect(BLASRuntime.threadCount == 1)
        #expect(BLASRuntime.configuration.contains("OpenBLAS"))
        #expect(!BLASRuntime.coreName.isEmpty)
    }

    private func matrix(
        _ size: (Int, Int), padding: Int, _ generator: inout SeededGenerator
    ) -> Matrix {
        let stride = max(1, size.1 + padding)
        return Matrix(
            FloatSlice(generator.floats(max(1, size.0 * stride))), rows: size.0, columns: size.1,
            leadingDimension: stride)
    }
}
