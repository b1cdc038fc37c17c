import Kernels
import LinearAlgebra

/// A batch of small products, for `smallGemm` and for OpenBLAS.
struct GemmProblem {
    let shape: SmallGemmShape
    var accumulating = false
    /// What OpenBLAS may also be given for B: the same matrix the other way round in memory, for
    /// where the engine transposes it beforehand. It is compared with its faster way.
    var offersTransposedB = false

    func kernelCase(_ name: String) -> KernelCase {
        let (m, n, k) = (shape.m, shape.n, shape.k)
        let written = m * n * (accumulating ? 2 : 1)
        return KernelCase(
            name: name, operations: 2 * Double(shape.count * m * n * k),
            bytes: 4 * Double(shape.count * (m * k + k * n + written)), prepare: prepare)
    }

    private func prepare() -> KernelRun {
        let operands = Operands(shape)
        let problem = self
        return KernelRun(
            reset: { operands.c.fill(1) },
            call: {
                smallGemm(
                    operands.a, operands.b, into: operands.c, problem.shape,
                    accumulating: problem.accumulating)
            },
            openBLAS: openBLAS(operands),
            results: { operands.products.map { problem.values($0.c) } },
            expected: { operands.products.map { problem.reference($0) } },
            // Whole numbers: nothing is rounded.
            tolerance: 0)
    }

    private func openBLAS(_ operands: Operands) -> [() -> Void] {
        let beta: Float = accumulating ? 1 : 0
        let transposeA = shape.transposeA
        let products = operands.products
        var ways = [
            {
                for p in products {
                    gemm(p.a, transposeA: transposeA, p.b, into: p.c, beta: beta)
                }
            }
        ]
        guard offersTransposedB, let product = products.first else { return ways }
        let transposed = product.b.transposed
        ways.append {
            gemm(
                product.a, transposeA: transposeA, transposed, transposeB: .yes, into: product.c,
                beta: beta)
        }
        // A single row is a matrix times a vector.
        guard shape.m == 1 else { return ways }
        let (x, y) = (product.a.elements, product.c.elements)
        ways.append { gemv(product.b, transposeA: .yes, x, into: y, beta: beta) }
        ways.append { gemv(transposed, x, into: y, beta: beta) }
        return ways
    }

    private func reference(_ product: Product) -> [Double] {
        let c = Matrix(
            product.c.elements.copy, rows: shape.m, columns: shape.n, leadingDimension: shape.cRow)
        gemmReference(
            product.a, transposeA: shape.transposeA, product.b, into: c, beta: accumulating ? 1 : 0)
        return values(c)
    }

    private func values(_ c: Matrix) -> [Double] {
        (0..<c.rows).flatMap { row in
            c.elements.slice(row * c.leadingDimension, count: c.columns).doubles
        }
    }
}

/// The matrices of one product.
private struct Product {
    let a: Matrix
    let b: Matrix
    let c: Matrix
}

private struct Operands {
    let a: FloatSlice
    let b: FloatSlice
    let c: FloatSlice
    let products: [Product]

    init(_ s: SmallGemmShape) {
        var values = TestValues(seed: 1)
        let (aRows, aColumns) = s.transposeA == .yes ? (s.k, s.m) : (s.m, s.k)
        let aLeading = s.transposeA == .yes ? s.aColumn : s.aRow
        let aCount = (aRows - 1) * aLeading + aColumns
        let bCount = (s.k - 1) * s.bRow + s.n
        let cCount = (s.m - 1) * s.cRow + s.n
        let last = s.count - 1
        let (a, b, c) = (
            values.wholeNumbers(last * s.aStep + aCount),
            values.wholeNumbers(last * s.bStep + bCount),
            FloatBuffer(count: last * s.cStep + cCount).all
        )
        (self.a, self.b, self.c) = (a, b, c)
        products = (0..<s.count).map { index in
            Product(
                a: Matrix(
                    a.slice(index * s.aStep, count: aCount), rows: aRows, columns: aColumns,
                    leadingDimension: aLeading),
                b: Matrix(
                    b.slice(index * s.bStep, count: bCount), rows: s.k, columns: s.n,
                    leadingDimension: s.bRow),
                c: Matrix(
                    c.slice(index * s.cStep, count: cCount), rows: s.m, columns: s.n,
                    leadingDimension: s.cRow))
        }
    }
}

extension SmallGemmShape {
    /// Whether A's columns are the rows in memory.
    fileprivate var transposeA: Transpose { aRow == 1 && aColumn > 1 ? .yes : .no }
}

extension Matrix {
    /// The transposed matrix in memory of its own.
    fileprivate var transposed: Matrix {
        let result = Matrix(FloatBuffer(count: rows * columns).all, rows: columns, columns: rows)
        for row in 0..<rows {
            for column in 0..<columns { result[column, row] = self[row, column] }
        }
        return result
    }
}
