import Kernels
import LinearAlgebra
import TestSupport
import Testing

/// Small products against the triple loop, on every CPU level that this machine has.
@Suite struct SmallGemmTests {
    @Test(arguments: 1...17)
    func productsEqualTheTripleLoop(m: Int) {
        for n in stride(from: 16, through: 80, by: 16) {
            for transposed in [false, true] {
                let seed = UInt64(m * 1000 + n * 2 + (transposed ? 1 : 0))
                checkProduct(RandomProduct(m: m, n: n, transposed: transposed, seed: seed))
            }
        }
    }

    @Test func theShortestAndTheLongestSums() {
        for (m, n, k) in [(1, 16, 1), (17, 80, 1), (6, 32, 70), (8, 64, 70), (1, 128, 70)] {
            for transposed in [false, true] {
                checkProduct(
                    RandomProduct(
                        m: m, n: n, k: k, transposed: transposed, seed: UInt64(m + n + k)))
            }
        }
    }

    private func checkProduct(_ product: RandomProduct) {
        let expected = product.expected()
        atEachCPULevel { level in
            let c = GuardedFloats(product.c)
            smallGemm(
                FloatSlice(product.a), FloatSlice(product.b), into: c.slice, product.shape,
                accumulating: product.accumulating)
            // Up to 70 products of values up to 1; what lies between the rows keeps its bits.
            assertClose(
                c.slice.array, expected, relative: 1e-6, absolute: 1e-5,
                "\(product) level \(level)")
            let (written, actual) = (product.writtenPlaces, c.slice.array)
            let strayPlace = actual.indices.first {
                !written.contains($0) && actual[$0] != product.c[$0]
            }
            #expect(strayPlace == nil, "\(product) level \(level)")
            #expect(c.marginsAreIntact, "\(product) level \(level)")
        }
    }

    /// A row of a product is that row's product alone, and columns are theirs, bit for bit: results
    /// don't depend on how work is cut.
    @Test func resultsDoNotDependOnRowsColumnsOrBatch() {
        for transposed in [false, true] {
            var generator = SeededGenerator(seed: 611)
            let (m, n, k) = (17, 144, 37)
            let a = FloatSlice(generator.floats(m * k))
            let b = FloatSlice(generator.floats(k * n))
            let start = generator.floats(m * n)
            let (aRow, aColumn) = transposed ? (1, m) : (k, 1)
            func product(_ rows: Range<Int>, _ columns: Range<Int>, _ accumulating: Bool) -> [Float]
            {
                let c = FloatSlice(start)
                let first = rows.lowerBound * n + columns.lowerBound
                smallGemm(
                    a.slice(
                        rows.lowerBound * aRow, count: a.count - rows.lowerBound * aRow),
                    b.slice(columns.lowerBound, count: b.count - columns.lowerBound),
                    into: c.slice(first, count: c.count - first),
                    SmallGemmShape(
                        m: rows.count, n: columns.count, k: k, aRow: aRow, aColumn: aColumn,
                        bRow: n, cRow: n), accumulating: accumulating)
                return rows.flatMap { row in columns.map { c[row * n + $0] } }
            }
            atEachCPULevel { level in
                for accumulating in [false, true] {
                    let all = product(0..<m, 0..<n, accumulating)
                    for count in 1...9 {
                        for row in stride(from: 0, through: m - count, by: count) {
                            #expect(
                                product(row..<row + count, 0..<n, accumulating)
                                    == Array(all[row * n..<(row + count) * n]),
                                "rows \(row), \(count) of them, level \(level)")
                        }
                    }
                    for (first, count) in [(0, 16), (16, 32), (48, 48), (64, 80), (128, 16)] {
                        let part = (0..<m).flatMap { row in
                            (first..<first + count).map { all[row * n + $0] }
                        }
                        #expect(
                            product(0..<m, first..<first + count, accumulating) == part,
                            "columns \(first), \(count) of them, level \(level)")
                    }
                }
            }
        }
    }

    @Test func aBatchEqualsItsProductsAlone() {
        var generator = SeededGenerator(seed: 612)
        let (count, m, n, k) = (5, 4, 48, 9)
        let (aStep, bStep, cStep) = (m * k + 3, k * n + 16, m * n + 16)
        let a = FloatSlice(generator.floats(count * aStep))
        let b = FloatSlice(generator.floats(count * bStep))
        atEachCPULevel { level in
            let c = FloatBuffer(count: count * cStep).all
            var shape = SmallGemmShape(
                count: count, m: m, n: n, k: k, aRow: k, bRow: n, cRow: n, aStep: aStep,
                bStep: bStep, cStep: cStep)
            smallGemm(a, b, into: c, shape)
            shape.count = 1
            for index in 0..<count {
                let alone = FloatBuffer(count: m * n).all
                smallGemm(
                    a.slice(index * aStep, count: m * k), b.slice(index * bStep, count: k * n),
                    into: alone, shape)
                #expect(
                    c.slice(index * cStep, count: m * n).array == alone.array, "level \(level)")
            }
        }
    }

    @Test func nothingToDoWritesNothing() {
        let c = GuardedFloats(count: 32)
        let (a, b) = (FloatSlice([1, 2]), FloatBuffer(count: 32).all)
        for (count, m, n) in [(0, 1, 16), (1, 0, 16), (1, 1, 0)] {
            smallGemm(
                a, b, into: c.slice,
                SmallGemmShape(count: count, m: m, n: n, k: 2, aRow: 2, bRow: 16, cRow: 16))
        }
        #expect(c.slice.array.allSatisfy { $0 == GuardedFloats.mark })
    }

    /// A product of zero and NaN or infinity is NaN, not skipped.
    @Test func notANumberReachesEveryElementThatItBelongsTo() {
        atEachCPULevel { level in
            let b = FloatSlice(
                [Float](repeating: 0, count: 16) + .init(repeating: .infinity, count: 16))
            let c = FloatBuffer(count: 32).all
            smallGemm(
                FloatSlice([1, 0, 1, 1]), b, into: c,
                SmallGemmShape(m: 2, n: 16, k: 2, aRow: 2, bRow: 16, cRow: 16))
            #expect(c.slice(0, count: 16).array.allSatisfy { $0.isNaN }, "level \(level)")
            #expect(c.slice(16, count: 16).array.allSatisfy { $0 == .infinity }, "level \(level)")
        }
    }

    // MARK: - Transpose

    @Test func transposeSwapsRowsAndColumns() {
        var generator = SeededGenerator(seed: 613)
        let sizes = (1...9).flatMap { rows in (1...9).map { (rows, $0) } }
        for (rows, columns) in sizes + [(16, 64), (33, 18), (5, 130), (127, 3)] {
            let (xGap, yGap) = (Int(generator.next() % 6), Int(generator.next() % 6))
            let (xStride, yStride) = (columns + xGap, rows + yGap)
            let x = generator.floats((rows - 1) * xStride + columns)
            atEachCPULevel { level in
                let y = GuardedFloats(count: (columns - 1) * yStride + rows)
                transpose(
                    FloatSlice(x), rows: rows, columns: columns, stride: xStride, into: y.slice,
                    stride: yStride)
                let label = "\(rows)×\(columns), gaps \(xGap) and \(yGap), level \(level)"
                #expect(y.marginsAreIntact, "\(label)")
                let expected = (0..<y.slice.count).map { place in
                    let (column, row) = (place / yStride, place % yStride)
                    return row < rows ? x[row * xStride + column] : GuardedFloats.mark
                }
                #expect(y.slice.array == expected, "\(label)")
            }
        }
    }
}

