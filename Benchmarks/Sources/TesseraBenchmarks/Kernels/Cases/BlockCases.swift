import Kernels
import LinearAlgebra

/// The passes between convolutions, one sample each, in the memory that F(4×4) gives them.
enum BlockCases {
    static var all: [KernelCase] { forward + backward + inference }

    private static let conv2 = WinogradLayer.all[0]
    private static let conv3 = WinogradLayer.all[1]

    // MARK: - Forward

    private static var forward: [KernelCase] {
        [
            observe(.conv1, keepsOutput: false) {
                ImageView(FloatBuffer(count: $0.count).all, $0)
            },
            observe(.conv2, keepsOutput: true) { _ in
                conv2.output(FloatBuffer(count: conv2.outputCount).all)
            },
            observe(.conv3, keepsOutput: true) { _ in
                conv3.output(FloatBuffer(count: conv3.outputCount).all)
            },
            normRelu("conv1", isMasked: false) {
                conv2.interior(FloatBuffer(count: conv2.inputCount).all)
            },
            normRelu("conv2", isMasked: true) {
                conv3.interior(FloatBuffer(count: conv3.inputCount).all)
            },
            normRelu("conv3", isMasked: false) {
                ImageView(FloatBuffer(count: MapShape.conv3.shape.count).all, MapShape.conv3.shape)
            },
        ]
    }

    /// Batch norm's sums, the pool and the copy, in one pass.
    private static func observe(
        _ map: MapShape, keepsOutput: Bool, _ image: @escaping (SampleShape) -> ImageView
    ) -> KernelCase {
        let read = map.shape.count * 4 * (keepsOutput ? 2 : 1)
        return KernelCase(
            name: "\(map.title("forward")): statistics\(map.isPooled ? " and pool" : "")",
            bytes: Double(read + (map.isPooled ? map.pooled.count * 5 : 0)),
            prepare: {
                ObserveProbe(map, keepsOutput: keepsOutput, image(map.shape)).run
            })
    }

    /// max(0, x · scale + shift) · mask into the next layer's input.
    private static func normRelu(
        _ name: String, isMasked: Bool, _ image: @escaping () -> ImageView
    ) -> KernelCase {
        let shape = image().shape
        let mask = isMasked ? ", dropout" : ""
        return KernelCase(
            name: "\(name) forward N1 \(shape): batch norm, ReLU\(mask)",
            bytes: 8 * Double(shape.count),
            prepare: {
                var values = TestValues(seed: 4)
                let norm = NormValues(channels: shape.channels)
                let (x, target) = (values.floats(shape.count), image())
                let mask = isMasked ? values.floats(shape.channels) : nil
                return KernelRun(
                    call: {
                        normReluImage(
                            x, scale: norm.constants.scale, shift: norm.constants.shift,
                            mask: mask, into: target)
                    },
                    results: { [target.doubles] },
                    expected: {
                        let x = x.doubles
                        return [
                            PlainMap(shape) {
                                max(0, norm.normalized(x[$0], $1)) * Double(mask?[$1] ?? 1)
                            }.values
                        ]
                    })
            })
    }

    // MARK: - Backward

    private static var backward: [KernelCase] {
        [
            reluGradient("conv1", isMasked: false) {
                conv2.interior(TestValues.image(conv2.inputCount))
            },
            reluGradient("conv2", isMasked: true) {
                conv3.interior(TestValues.image(conv3.inputCount))
            },
            reluGradient("conv3", isMasked: false) {
                ImageView(TestValues.image(MapShape.conv3.shape.count), MapShape.conv3.shape)
            },
            poolGradient, normGradient,
        ]
    }

    /// Back through the mask and ReLU, with batch norm's sums.
    private static func reluGradient(
        _ name: String, isMasked: Bool, _ gradient: @escaping () -> ImageView
    ) -> KernelCase {
        let shape = gradient().shape
        let mask = isMasked ? "dropout, " : ""
        return KernelCase(
            name: "\(name) data gradient N1 \(shape): \(mask)ReLU and sums",
            bytes: 12 * Double(shape.count),
            prepare: { ReluGradientProbe(gradient(), isMasked: isMasked).run })
    }

