import Kernels
import LinearAlgebra
import TestSupport
import Testing

/// Winograd's transforms: a convolution and its gradients through them against the obvious loops in
/// double precision, on every CPU level that this machine has.
@Suite struct WinogradKernelTests {
    /// What F(m×m, k×k) loses: relative errors of random cases of up to 48 channels stay below.
    private static let tolerance: Double = 1e-5

    static let kernels = [(2, 3), (2, 5), (4, 3), (4, 5)].map {
        WinogradKernel(outputTile: $0.0, kernelSize: $0.1)
    }

    /// Random sizes, odd ones and some below a tile among them.
    private static func cases(_ kernel: WinogradKernel) -> [WinogradCase] {
        let fixed = [(1, 1, 16, 16), (3, 1, 16, 32), (7, 5, 32, 48), (5, 9, 48, 16)]
        var generator = SeededGenerator(seed: UInt64(kernel.outputTile * 10 + kernel.kernelSize))
        let random = (0..<4).map { _ in
            (
                Int.random(in: 1...9, using: &generator),
                Int.random(in: 1...9, using: &generator),
                16 * Int.random(in: 1...3, using: &generator),
                16 * Int.random(in: 1...3, using: &generator)
            )
        }
        return (fixed + random).enumerated().map { index, size in
            WinogradCase(
                kernel,
                PlainConvolution(
                    height: size.0, width: size.1, inputs: size.2, outputs: size.3,
                    size: kernel.kernelSize), seed: UInt64(700 + index))
        }
    }

    @Test(arguments: kernels)
    func aConvolutionAndItsGradientsEqualTheObviousLoops(kernel: WinogradKernel) {
        for test in Self.cases(kernel) {
            let expected = test.expected()
            atEachCPULevel { level in
                let actual = test.computed()
                #expect(actual.framesAreIntact, "\(test) level \(level)")
                for (name, found, sought) in [
                    ("output", actual.y, expected.y), ("input gradient", actual.dx, expected.dx),
                    ("weight gradient", actual.dW, expected.dW),
                ] {
                    let error = relativeError(found.map(Double.init), sought)
                    #expect(error < Self.tolerance, "\(test) \(name) level \(level)")
                }
            }
        }
    }

    /// ⟨T·x, y⟩ = ⟨x, Tᵀ·y⟩ for each transform and its adjoint.
    @Test(arguments: kernels)
    func eachAdjointIsTheTranspose(kernel: WinogradKernel) {
        for (rows, columns, channels) in [(1, 1, 16), (2, 3, 48), (3, 1, 32)] {
            let geometry = TileGeometry(kernel, rows: rows, columns: columns, channels: channels)
            let seed = UInt64(rows * 100 + columns)
            atEachCPULevel { level in
                let label = "\(rows)×\(columns)×\(channels) seed \(seed) level \(level)"
                checkInput(kernel, geometry, seed, label)
                checkOutput(kernel, geometry, seed, label)
                checkWeights(kernel, inputs: 16 * rows, outputs: channels, seed, label)
            }
        }
    }

    private func checkInput(
        _ kernel: WinogradKernel, _ geometry: TileGeometry, _ seed: UInt64, _ label: String
    ) {
        var generator = SeededGenerator(seed: seed)
        let x = generator.floats(geometry.inputCount)
        let v = geometry.marked(generator.floats(geometry.tileElementCount))
        let transformed = GuardedFloats(count: v.count)
        kernel.transformInput(FloatSlice(x), geometry.inputGrid, into: transformed.slice)
        // It adds to what is there.
        let start = generator.floats(x.count)
        let image = GuardedFloats(start)
        kernel.addInputGradient(FloatSlice(v), geometry.inputGrid, to: image.slice)
        let back = zip(image.slice.array, start).map { $0 - $1 }
        expectTransposed(
            transformed.slice.array, v, x, back, geometry.isTransformed, "input \(label)")
        #expect(transformed.marginsAreIntact && image.marginsAreIntact, "input \(label)")
    }

