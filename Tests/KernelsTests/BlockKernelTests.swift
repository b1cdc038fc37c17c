import Kernels
import LinearAlgebra
import TestSupport
import Testing

/// What lies between two convolutions, against plain loops in double precision, on every CPU level
/// that this machine has.
@Suite struct BlockKernelTests {
    /// Odd and even sides, and channels that make strips of four vectors, two and one.
    static let shapes = [
        (1, 1, 16), (2, 2, 16), (3, 5, 32), (6, 4, 48), (7, 7, 80), (1, 6, 64), (5, 1, 16),
        (9, 8, 112),
    ].map { SampleShape(height: $0.0, width: $0.1, channels: $0.2) }

    private static func pooled(_ shape: SampleShape) -> Int {
        shape.height / 2 * (shape.width / 2) * shape.channels
    }

    // MARK: - Forward

    @Test(arguments: shapes)
    func normReluImageIsItsFormula(shape: SampleShape) {
        var generator = SeededGenerator(seed: 801)
        let x = generator.floats(shape.count)
        let (scale, shift) = (
            generator.floats(shape.channels), generator.floats(shape.channels)
        )
        // Dropout's: zero, or more than one.
        let mask = (0..<shape.channels).map { $0 % 3 == 0 ? 0 : Float(1.25) }
        for usedMask in [nil, mask] {
            let expected = x.enumerated().map { index, value in
                let channel = index % shape.channels
                let y = Double(value) * Double(scale[channel]) + Double(shift[channel])
                return max(0, y) * Double(usedMask?[channel] ?? 1)
            }
            atEachCPULevel { level in
                let image = FramedImage(shape)
                normReluImage(
                    FloatSlice(x), scale: FloatSlice(scale), shift: FloatSlice(shift),
                    mask: usedMask.map { FloatSlice($0) }, into: image.view)
                let label = "\(shape) mask \(usedMask != nil) level \(level)"
                assertClose(image.values, expected, relative: 1e-6, absolute: 1e-6, label)
                #expect(image.frameIsIntact, "\(label)")
            }
        }
    }