    private static var poolGradient: KernelCase {
        let map = MapShape.conv2
        return KernelCase(
            name: "\(map.title("data gradient")): pool, batch norm",
            bytes: Double(8 * map.shape.count + 5 * map.pooled.count),
            prepare: {
                var values = TestValues(seed: 5)
                let norm = NormValues(channels: map.shape.channels)
                let (y, g) = (values.floats(map.shape.count), values.floats(map.pooled.count))
                let argmax = values.bytes(g.count, below: 4)
                let image = conv2.output(FloatBuffer(count: conv2.outputCount).all)
                return KernelRun(
                    call: {
                        normPoolGradientImage(
                            y: y, g: g, argmax: argmax, argmaxOffset: 0,
                            mean: norm.constants.mean, norm.gradient, into: image)
                    },
                    results: { [image.doubles] },
                    expected: {
                        [unpooled(PlainMap(map.shape, y.doubles), g.doubles, argmax, norm)]
                    })
            })
    }

    private static var normGradient: KernelCase {
        let shape = MapShape.conv3.shape
        return KernelCase(
            name: "\(MapShape.conv3.title("data gradient")): batch norm",
            bytes: 12 * Double(shape.count),
            prepare: {
                var values = TestValues(seed: 6)
                let norm = NormValues(channels: shape.channels)
                let (y, g) = (values.floats(shape.count), values.floats(shape.count))
                let image = conv3.output(FloatBuffer(count: conv3.outputCount).all)
                return KernelRun(
                    call: {
                        normGradientImage(
                            y: y, g: g, mean: norm.constants.mean, norm.gradient, into: image)
                    },
                    results: { [image.doubles] },
                    expected: {
                        let (y, g) = (y.doubles, g.doubles)
                        return [PlainMap(shape) { norm.inputGradient(g[$0], y[$0], $1) }.values]
                    })
            })
    }

    // MARK: - Inference

    private static var inference: [KernelCase] {
        [
            biasRelu(.conv1) { ImageView(TestValues.image($0.count), $0) },
            biasRelu(.conv2) { _ in conv2.output(TestValues.image(conv2.outputCount)) },
            biasRelu(.conv3) { _ in conv3.output(TestValues.image(conv3.outputCount)) },
        ]
    }

    private static func biasRelu(
        _ map: MapShape, _ image: @escaping (SampleShape) -> ImageView
    ) -> KernelCase {
        let output = map.isPooled ? map.pooled : map.shape
        return KernelCase(
            name: "\(map.title("inference")): bias, ReLU\(map.isPooled ? ", pool" : "")",
            bytes: 4 * Double(map.shape.count + output.count),
            prepare: {
                var values = TestValues(seed: 7)
                let bias = values.floats(map.shape.channels)
                let y = image(map.shape)
                let target = ImageView(FloatBuffer(count: output.count).all, output)
                return KernelRun(
                    call: { biasReluImage(y, bias: bias, pooled: map.isPooled, into: target) },
                    results: { [target.doubles] },
                    expected: {
                        let y = PlainMap(map.shape, y.doubles)
                        return [
                            PlainMap(output) {
                                let value = map.isPooled ? y.window($0).max()! : y.values[$0]
                                return max(0, value + Double(bias[$1]))
                            }.values
                        ]
                    })
            })
    }

    /// The gradient before a pool and batch norm.
    private static func unpooled(
        _ y: PlainMap, _ g: [Double], _ argmax: ByteBuffer, _ norm: NormValues
    ) -> [Double] {
        var gradient = [Double](repeating: 0, count: y.shape.count)
        for index in g.indices {
            gradient[y.windowPlaces(index)[Int(argmax.pointer[index])]] = g[index]
        }
        return PlainMap(y.shape) { norm.inputGradient(gradient[$0], y.values[$0], $1) }.values
    }
}

extension ImageView {
    init(_ values: FloatSlice, _ shape: SampleShape) {
        self.init(values, height: shape.height, width: shape.width, channels: shape.channels)
    }

    var shape: SampleShape {
        SampleShape(height: height, width: width, channels: channels)
    }
}

extension TestValues {
    /// The values of an image with all that lies between its pixels.
    fileprivate static func image(_ count: Int) -> FloatSlice {
        var values = TestValues(seed: 10)
        return values.floats(count)
    }
}