    private func checkOutput(
        _ kernel: WinogradKernel, _ geometry: TileGeometry, _ seed: UInt64, _ label: String
    ) {
        var generator = SeededGenerator(seed: seed + 1)
        let v = geometry.marked(generator.floats(geometry.tileElementCount))
        let dy = generator.floats(geometry.outputCount)
        let y = GuardedFloats(count: dy.count)
        kernel.transformOutput(FloatSlice(v), geometry.outputGrid, into: y.slice)
        let back = GuardedFloats(count: v.count)
        kernel.transformOutputGradient(FloatSlice(dy), geometry.outputGrid, into: back.slice)
        expectTransposed(
            back.slice.array, v, dy, y.slice.array, geometry.isTransformed, "output \(label)")
        #expect(y.marginsAreIntact && back.marginsAreIntact, "output \(label)")
    }

    private func checkWeights(
        _ kernel: WinogradKernel, inputs: Int, outputs: Int, _ seed: UInt64, _ label: String
    ) {
        var generator = SeededGenerator(seed: seed + 2)
        let (taps, step) = (kernel.kernelSize * kernel.kernelSize, inputs * outputs + 16)
        let w = generator.floats(taps * inputs * outputs)
        let u = generator.floats(kernel.tileElementCount * step)
        let transformed = GuardedFloats(count: u.count)
        kernel.transformWeights(
            FloatSlice(w), inputs: inputs, outputs: outputs, rows: 0..<inputs,
            into: transformed.slice, step: step)
        let back = GuardedFloats(count: w.count)
        kernel.collectWeightGradient(
            FloatSlice(u), inputs: inputs, outputs: outputs, step: step, into: back.slice)
        expectTransposed(
            transformed.slice.array, u, w, back.slice.array, { $0 % step < inputs * outputs },
            "weights \(label)")
        #expect(transformed.marginsAreIntact && back.marginsAreIntact, "weights \(label)")
    }

    /// - Parameters:
    ///   - transformed: T·x, with marks where no element lies; v: what it is multiplied with.
    ///   - back: Tᵀ·v.
    private func expectTransposed(
        _ transformed: [Float], _ v: [Float], _ x: [Float], _ back: [Float],
        _ isTransformed: (Int) -> Bool, _ label: String
    ) {
        let places = v.indices.filter(isTransformed)
        let (left, right) = (places.map { transformed[$0] }, places.map { v[$0] })
        let difference = abs(dot(left, right) - dot(x, back))
        // Sums of the lengths' product hold what rounding may do to them.
        #expect(difference < 1e-6 * (norm(left) * norm(right) + norm(x) * norm(back)), "\(label)")
        let strayPlace = transformed.indices.first {
            !isTransformed($0) && transformed[$0] != GuardedFloats.mark
        }
        #expect(strayPlace == nil, "gaps of \(label)")
    }

    /// Threads that share an image take channels of it each.
    @Test(arguments: kernels)
    func someChannelsAreThoseOfAll(kernel: WinogradKernel) {
        let (channels, part) = (48, 16..<48)
        let all = TileGeometry(kernel, rows: 2, columns: 2, channels: channels)
        let some = TileGeometry(
            kernel, rows: 2, columns: 2, channels: part.count, of: channels)
        var generator = SeededGenerator(seed: 721)
        let x = FloatSlice(generator.floats(all.inputCount))
        let v = FloatSlice(generator.floats(all.tileElementCount))
        func isPart(_ index: Int) -> Bool { part.contains(index % all.elementStep % channels) }
        atEachCPULevel { level in
            let (whole, alone) = (
                FloatBuffer(count: v.count).all, GuardedFloats(count: v.count)
            )
            kernel.transformInput(x, all.inputGrid, into: whole)
            kernel.transformInput(
                x.from(part.lowerBound), some.inputGrid, into: alone.slice.from(part.lowerBound))
            let (wholeValues, partValues) = (whole.array, alone.slice.array)
            for index in wholeValues.indices {
                let isWritten = all.isTransformed(index) && isPart(index)
                let expected = isWritten ? wholeValues[index] : GuardedFloats.mark
                if partValues[index] != expected {
                    Issue.record("element \(index) level \(level)")
                    return
                }
            }
            let (y, partOfY) = (
                FloatBuffer(count: all.outputCount).all, GuardedFloats(count: all.outputCount)
            )
            kernel.transformOutput(v, all.outputGrid, into: y)
            kernel.transformOutput(
                v.from(part.lowerBound), some.outputGrid, into: partOfY.slice.from(part.lowerBound))
            let expected = y.array.enumerated().map { index, value in
                part.contains(index % channels) ? value : GuardedFloats.mark
            }
            #expect(partOfY.slice.array == expected, "level \(level)")
        }
    }

