import CKernels
import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing

/// The loops of the layers against plain Swift, on every CPU level that this machine has.
@Suite struct LayerKernelTests {
    /// Height, width, channels: narrow and wide, odd, more and fewer channels than a vector.
    private static let shapes = [
        SampleShape(height: 28, width: 28, channels: 1),
        SampleShape(height: 9, width: 11, channels: 1),
        SampleShape(height: 5, width: 7, channels: 3),
        SampleShape(height: 6, width: 4, channels: 37),
        SampleShape(height: 4, width: 5, channels: 64),
    ]

    // MARK: - im2col

    private static let geometries: [ConvolutionGeometry] = shapes.flatMap { shape in
        func geometry(
            _ kernel: HeightWidth, _ stride: HeightWidth = 1, _ padding: HeightWidth = 0,
            _ dilation: HeightWidth = 1, groups: Int = 1
        ) -> ConvolutionGeometry? {
            ConvolutionGeometry.output(
                input: shape, outputChannels: groups, kernel: kernel, stride: stride,
                padding: padding, dilation: dilation, groups: groups
            ).map { _ in
                ConvolutionGeometry(
                    input: shape, outputChannels: groups, kernel: kernel, stride: stride,
                    padding: padding, dilation: dilation, groups: groups)
            }
        }
        return [
            geometry(5, 1, 2), geometry(3, 1, 1), geometry(1),
            geometry(.init(height: 3, width: 2), 2, 1),
            geometry(.init(height: 2, width: 8)), geometry(3, 1, 2, 2),
            geometry(
                .init(height: 2, width: 3), .init(height: 3, width: 1), .init(height: 0, width: 4),
                .init(height: 1, width: 3)),
            geometry(2, 1, 5), geometry(3, 1, 1, groups: 37), geometry(3, 2, 0, groups: 4),
        ].compactMap(\.self)
    }

    @Test(arguments: geometries)
    func im2colUnfoldsAndCol2imIsItsAdjoint(_ geometry: ConvolutionGeometry) {
        var generator = SeededGenerator(seed: 51)
        let image = FloatSlice(generator.floats(geometry.input.count))
        let weights = FloatSlice(generator.floats(geometry.colCount))
        for group in Set([0, geometry.groups - 1]) {
            let expected = plainIm2col(image.array, geometry, group)
            atEachCPULevel { level in
                // A guard behind the patches shows writes past their end.
                let buffer = FloatBuffer(count: geometry.colCount + 16).all
                buffer.fill(-7)
                let col = buffer.slice(0, count: geometry.colCount)
                im2col(image, geometry, group: group, into: col)
                #expect(col.array == expected, "\(geometry) level \(level)")
                let rest = buffer.slice(geometry.colCount, count: 16)
                #expect(rest.array.allSatisfy { $0 == -7 }, "\(geometry) level \(level)")

                let back = FloatBuffer(count: geometry.input.count).all
                col2im(weights, geometry, group: group, addingTo: back)
                // ⟨im2col x, c⟩ = ⟨x, col2im c⟩
                let left = dot(expected, weights.array)
                let right = dot(image.array, back.array)
                #expect(abs(left - right) < 1e-4 * (1 + abs(left)), "\(geometry) level \(level)")
            }
        }
    }

    private func plainIm2col(
        _ image: [Float], _ g: ConvolutionGeometry, _ group: Int
    ) -> [Float] {
        var col: [Float] = []
        for oy in 0..<g.outputHeight {
            for ox in 0..<g.outputWidth {
                for ky in 0..<g.kernelHeight {
                    for kx in 0..<g.kernelWidth {
                        let y = oy * g.strides.height - g.paddings.height + ky * g.dilations.height
                        let x = ox * g.strides.width - g.paddings.width + kx * g.dilations.width
                        let isInside =
                            (0..<g.input.height).contains(y) && (0..<g.input.width).contains(x)
                        let pixel = (y * g.input.width + x) * g.input.channels
                        for c in 0..<g.groupInputs {
                            col.append(isInside ? image[pixel + group * g.groupInputs + c] : 0)
                        }
                    }
                }
            }
        }
        return col
    }