    /// Values from a few, so that windows are full of equals; every third channel looks for the
    /// largest, the smallest, and the first.
    @Test(arguments: shapes)
    func observeSumsPoolsAndKeeps(shape: SampleShape) {
        var generator = SeededGenerator(seed: 802)
        let values = (0..<shape.count).map { _ in Float(Int(generator.next() % 5)) - 2 }
        let center = generator.floats(shape.channels)
        let sign = (0..<shape.channels).map { [1, -1, 0][$0 % 3] as Float }
        let (z, argmax) = plainPool(values, shape, sign)
        let (sums, squares) = plainMoments(values, shape, center)
        let offset = 5
        for (pools, keeps) in [(true, true), (true, false), (false, true), (false, false)] {
            atEachCPULevel { level in
                let image = FramedImage(shape, values)
                let zs = GuardedFloats(count: z.count)
                let argmaxes = ByteBuffer(count: z.count + 2 * offset)
                argmaxes.pointer.update(repeating: 99, count: argmaxes.count)
                let kept = GuardedFloats(count: shape.count)
                let found = (
                    startedSums(shape.channels + 2 * offset),
                    startedSums(shape.channels + 2 * offset)
                )
                observe(
                    image.view, center: FloatSlice(center), sign: FloatSlice(sign),
                    pooled: pools
                        ? PooledOutput(
                            values: zs.slice, argmax: argmaxes, argmaxOffset: offset) : nil,
                    kept: keeps ? kept.slice : nil, sums: found.0, squares: found.1,
                    offset: offset)
                let label = "\(shape) pools \(pools) keeps \(keeps) level \(level)"
                expectAdded(found.0, sums, offset, shape, "sums of \(label)")
                expectAdded(found.1, squares, offset, shape, "squares of \(label)")
                let marks = [Float](repeating: GuardedFloats.mark, count: z.count)
                #expect(zs.slice.array == (pools ? z : marks), "values of \(label)")
                let margin = [UInt8](repeating: 99, count: offset)
                let places = pools ? argmax : .init(repeating: 99, count: z.count)
                #expect(argmaxes.array == margin + places + margin, "argmax of \(label)")
                #expect(
                    kept.slice.array
                        == (keeps
                            ? values : .init(repeating: GuardedFloats.mark, count: shape.count)),
                    "copy of \(label)")
                #expect(image.values == values && image.frameIsIntact, "\(label)")
                #expect(zs.marginsAreIntact && kept.marginsAreIntact, "\(label)")
            }
        }
    }

    /// Rows come in strips: what two calls add is what one adds.
    @Test func observeGoesOnWhereItStopped() {
        let shape = SampleShape(height: 7, width: 5, channels: 48)
        var generator = SeededGenerator(seed: 803)
        let values = generator.floats(shape.count)
        let center = generator.floats(shape.channels)
        let (sums, squares) = plainMoments(values, shape, center)
        atEachCPULevel { level in
            let image = FramedImage(shape, values)
            let found = (DoubleBuffer(count: 48), DoubleBuffer(count: 48))
            for (row, count) in [(0, 2), (2, 4), (6, 1)] {
                observe(
                    image.view.rows(row, count: count), center: FloatSlice(center),
                    sign: FloatSlice(center), pooled: nil, kept: nil, sums: found.0,
                    squares: found.1, offset: 0)
            }
            for channel in 0..<48 {
                #expect(abs(found.0[channel] - sums[channel]) < 1e-5, "level \(level)")
                #expect(abs(found.1[channel] - squares[channel]) < 1e-5, "level \(level)")
            }
        }
    }

    @Test(arguments: shapes)
    func biasReluImageIsItsFormula(shape: SampleShape) {
        var generator = SeededGenerator(seed: 804)
        let y = generator.floats(shape.count)
        let bias = generator.floats(shape.channels)
        let ones = [Float](repeating: 1, count: shape.channels)
        for pools in [false, true] where !pools || Self.pooled(shape) > 0 {
            let values = pools ? plainPool(y, shape, ones).z : y
            let expected = values.enumerated().map { index, value in
                max(0, Double(value) + Double(bias[index % shape.channels]))
            }
            atEachCPULevel { level in
                let source = FramedImage(shape, y)
                let target = FramedImage(
                    height: pools ? shape.height / 2 : shape.height,
                    width: pools ? shape.width / 2 : shape.width, channels: shape.channels, gap: 32)
                biasReluImage(
                    source.view, bias: FloatSlice(bias), pooled: pools, into: target.view)
                let label = "\(shape) pools \(pools) level \(level)"
                assertClose(target.values, expected, relative: 1e-6, absolute: 1e-7, label)
                #expect(target.frameIsIntact && source.values == y, "\(label)")
            }
        }
    }

    /// Wherever in its window a NaN is, it is what the pool gives, as in PyTorch.
    @Test(arguments: 0..<4) func aPoolKeepsTheNaNOfAnyPlace(place: Int) {
        let shape = SampleShape(height: 4, width: 6, channels: 48)
        var generator = SeededGenerator(seed: 807)
        var values = generator.floats(shape.count)
        for row in 0..<4 where row % 2 == place / 2 {
            for column in 0..<6 where column % 2 == place % 2 {
                for channel in 0..<48 { values[(row * 6 + column) * 48 + channel] = .nan }
            }
        }
        let ones = FloatSlice([Float](repeating: 1, count: 48))
        let pooledShape = SampleShape(height: 2, width: 3, channels: 48)
        atEachCPULevel { level in
            let image = FramedImage(shape, values)
            let rectified = FramedImage(pooledShape)
            biasReluImage(image.view, bias: ones, pooled: true, into: rectified.view)
            #expect(rectified.values.allSatisfy { $0.isNaN }, "relu place \(place) level \(level)")
            for isRectified in [true, false] {
                let pooled = FramedImage(pooledShape)
                biasImage(
                    image.view, bias: ones, other: nil, isRectified: isRectified, isPooled: true,
                    into: pooled.view)
                #expect(pooled.values.allSatisfy { $0.isNaN }, "map \(place) level \(level)")
            }
            for sign: Float in [1, -1, 0] {
                let chosen = FloatBuffer(count: pooledShape.count).all
                let argmax = ByteBuffer(count: pooledShape.count)
                observe(
                    image.view, center: ones,
                    sign: FloatSlice([Float](repeating: sign, count: 48)),
                    pooled: PooledOutput(values: chosen, argmax: argmax, argmaxOffset: 0),
                    kept: nil, sums: DoubleBuffer(count: 48), squares: DoubleBuffer(count: 48),
                    offset: 0)
                #expect(chosen.array.allSatisfy { $0.isNaN }, "sign \(sign) level \(level)")
                #expect(argmax.array.allSatisfy { $0 == UInt8(place) }, "place level \(level)")
            }
        }
    }

    /// NaN must not vanish in a comparison: the loss has to show it.
    @Test func notANumberComesThrough() {
        let shape = SampleShape(height: 2, width: 2, channels: 16)
        let values = FloatSlice([Float](repeating: .nan, count: shape.count))
        let one = FloatSlice([Float](repeating: 1, count: 16))
        atEachCPULevel { level in
            let image = FramedImage(shape)
            normReluImage(values, scale: one, shift: one, mask: nil, into: image.view)
            #expect(image.values.allSatisfy { $0.isNaN }, "norm level \(level)")
            normReluImage(values, scale: one, shift: one, mask: one, into: image.view)
            #expect(image.values.allSatisfy { $0.isNaN }, "mask level \(level)")
            let source = FramedImage(shape, values.array)
            biasReluImage(source.view, bias: one, pooled: false, into: image.view)
            #expect(image.values.allSatisfy { $0.isNaN }, "bias level \(level)")
            let pooled = FramedImage(height: 1, width: 1, channels: 16)
            biasReluImage(source.view, bias: one, pooled: true, into: pooled.view)
            #expect(pooled.values.allSatisfy { $0.isNaN }, "pool level \(level)")
            let sums = (DoubleBuffer(count: 16), DoubleBuffer(count: 16))
            observe(
                source.view, center: one, sign: one, pooled: nil, kept: nil, sums: sums.0,
                squares: sums.1, offset: 0)
            #expect(sums.0.array.allSatisfy { $0.isNaN }, "sums level \(level)")
            #expect(sums.1.array.allSatisfy { $0.isNaN }, "squares level \(level)")
        }
    }

    // MARK: - Backward

    @Test(arguments: shapes)
    func normPoolGradientImageIsItsFormula(shape: SampleShape) {
        var generator = SeededGenerator(seed: 805)
        let y = generator.floats(shape.count)
        let g = generator.floats(Self.pooled(shape))
        let argmax = (0..<g.count).map { _ in UInt8(generator.next() % 4) }
        let constants = GradientConstants(shape.channels, &generator)
        let expected = y.indices.map { index in
            let (row, column, channel) = shape.place(index)
            let (oy, ox) = (row / 2, column / 2)
            var atArgmax = 0.0
            if oy < shape.height / 2 && ox < shape.width / 2 {
                let window = (oy * (shape.width / 2) + ox) * shape.channels + channel
                let place = row % 2 * 2 + column % 2
                if argmax[window] == place { atArgmax = Double(g[window]) }
            }
            return constants.value(atArgmax, Double(y[index]), channel)
        }
        let offset = 3
        let argmaxes = ByteBuffer(count: argmax.count + offset)
        for (index, place) in argmax.enumerated() { argmaxes.pointer[offset + index] = place }
        atEachCPULevel { level in
            let image = FramedImage(shape)
            normPoolGradientImage(
                y: FloatSlice(y), g: FloatSlice(g), argmax: argmaxes, argmaxOffset: offset,
                mean: FloatSlice(constants.mean), constants.slices, into: image.view)
            let label = "\(shape) level \(level)"
            assertClose(image.values, expected, relative: 1e-6, absolute: 2e-6, label)
            #expect(image.frameIsIntact, "\(label)")
        }
    }

    @Test(arguments: shapes)
    func normGradientImageIsItsFormula(shape: SampleShape) {
        var generator = SeededGenerator(seed: 806)
        let y = generator.floats(shape.count)
        let g = generator.floats(shape.count)
        let constants = GradientConstants(shape.channels, &generator)
        let expected = y.indices.map {
            constants.value(Double(g[$0]), Double(y[$0]), $0 % shape.channels)
        }
        atEachCPULevel { level in
            let image = FramedImage(shape)
            normGradientImage(
                y: FloatSlice(y), g: FloatSlice(g), mean: FloatSlice(constants.mean),
                constants.slices, into: image.view)
            let label = "\(shape) level \(level)"
            assertClose(image.values, expected, relative: 1e-6, absolute: 2e-6, label)
            #expect(image.frameIsIntact, "\(label)")
        }
    }

    @Test(arguments: shapes)
    func reluGradientSumsAreTheirFormula(shape: SampleShape) {
        var generator = SeededGenerator(seed: 807)
        // Eighths: the sign of x · scale + shift is exact, and zeros, which are closed, are many.
        func eighths(_ count: Int) -> [Float] {
            (0..<count).map { _ in Float(Int(generator.next() % 17)) / 8 - 1 }
        }
        let (x, du) = (eighths(shape.count), generator.floats(shape.count))
        let (scale, shift) = (eighths(shape.channels), eighths(shape.channels))
        let mean = generator.floats(shape.channels)
        let mask = (0..<shape.channels).map { $0 % 4 == 0 ? 0 : Float(1.5) }
        for usedMask in [nil, mask] {
            let g: [Float] = x.indices.map { index in
                let channel = index % shape.channels
                return x[index] * scale[channel] + shift[channel] > 0
                    ? du[index] * (usedMask?[channel] ?? 1) : 0
            }
            let sums = byChannel(shape) { Double(g[$0]) }
            let sumsX = byChannel(shape) {
                Double(g[$0]) * (Double(x[$0]) - Double(mean[$0 % shape.channels]))
            }
            atEachCPULevel { level in
                let target = GuardedFloats(count: shape.count)
                let image = FramedImage(shape, du)
                let offset = 7
                let found = (
                    startedSums(shape.channels + 2 * offset),
                    startedSums(shape.channels + 2 * offset)
                )
                reluGradientSums(
                    x: FloatSlice(x), du: image.view,
                    NormConstants(
                        mean: FloatSlice(mean), scale: FloatSlice(scale),
                        shift: FloatSlice(shift)), mask: usedMask.map { FloatSlice($0) },
                    into: target.slice, sums: found.0, sumsX: found.1, offset: offset)
                let label = "\(shape) mask \(usedMask != nil) level \(level)"
                #expect(target.slice.array == g, "\(label)")
                #expect(target.marginsAreIntact && image.values == du, "\(label)")
                expectAdded(found.0, sums, offset, shape, "sums of \(label)")
                expectAdded(found.1, sumsX, offset, shape, "products of \(label)")
            }
        }
    }

    /// Behind a pool the gradient overwrites the values that it is computed from.
    @Test func reluGradientMayOverwriteItsInput() {
        let shape = SampleShape(height: 3, width: 5, channels: 48)
        var generator = SeededGenerator(seed: 808)
        let (x, du) = (generator.floats(shape.count), generator.floats(shape.count))
        let constants = NormConstants(
            mean: FloatSlice(generator.floats(48)), scale: FloatSlice(generator.floats(48)),
            shift: FloatSlice(generator.floats(48)))
        let image = FramedImage(shape, du)
        atEachCPULevel { level in
            func run(_ x: FloatSlice, _ g: FloatSlice) -> ([Float], [Double], [Double]) {
                let sums = (DoubleBuffer(count: 48), DoubleBuffer(count: 48))
                reluGradientSums(
                    x: x, du: image.view, constants, mask: nil, into: g, sums: sums.0,
                    sumsX: sums.1, offset: 0)
                return (g.array, sums.0.array, sums.1.array)
            }
            let apart = run(FloatSlice(x), FloatBuffer(count: shape.count).all)
            let both = FloatSlice(x)
            #expect(run(both, both) == apart, "level \(level)")
        }
    }

    // MARK: - Plain loops

    private func plainPool(
        _ y: [Float], _ shape: SampleShape, _ sign: [Float]
    ) -> (z: [Float], argmax: [UInt8]) {
        var (z, argmax): ([Float], [UInt8]) = ([], [])
        for oy in 0..<shape.height / 2 {
            for ox in 0..<shape.width / 2 {
                for channel in 0..<shape.channels {
                    let window = [(0, 0), (0, 1), (1, 0), (1, 1)].map { dy, dx in
                        y[
                            ((2 * oy + dy) * shape.width + 2 * ox + dx) * shape.channels + channel]
                    }
                    let keys = window.map { $0 * sign[channel] }
                    let place = keys.firstIndex(of: keys.max()!)!
                    z.append(window[place])
                    argmax.append(UInt8(place))
                }
            }
        }
        return (z, argmax)
    }

    private func plainMoments(
        _ y: [Float], _ shape: SampleShape, _ center: [Float]
    ) -> (sums: [Double], squares: [Double]) {
        func deviation(_ index: Int) -> Double {
            Double(y[index]) - Double(center[index % shape.channels])
        }
        return (
            byChannel(shape, deviation), byChannel(shape) { deviation($0) * deviation($0) }
        )
    }

    private func byChannel(_ shape: SampleShape, _ value: (Int) -> Double) -> [Double] {
        (0..<shape.channels).map { channel in
            stride(from: channel, to: shape.count, by: shape.channels)
                .reduce(0) { $0 + value($1) }
        }
    }

    // MARK: - Sums

    /// Sums that kernels add to, and others beside them.
    private func startedSums(_ count: Int) -> DoubleBuffer {
        let buffer = DoubleBuffer(count: count)
        for index in 0..<count { buffer[index] = Double(index) }
        return buffer
    }

    private func expectAdded(
        _ found: DoubleBuffer, _ sums: [Double], _ offset: Int, _ shape: SampleShape,
        _ label: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let expected = (0..<found.count).map { index in
            let isSum = sums.indices.contains(index - offset)
            return Double(index) + (isSum ? sums[index - offset] : 0)
        }
        // Float32 over a few rows: up to nine squares up to 9 in one lane.
        assertClose(
            found.array, expected, relative: 0, absolute: 2e-5 * Double(shape.pixels), label,
            sourceLocation: sourceLocation)
        for index in 0..<found.count where !sums.indices.contains(index - offset) {
            #expect(
                found[index] == expected[index], "beside \(label)", sourceLocation: sourceLocation)
        }
    }
}