    /// Tasks of the pool take some of the input channels each.
    @Test(arguments: kernels)
    func weightsOfSomeChannelsAreThoseOfAll(kernel: WinogradKernel) {
        var generator = SeededGenerator(seed: 722)
        let (inputs, outputs) = (48, 32)
        let step = inputs * outputs + 16
        let w = FloatSlice(
            generator.floats(kernel.kernelSize * kernel.kernelSize * inputs * outputs))
        atEachCPULevel { level in
            let (whole, parts) = (
                GuardedFloats(count: kernel.tileElementCount * step),
                GuardedFloats(count: kernel.tileElementCount * step)
            )
            kernel.transformWeights(
                w, inputs: inputs, outputs: outputs, rows: 0..<inputs, into: whole.slice,
                step: step)
            for rows in [16..<48, 0..<16] {
                kernel.transformWeights(
                    w, inputs: inputs, outputs: outputs, rows: rows, into: parts.slice, step: step)
            }
            #expect(whole.slice.array == parts.slice.array, "level \(level)")
        }
    }
}

extension FloatSlice {
    /// All from an element on.
    func from(_ start: Int) -> FloatSlice { slice(start, count: count - start) }
}

/// The memory of some tiles, with a gap between elements.
struct TileGeometry {
    let kernel: WinogradKernel
    let rows: Int
    let columns: Int
    /// Of the image; a grid may take some of them.
    let allChannels: Int
    let inputGrid: WinogradGrid
    let outputGrid: WinogradGrid
    let elementStep: Int

    init(_ kernel: WinogradKernel, rows: Int, columns: Int, channels: Int, of all: Int? = nil) {
        (self.kernel, self.rows, self.columns) = (kernel, rows, columns)
        allChannels = all ?? channels
        elementStep = rows * columns * allChannels + 16
        inputGrid = WinogradGrid(
            rows: rows, columns: columns, channels: channels, of: all,
            rowStride: (columns * kernel.outputTile + kernel.kernelSize - 1) * allChannels,
            elementStep: elementStep)
        outputGrid = WinogradGrid(
            rows: rows, columns: columns, channels: channels, of: all,
            rowStride: columns * kernel.outputTile * allChannels, elementStep: elementStep)
    }

    /// Tiles that cover an image.
    init(_ kernel: WinogradKernel, covering height: Int, _ width: Int, channels: Int) {
        let tile = kernel.outputTile
        self.init(
            kernel, rows: (height + tile - 1) / tile, columns: (width + tile - 1) / tile,
            channels: channels)
    }

    var inputWidth: Int { columns * kernel.outputTile + kernel.kernelSize - 1 }
    var outputWidth: Int { columns * kernel.outputTile }
    var inputCount: Int {
        (rows * kernel.outputTile + kernel.kernelSize - 1) * inputWidth * allChannels
    }
    var outputCount: Int { rows * kernel.outputTile * outputWidth * allChannels }
    var tileElementCount: Int { kernel.tileElementCount * elementStep }

    func isTransformed(_ index: Int) -> Bool {
        index % elementStep < rows * columns * allChannels
    }

    /// Elements with marks in the gaps.
    func marked(_ values: [Float]) -> [Float] {
        values.enumerated().map { isTransformed($0) ? $1 : GuardedFloats.mark }
    }
}

/// A random convolution, through the transforms and by the obvious loops.
private struct WinogradCase: CustomStringConvertible {
    let kernel: WinogradKernel
    let plain: PlainConvolution
    let seed: UInt64
    private let input: TileGeometry
    private let output: TileGeometry
    private let x: [Float]
    private let weights: [Float]
    private let dy: [Float]

    init(_ kernel: WinogradKernel, _ plain: PlainConvolution, seed: UInt64) {
        (self.kernel, self.plain, self.seed) = (kernel, plain, seed)
        input = TileGeometry(kernel, covering: plain.height, plain.width, channels: plain.inputs)
        output = TileGeometry(
            kernel, covering: plain.height, plain.width, channels: plain.outputs)
        var generator = SeededGenerator(seed: seed)
        x = generator.floats(plain.inputCount)
        weights = generator.floats(plain.weightCount)
        dy = generator.floats(plain.outputCount)
    }

    var description: String {
        "F(\(kernel.outputTile), \(kernel.kernelSize)) \(plain.height)×\(plain.width)×"
            + "\(plain.inputs) to \(plain.outputs), seed \(seed)"
    }