    @Test func aGeometryTellsWhetherItHasAnOutput() {
        typealias Geometry = ConvolutionGeometry
        #expect(Geometry.outputSize(7, kernel: 3, stride: 2, padding: 1) == 4)
        #expect(Geometry.outputSize(7, kernel: 3, dilation: 3) == 1)
        #expect(Geometry.outputSize(6, kernel: 3, dilation: 3) == nil)
        #expect(Geometry.outputSize(2, kernel: 3) == nil)
        #expect(Geometry.outputSize(4, kernel: 0) == nil)
        #expect(Geometry.outputSize(4, kernel: 2, stride: 0) == nil)
        #expect(Geometry.outputSize(4, kernel: 2, padding: -1) == nil)
        #expect(Geometry.outputSize(4, kernel: .max, dilation: 3) == nil)
        #expect(Geometry.outputSize(4, kernel: 2, padding: .max) == nil)
        let input = SampleShape(height: 5, width: 4, channels: 6)
        #expect(
            Geometry.output(input: input, outputChannels: 9, kernel: 3, padding: 1, groups: 3)
                == SampleShape(height: 5, width: 4, channels: 9))
        #expect(Geometry.output(input: input, outputChannels: 9, kernel: 3, groups: 4) == nil)
        #expect(Geometry.output(input: input, outputChannels: 8, kernel: 3, groups: 3) == nil)
        #expect(
            Geometry.output(
                input: input, outputChannels: 8, kernel: .init(height: 3, width: 5)) == nil)
    }

    @Test func aPairIsWrittenAsOneNumberWhereItIsOne() throws {
        let pairs: [HeightWidth] = [3, HeightWidth(height: 1, width: 2)]
        let text = try JSONEncoder().encode(pairs)
        #expect(String(decoding: text, as: UTF8.self) == "[3,[1,2]]")
        let decoded = try JSONDecoder().decode([HeightWidth].self, from: text)
        #expect(decoded == pairs)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([HeightWidth].self, from: Data("[[1,2,3]]".utf8))
        }
    }

    // MARK: - Batch norm

    @Test func rowMomentsMatchDoublePrecision() {
        var generator = SeededGenerator(seed: 52)
        for (rows, channels) in [(1, 3), (33, 1), (100, 32), (77, 45)] {
            // A mean far from zero: sums of squares would lose it.
            let x = generator.floats(rows * channels, from: 99, to: 101)
            atEachCPULevel { level in
                let (mean, m2) = (
                    DoubleBuffer(count: channels + 2), DoubleBuffer(count: channels + 2)
                )
                rowMoments(FloatSlice(x), channels: channels, mean: mean, m2: m2, offset: 2)
                for channel in 0..<channels {
                    let values = stride(from: channel, to: x.count, by: channels).map {
                        Double(x[$0])
                    }
                    let expected = values.reduce(0, +) / Double(rows)
                    let squares = values.reduce(0) { $0 + ($1 - expected) * ($1 - expected) }
                    #expect(abs(mean[channel + 2] - expected) < 1e-4, "level \(level)")
                    #expect(
                        abs(m2[channel + 2] - squares) < 1e-4 * (squares + 1e-3), "level \(level)")
                }
            }
        }
    }

    /// One pass against its three parts.
    @Test func normReluPoolEqualsItsParts() {
        var generator = SeededGenerator(seed: 53)
        for shape in Self.shapes {
            let x = FloatSlice(generator.floats(shape.count))
            let (scale, shift) = (
                FloatSlice(generator.floats(shape.channels)),
                FloatSlice(generator.floats(shape.channels))
            )
            let output = maxPoolOutput(shape, kernelSize: 2, stride: 2)
            atEachCPULevel { level in
                let normalized = FloatBuffer(count: shape.count).all
                affineRows(x, scale: scale, shift: shift, relu: true, into: normalized)
                let expected = FloatBuffer(count: output.count).all
                maxPool(
                    normalized, shape, kernelSize: 2, stride: 2, into: expected,
                    argmax: ByteBuffer(count: output.count), argmaxOffset: 0)
                let (trained, evaluated) = (
                    FloatBuffer(count: output.count).all, FloatBuffer(count: output.count).all
                )
                normReluPool(
                    x, shape, scale: scale, shift: shift, into: trained,
                    argmax: ByteBuffer(count: output.count), argmaxOffset: 0)
                normReluPool(
                    x, shape, scale: scale, shift: shift, into: evaluated, argmax: nil,
                    argmaxOffset: 0)
                assertClose(trained.array, expected.array, "\(shape) level \(level)")
                #expect(trained.array == evaluated.array, "\(shape) level \(level)")
            }
        }
    }

    @Test func gradientSumsOfThePoolEqualThoseOfTheWholeMap() {
        var generator = SeededGenerator(seed: 54)
        for shape in Self.shapes {
            let samples = 3
            let channels = shape.channels
            let output = maxPoolOutput(shape, kernelSize: 2, stride: 2)
            let x = FloatSlice(generator.floats(samples * shape.count))
            let constants = NormConstants(
                mean: FloatSlice(generator.floats(channels)),
                scale: FloatSlice(generator.floats(channels)),
                shift: FloatSlice(generator.floats(channels)))
            let dy = FloatSlice(generator.floats(samples * output.count))
            atEachCPULevel { level in
                let argmax = ByteBuffer(count: samples * output.count)
                let unpooled = FloatBuffer(count: samples * shape.count).all
                for sample in 0..<samples {
                    let (input, y) = (
                        x.slice(sample * shape.count, count: shape.count),
                        FloatBuffer(count: output.count).all
                    )
                    let normalized = FloatBuffer(count: shape.count).all
                    affineRows(
                        input, scale: constants.scale, shift: constants.shift, relu: false,
                        into: normalized)
                    maxPool(
                        normalized, shape, kernelSize: 2, stride: 2, into: y, argmax: argmax,
                        argmaxOffset: sample * output.count)
                    maxPoolGradient(
                        dy: dy.slice(sample * output.count, count: output.count), shape,
                        kernelSize: 2, stride: 2,
                        into: unpooled.slice(sample * shape.count, count: shape.count),
                        argmax: argmax, argmaxOffset: sample * output.count)
                    normReluPool(
                        input, shape, scale: constants.scale, shift: constants.shift, into: y,
                        argmax: argmax, argmaxOffset: sample * output.count)
                }
                let plain = (DoubleBuffer(count: channels), DoubleBuffer(count: channels))
                normGradientSums(
                    x: x, dy: unpooled, constants, relu: true, sums: plain.0, sumsX: plain.1,
                    offset: 0)
                let pooled = (DoubleBuffer(count: channels), DoubleBuffer(count: channels))
                normReluPoolGradientSums(
                    x: x, dy: dy, shape, mean: constants.mean, argmax: argmax, argmaxOffset: 0,
                    sums: pooled.0, sumsX: pooled.1, offset: 0)
                for channel in 0..<channels {
                    #expect(
                        abs(plain.0[channel] - pooled.0[channel]) < 1e-4, "\(shape) level \(level)")
                    #expect(
                        abs(plain.1[channel] - pooled.1[channel]) < 1e-4, "\(shape) level \(level)")
                }
            }
        }
    }

    /// NaN must not vanish in a comparison: the loss has to show it.
    @Test func notANumberComesThroughEveryActivation() {
        let shape = SampleShape(height: 2, width: 2, channels: 3)
        atEachCPULevel { level in
            let x = FloatSlice([Float](repeating: .nan, count: shape.count))
            let y = FloatBuffer(count: shape.count).all
            relu(x, into: y)
            #expect(y.array.allSatisfy { $0.isNaN }, "relu level \(level)")
            let one = FloatSlice([1, 1, 1])
            affineRows(x, scale: one, shift: one, relu: true, into: y)
            #expect(y.array.allSatisfy { $0.isNaN }, "affine level \(level)")
            let pooled = FloatBuffer(count: 3).all
            maxPool(
                x, shape, kernelSize: 2, stride: 2, into: pooled, argmax: ByteBuffer(count: 3),
                argmaxOffset: 0)
            #expect(pooled.array.allSatisfy { $0.isNaN }, "pool level \(level)")
            normReluPool(
                x, shape, scale: one, shift: one, into: pooled, argmax: ByteBuffer(count: 3),
                argmaxOffset: 0)
            #expect(pooled.array.allSatisfy { $0.isNaN }, "norm pool level \(level)")
        }
    }

    /// One among numbers must not vanish either, wherever in a window it is.
    @Test func oneNotANumberWinsItsWindow() {
        let shape = SampleShape(height: 2, width: 2, channels: 35)
        let ones = FloatSlice([Float](repeating: 1, count: 35))
        let zeros = FloatSlice([Float](repeating: 0, count: 35))
        for place in 0..<4 {
            let x = FloatSlice((0..<shape.count).map { Float($0 % 7) })
            for channel in 0..<35 { x[place * 35 + channel] = .nan }
            atEachCPULevel { level in
                let (y, argmax) = (FloatBuffer(count: 35).all, ByteBuffer(count: 35))
                maxPool(
                    x, shape, kernelSize: 2, stride: 2, into: y, argmax: argmax, argmaxOffset: 0)
                #expect(y.array.allSatisfy { $0.isNaN }, "place \(place) level \(level)")
                #expect(argmax.values.allSatisfy { $0 == place }, "place \(place) level \(level)")
                for argmax in [ByteBuffer(count: 35), nil] {
                    normReluPool(
                        x, shape, scale: ones, shift: zeros, into: y, argmax: argmax,
                        argmaxOffset: 0)
                    #expect(
                        y.array.allSatisfy { $0.isNaN },
                        "norm, place \(place) level \(level) \(argmax == nil)")
                }
            }
        }
    }

    @Test func aPoolTellsWhetherItHasAnOutput() {
        let input = SampleShape(height: 5, width: 4, channels: 6)
        #expect(
            PoolGeometry.output(input, kernel: 3, stride: 2, padding: 1)
                == SampleShape(height: 3, width: 2, channels: 6))
        #expect(
            PoolGeometry.output(input, kernel: 2) == SampleShape(height: 2, width: 2, channels: 6))
        #expect(PoolGeometry.output(input, kernel: 3, padding: 2) == nil)
        #expect(PoolGeometry.output(input, kernel: 5) == nil)
        #expect(PoolGeometry.output(input, kernel: 2, stride: 0) == nil)
    }
}

extension ByteBuffer {
    fileprivate var values: [Int] { (0..<count).map { Int(pointer[$0]) } }
}
