import Kernels
import LinearAlgebra

/// Pools, ReLU, masks, biases, and what the data loader computes.
enum LayerCases {
    static var all: [KernelCase] {
        [
            maxPoolForward(.conv1), maxPoolForward(.conv2), maxPoolBackward(.conv1),
            maxPoolBackward(.conv2), averagePoolForward, averagePoolBackward, reluForward,
            reluBackward, mask, bias, biasGradient, sum, tableLookup, warp,
        ]
    }

    // MARK: - Pools

    private static func maxPoolForward(_ map: MapShape) -> KernelCase {
        KernelCase(
            name: "\(map.title("forward")): max-pool",
            bytes: Double(4 * map.shape.count + 5 * map.pooled.count),
            prepare: {
                let (x, argmax) = (input(map.shape.count), ByteBuffer(count: map.pooled.count))
                let y = FloatBuffer(count: map.pooled.count).all
                return KernelRun(
                    call: {
                        maxPool(
                            x, map.shape, kernelSize: 2, stride: 2, into: y, argmax: argmax,
                            argmaxOffset: 0)
                    },
                    results: { [y.doubles, argmax.doubles] },
                    expected: {
                        let x = PlainMap(map.shape, x.doubles)
                        let windows = (0..<map.pooled.count).map(x.window)
                        return [
                            windows.map { $0.max()! },
                            windows.map { Double($0.firstIndex(of: $0.max()!)!) },
                        ]
                    }, tolerance: 0)
            })
    }

    private static func maxPoolBackward(_ map: MapShape) -> KernelCase {
        KernelCase(
            name: "\(map.title("data gradient")): max-pool",
            bytes: Double(4 * map.shape.count + 5 * map.pooled.count),
            prepare: {
                var values = TestValues(seed: 18)
                let dy = values.floats(map.pooled.count)
                let argmax = values.bytes(dy.count, below: 4)
                let dx = FloatBuffer(count: map.shape.count).all
                return KernelRun(
                    call: {
                        maxPoolGradient(
                            dy: dy, map.shape, kernelSize: 2, stride: 2, into: dx, argmax: argmax,
                            argmaxOffset: 0)
                    },
                    results: { [dx.doubles] },
                    expected: {
                        var map = PlainMap(map.shape) { _, _ in 0 }
                        for index in 0..<dy.count {
                            let place = map.windowPlaces(index)[Int(argmax.pointer[index])]
                            map.values[place] = Double(dy[index])
                        }
                        return [map.values]
                    }, tolerance: 0)
            })
    }

    private static let pooled = SampleShape(height: 3, width: 3, channels: 128)
    private static var unpooled: SampleShape { MapShape.conv3.shape }

    private static var averagePoolForward: KernelCase {
        KernelCase(
            name: "conv3 forward N1 7×7×128→3×3: average pool",
            bytes: 4 * Double(unpooled.count + pooled.count),
            prepare: {
                let (x, y) = (input(unpooled.count), FloatBuffer(count: pooled.count).all)
                return KernelRun(
                    call: { adaptiveAveragePool(x, unpooled, into: y, pooled) },
                    results: { [y.doubles] },
                    expected: {
                        let x = x.doubles
                        var y = [Double](repeating: 0, count: pooled.count)
                        forEachShare { y[$1] += $2 * x[$0] }
                        return [y]
                    })
            })
    }

    private static var averagePoolBackward: KernelCase {
        KernelCase(
            name: "conv3 data gradient N1 7×7×128→3×3: average pool",
            bytes: 4 * Double(unpooled.count + pooled.count),
            prepare: {
                let (dy, dx) = (input(pooled.count), FloatBuffer(count: unpooled.count).all)
                return KernelRun(
                    call: { adaptiveAveragePoolGradient(dy: dy, pooled, into: dx, unpooled) },
                    results: { [dx.doubles] },
                    expected: {
                        let dy = dy.doubles
                        var dx = [Double](repeating: 0, count: unpooled.count)
                        forEachShare { dx[$0] += $2 * dy[$1] }
                        return [dx]
                    })
            })
    }

    /// Each input value's share of each output; windows are rows and columns 0–2, 2–4 and 4–6.
    private static func forEachShare(_ body: (_ from: Int, _ to: Int, _ share: Double) -> Void) {
        for to in 0..<pooled.count {
            let (pixel, channel) = (to / pooled.channels, to % pooled.channels)
            for place in 0..<9 {
                let row = 2 * (pixel / 3) + place / 3
                let column = 2 * (pixel % 3) + place % 3
                body((row * unpooled.width + column) * unpooled.channels + channel, to, 1.0 / 9)
            }
        }
    }

    // MARK: - Element by element

    private static let hidden = SampleShape(height: 8, width: 1, channels: 256)

    private static var reluForward: KernelCase {
        KernelCase(
            name: "fc1 forward N8 256: ReLU", bytes: 8 * Double(hidden.count),
            prepare: {
                let (x, y) = (input(hidden.count), FloatBuffer(count: hidden.count).all)
                return KernelRun(
                    call: { relu(x, into: y) }, results: { [y.doubles] },
                    expected: { [x.doubles.map { max(0, $0) }] }, tolerance: 0)
            })
    }

    private static var reluBackward: KernelCase {
        KernelCase(
            name: "fc1 data gradient N8 256: ReLU", bytes: 12 * Double(hidden.count),
            prepare: {
                var values = TestValues(seed: 19)
                let (y, dy) = (values.floats(hidden.count), values.floats(hidden.count))
                let dx = FloatBuffer(count: hidden.count).all
                return KernelRun(
                    call: { reluGradient(y: y, dy: dy, into: dx) }, results: { [dx.doubles] },
                    expected: { [zip(y.doubles, dy.doubles).map { $0 > 0 ? $1 : 0 }] },
                    tolerance: 0)
            })
    }