    func expected() -> (y: [Double], dx: [Double], dW: [Double]) {
        (
            (0..<plain.outputCount).map { plain.output($0, x: x, weights: weights) },
            (0..<plain.inputCount).map { plain.inputGradient($0, dy: dy, weights: weights) },
            (0..<plain.weightCount).map { plain.weightGradient($0, x: [x], dy: [dy]) }
        )
    }

    func computed() -> (y: [Float], dx: [Float], dW: [Float], framesAreIntact: Bool) {
        let (tiles, step) = (input.rows * input.columns, plain.inputs * plain.outputs + 16)
        let count = kernel.tileElementCount
        let border = kernel.kernelSize / 2
        let image = FloatBuffer(count: input.inputCount).all
        copy(x, channels: plain.inputs, into: image, width: input.inputWidth, border: border)
        let v = FloatBuffer(count: input.tileElementCount).all
        kernel.transformInput(image, input.inputGrid, into: v)
        let u = FloatBuffer(count: count * step).all
        kernel.transformWeights(
            FloatSlice(weights), inputs: plain.inputs, outputs: plain.outputs,
            rows: 0..<plain.inputs, into: u, step: step)

        let products = FloatBuffer(count: output.tileElementCount).all
        smallGemm(
            v, u, into: products,
            SmallGemmShape(
                count: count, m: tiles, n: plain.outputs, k: plain.inputs, aRow: plain.inputs,
                bRow: plain.outputs, cRow: plain.outputs, aStep: input.elementStep,
                bStep: step, cStep: output.elementStep))
        let yImage = GuardedFloats(count: output.outputCount)
        kernel.transformOutput(products, output.outputGrid, into: yImage.slice)
        let y = part(yImage.slice, channels: plain.outputs, width: output.outputWidth, border: 0)

        let dyImage = FloatBuffer(count: output.outputCount).all
        copy(dy, channels: plain.outputs, into: dyImage, width: output.outputWidth, border: 0)
        let d = FloatBuffer(count: output.tileElementCount).all
        kernel.transformOutputGradient(dyImage, output.outputGrid, into: d)
        let dU = FloatBuffer(count: count * step).all
        smallGemm(
            v, d, into: dU,
            SmallGemmShape(
                count: count, m: plain.inputs, n: plain.outputs, k: tiles, aRow: 1,
                aColumn: plain.inputs, bRow: plain.outputs, cRow: plain.outputs,
                aStep: input.elementStep, bStep: output.elementStep, cStep: step))
        let dW = GuardedFloats(count: plain.weightCount)
        kernel.collectWeightGradient(
            dU, inputs: plain.inputs, outputs: plain.outputs, step: step, into: dW.slice)

        let dV = FloatBuffer(count: input.tileElementCount).all
        for element in 0..<count {
            let transposed = FloatBuffer(count: plain.inputs * plain.outputs).all
            transpose(
                u.slice(element * step, count: plain.inputs * plain.outputs),
                rows: plain.inputs, columns: plain.outputs, stride: plain.outputs,
                into: transposed, stride: plain.inputs)
            smallGemm(
                d.from(element * output.elementStep), transposed,
                into: dV.from(element * input.elementStep),
                SmallGemmShape(
                    m: tiles, n: plain.inputs, k: plain.outputs, aRow: plain.outputs,
                    bRow: plain.inputs, cRow: plain.inputs))
        }
        let dxImage = GuardedFloats([Float](repeating: 0, count: input.inputCount))
        kernel.addInputGradient(dV, input.inputGrid, to: dxImage.slice)
        let dx = part(
            dxImage.slice, channels: plain.inputs, width: input.inputWidth, border: border)
        return (
            y, dx, dW.slice.array,
            yImage.marginsAreIntact && dW.marginsAreIntact && dxImage.marginsAreIntact
        )
    }

    private func copy(
        _ values: [Float], channels: Int, into image: FloatSlice, width: Int, border: Int
    ) {
        let line = plain.width * channels
        for row in 0..<plain.height {
            image.slice(((row + border) * width + border) * channels, count: line).update(
                from: Array(values[row * line..<(row + 1) * line]))
        }
    }

    private func part(_ image: FloatSlice, channels: Int, width: Int, border: Int) -> [Float] {
        (0..<plain.height).flatMap { row in
            image.slice(
                ((row + border) * width + border) * channels, count: plain.width * channels
            ).array
        }
    }
}