/// dy = a·g + b·(y − mean) + d with random constants.
private struct GradientConstants {
    let mean: [Float]
    private let a: [Float]
    private let b: [Float]
    private let d: [Float]

    init(_ channels: Int, _ generator: inout SeededGenerator) {
        mean = generator.floats(channels)
        a = generator.floats(channels)
        b = generator.floats(channels)
        d = generator.floats(channels)
    }

    var slices: NormGradientConstants {
        NormGradientConstants(a: FloatSlice(a), b: FloatSlice(b), d: FloatSlice(d))
    }

    func value(_ g: Double, _ y: Double, _ channel: Int) -> Double {
        Double(a[channel]) * g + Double(b[channel]) * (y - Double(mean[channel]))
            + Double(d[channel])
    }
}

extension FramedImage {
    init(_ shape: SampleShape) {
        self.init(height: shape.height, width: shape.width, channels: shape.channels)
    }

    init(_ shape: SampleShape, _ values: [Float]) {
        self.init(height: shape.height, width: shape.width, channels: shape.channels, values)
    }
}

extension SampleShape {
    func place(_ index: Int) -> (row: Int, column: Int, channel: Int) {
        let pixel = index / channels
        return (pixel / width, pixel % width, index % channels)
    }
}

extension DoubleBuffer {
    var array: [Double] { (0..<count).map { self[$0] } }
}

extension ByteBuffer {
    var array: [UInt8] { (0..<count).map { pointer[$0] } }
}