/// Operands of a batch of products with gaps wherever there may be some.
private struct RandomProduct: CustomStringConvertible {
    let seed: UInt64
    let shape: SmallGemmShape
    let accumulating: Bool
    let a: [Float]
    let b: [Float]
    let c: [Float]

    init(m: Int, n: Int, k: Int? = nil, transposed: Bool, seed: UInt64) {
        self.seed = seed
        var generator = SeededGenerator(seed: seed)
        func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
        let k = k ?? draw(1...70)
        let count = draw(1...3)
        let width = transposed ? m : k
        let (aLine, bRow, cRow) = (width + draw(0...5), n + draw(0...7), n + draw(0...7))
        var shape = SmallGemmShape(
            count: count, m: m, n: n, k: k, aRow: transposed ? 1 : aLine,
            aColumn: transposed ? aLine : 1, bRow: bRow, cRow: cRow)
        let aSize = (transposed ? k : m) * aLine
        // Now and then all products share an operand.
        shape.aStep = draw(0...4) == 0 ? 0 : aSize + draw(0...9)
        shape.bStep = draw(0...4) == 0 ? 0 : k * bRow + draw(0...9)
        shape.cStep = m * cRow + draw(0...9)
        self.shape = shape
        accumulating = generator.next() % 2 == 0
        // No longer than they have to be: the last product ends with the last element.
        let last = count - 1
        a = generator.floats(
            last * shape.aStep + (m - 1) * shape.aRow + (k - 1) * shape.aColumn + 1)
        b = generator.floats(last * shape.bStep + (k - 1) * bRow + n)
        c = generator.floats(last * shape.cStep + (m - 1) * cRow + n)
    }

    /// What C becomes.
    func expected() -> [Double] {
        var result = c.map(Double.init)
        forEachElement { index, row, column, place in
            var sum = accumulating ? result[place] : 0
            for p in 0..<shape.k {
                sum +=
                    Double(a[index * shape.aStep + row * shape.aRow + p * shape.aColumn])
                    * Double(b[index * shape.bStep + p * shape.bRow + column])
            }
            result[place] = sum
        }
        return result
    }

    var writtenPlaces: Set<Int> {
        var places: Set<Int> = []
        forEachElement { _, _, _, place in places.insert(place) }
        return places
    }

    private func forEachElement(_ body: (_ index: Int, _ row: Int, _ column: Int, Int) -> Void) {
        for index in 0..<shape.count {
            for row in 0..<shape.m {
                for column in 0..<shape.n {
                    body(index, row, column, index * shape.cStep + row * shape.cRow + column)
                }
            }
        }
    }

    var description: String {
        "seed \(seed): \(shape.count) × m \(shape.m), n \(shape.n), k \(shape.k), "
            + "A by \(shape.aRow) and \(shape.aColumn), accumulating \(accumulating)"
    }
}

/// Actual floats against expected doubles.
func assertClose(
    _ actual: [Float], _ expected: [Double], relative: Double, absolute: Double, _ label: String,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    assertClose(
        actual.map(Double.init), expected, relative: relative, absolute: absolute, label,
        sourceLocation: sourceLocation)
}