    /// Dropout2d of one sample.
    private static var mask: KernelCase {
        let shape = MapShape.conv2.pooled
        return KernelCase(
            name: "conv2 forward N1 \(shape): dropout mask", bytes: 8 * Double(shape.count),
            prepare: {
                var values = TestValues(seed: 20)
                let (x, mask) = (values.floats(shape.count), values.floats(shape.channels))
                let y = FloatBuffer(count: shape.count).all
                return KernelRun(
                    call: { scaleRows(x, by: mask, into: y) }, results: { [y.doubles] },
                    expected: {
                        let x = x.doubles
                        return [PlainMap(shape) { x[$0] * Double(mask[$1]) }.values]
                    })
            })
    }

    private static var bias: KernelCase {
        KernelCase(
            name: "fc1 forward N8 256: bias", bytes: 4 * Double(hidden.count),
            prepare: {
                let (bias, y) = (input(hidden.channels), FloatBuffer(count: hidden.count).all)
                return KernelRun(
                    call: { fillRows(y, with: bias) }, results: { [y.doubles] },
                    expected: {
                        [PlainMap(hidden) { Double(bias[$1]) }.values]
                    }, tolerance: 0)
            })
    }

    private static var biasGradient: KernelCase {
        let rows = SampleShape(height: 64, width: 1, channels: 256)
        return KernelCase(
            name: "fc1 weight gradient N64 256: bias", bytes: 4 * Double(rows.count),
            prepare: {
                let (x, sums) = (input(rows.count), FloatBuffer(count: rows.channels).all)
                return KernelRun(
                    reset: { sums.fill(0) },
                    call: { addColumnSums(x, to: sums) }, results: { [sums.doubles] },
                    expected: {
                        let x = PlainMap(rows, x.doubles)
                        return [x.sums { index, _ in x.values[index] }]
                    })
            })
    }

    /// A task's rows of conv2's weight, from one group's gradient.
    private static var sum: KernelCase {
        let count = 64 * 64
        return KernelCase(
            name: "conv2 weight gradient 64 rows of 64: add", bytes: 12 * Double(count),
            prepare: {
                let (x, y) = (input(count), FloatBuffer(count: count).all)
                return KernelRun(
                    reset: { y.fill(1) },
                    call: { add(x, to: y) }, results: { [y.doubles] },
                    expected: { [x.doubles.map { 1 + $0 }] })
            })
    }

    // MARK: - Images

    private static let side = 28
    private static let mean = 0.1307
    private static let deviation = 0.3081
    private static let normalization = ByteNormalization(
        means: [mean], standardDeviations: [deviation])

    private static func pixels() -> [UInt8] {
        var values = TestValues(seed: 21)
        return values.floats(side * side, from: 0, to: 256).array.map { UInt8($0) }
    }

    private static var tableLookup: KernelCase {
        KernelCase(
            name: "image N1 28×28: normalise", bytes: 5 * Double(side * side),
            prepare: {
                let (pixels, out) = (pixels(), FloatBuffer(count: side * side).all)
                return KernelRun(
                    call: { normalize(pixels, from: 0, by: normalization, into: out) },
                    results: { [out.doubles] },
                    expected: { [pixels.map { (Double($0) / 255 - mean) / deviation }] })
            })
    }

    private static var warp: KernelCase {
        // A turn of about 10 degrees, a little larger, and a shift.
        let map = AffineMap(xx: 0.95, xy: 0.17, x0: -1.3, yx: -0.17, yy: 0.95, y0: 2.6)
        return KernelCase(
            name: "image N1 28×28: warp and normalise", bytes: 5 * Double(side * side),
            prepare: {
                let (pixels, out) = (pixels(), FloatBuffer(count: side * side).all)
                return KernelRun(
                    call: {
                        warpAndNormalize(
                            pixels, from: 0, height: side, width: side, map, by: normalization,
                            into: out)
                    },
                    results: { [out.doubles] },
                    expected: { [warped(pixels, map).map { ($0 / 255 - mean) / deviation }] },
                    // Positions are computed in float32, of which 28 pixels take five bits.
                    tolerance: 1e-4)
            })
    }

    /// Bilinear samples, zero outside.
    private static func warped(_ pixels: [UInt8], _ map: AffineMap) -> [Double] {
        func pixel(_ y: Double, _ x: Double) -> Double {
            let range = 0.0..<Double(side)
            guard range.contains(y) && range.contains(x) else { return 0 }
            return Double(pixels[Int(y) * side + Int(x)])
        }
        return (0..<side * side).map { index in
            let (row, column) = (Double(index / side), Double(index % side))
            let x = Double(map.xx) * column + Double(map.xy) * row + Double(map.x0)
            let y = Double(map.yx) * column + Double(map.yy) * row + Double(map.y0)
            let (left, top) = (x.rounded(.down), y.rounded(.down))
            let (right, bottom) = (x - left, y - top)
            let upper = pixel(top, left) * (1 - right) + pixel(top, left + 1) * right
            let lower = pixel(top + 1, left) * (1 - right) + pixel(top + 1, left + 1) * right
            return upper * (1 - bottom) + lower * bottom
        }
    }

    private static func input(_ count: Int) -> FloatSlice {
        var values = TestValues(seed: 22)
        return values.floats(count)
    }
}
