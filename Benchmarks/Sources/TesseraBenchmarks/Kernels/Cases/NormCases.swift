import Kernels
import LinearAlgebra

/// Batch norm with ReLU and pool as layers of their own, which the reference network runs: a
/// chunk's 8 samples, or one where the engine goes sample by sample.
enum NormCases {
    static var all: [KernelCase] {
        [MapShape.conv1, .conv2, .conv3].map(moments)
            + [affine, poolForward(.conv1), poolForward(.conv2)]
            + [gradientSums, poolGradientSums(.conv1), poolGradientSums(.conv2)]
            + [gradient, poolGradient(.conv1), poolGradient(.conv2)]
    }

    private static let samples = 8
    private static let rows = SampleShape(height: samples * 7, width: 7, channels: 128)

    // MARK: - Statistics

    private static func moments(_ map: MapShape) -> KernelCase {
        let shape = SampleShape(
            height: samples * map.shape.height, width: map.shape.width,
            channels: map.shape.channels)
        return KernelCase(
            name: "\(map.title("forward", samples: samples)): row moments",
            bytes: 4 * Double(shape.count),
            prepare: {
                var values = TestValues(seed: 15)
                let x = values.floats(shape.count)
                let (mean, m2) = (
                    DoubleBuffer(count: shape.channels), DoubleBuffer(count: shape.channels)
                )
                return KernelRun(
                    call: {
                        rowMoments(x, channels: shape.channels, mean: mean, m2: m2, offset: 0)
                    },
                    results: { [mean.doubles, m2.doubles] },
                    expected: {
                        let x = PlainMap(shape, x.doubles)
                        let means = x.sums { index, _ in x.values[index] }
                            .map { $0 / Double(shape.pixels) }
                        let squares = x.sums {
                            (x.values[$0] - means[$1]) * (x.values[$0] - means[$1])
                        }
                        return [means, squares]
                    })
            })
    }

    // MARK: - Rows

    private static func rowsCase(
        _ pass: String, _ kernel: String, arrays: Int,
        _ run: @escaping (_ x: FloatSlice, _ dy: FloatSlice, NormValues) -> KernelRun
    ) -> KernelCase {
        KernelCase(
            name: "\(MapShape.conv3.title(pass, samples: samples)): \(kernel)",
            bytes: 4 * Double(arrays * rows.count),
            prepare: {
                var values = TestValues(seed: 16)
                let (x, dy) = (values.floats(rows.count), values.floats(rows.count))
                return run(x, dy, NormValues(channels: rows.channels))
            })
    }

    private static var affine: KernelCase {
        rowsCase("forward", "affine rows, ReLU", arrays: 2) { x, _, norm in
            let y = FloatBuffer(count: x.count).all
            return KernelRun(
                call: {
                    affineRows(
                        x, scale: norm.constants.scale, shift: norm.constants.shift, relu: true,
                        into: y)
                },
                results: { [y.doubles] },
                expected: {
                    let x = x.doubles
                    return [PlainMap(rows) { max(0, norm.normalized(x[$0], $1)) }.values]
                })
        }
    }

    private static var gradientSums: KernelCase {
        rowsCase("data gradient", "batch norm, ReLU sums", arrays: 2) { x, dy, norm in
            let (sums, sumsX) = (
                DoubleBuffer(count: rows.channels), DoubleBuffer(count: rows.channels)
            )
            return KernelRun(
                call: {
                    normGradientSums(
                        x: x, dy: dy, norm.constants, relu: true, sums: sums, sumsX: sumsX,
                        offset: 0)
                },
                results: { [sums.doubles, sumsX.doubles] },
                expected: {
                    let (x, g) = (x.doubles, passed(x.doubles, dy.doubles, norm))
                    return [
                        g.sums { index, _ in g.values[index] },
                        g.sums { g.values[$0] * norm.deviation(x[$0], $1) },
                    ]
                })
        }
    }

    private static var gradient: KernelCase {
        rowsCase("data gradient", "batch norm, ReLU rows", arrays: 3) { x, dy, norm in
            let dx = FloatBuffer(count: x.count).all
            return KernelRun(
                call: {
                    Kernels.normGradient(
                        x: x, dy: dy, norm.constants, relu: true, norm.gradient, into: dx)
                },
                results: { [dx.doubles] },
                expected: {
                    let (x, g) = (x.doubles, passed(x.doubles, dy.doubles, norm))
                    return [
                        PlainMap(rows) { norm.inputGradient(g.values[$0], x[$0], $1) }.values
                    ]
                })
        }
    }

    /// What ReLU's gradient lets through.
    private static func passed(_ x: [Double], _ dy: [Double], _ norm: NormValues) -> PlainMap {
        PlainMap(rows) { norm.normalized(x[$0], $1) > 0 ? dy[$0] : 0 }
    }

    // MARK: - With a pool

    private static func poolForward(_ map: MapShape) -> KernelCase {
        KernelCase(
            name: "\(map.title("forward")): norm, ReLU, pool",
            bytes: Double(4 * map.shape.count + 5 * map.pooled.count),
            prepare: {
                let probe = PoolProbe(map, samples: 1)
                return KernelRun(
                    call: probe.forward, results: { [probe.y.doubles, probe.argmax.doubles] },
                    expected: {
                        let (y, argmax) = probe.expectedForward(0)
                        return [y.values, argmax.values]
                    })
            })
    }

    private static func poolGradientSums(_ map: MapShape) -> KernelCase {
        KernelCase(
            name: "\(map.title("data gradient", samples: samples)): norm, ReLU, pool sums",
            bytes: Double(samples * (4 * map.shape.count + 5 * map.pooled.count)),
            prepare: {
                let probe = PoolProbe(map, samples: samples)
                return KernelRun(
                    reset: probe.forward, call: probe.gradientSums,
                    results: { [probe.sums.doubles, probe.sumsX.doubles] },
                    expected: probe.expectedSums)
            })
    }

    private static func poolGradient(_ map: MapShape) -> KernelCase {
        KernelCase(
            name: "\(map.title("data gradient")): norm, ReLU, pool",
            bytes: Double(8 * map.shape.count + 5 * map.pooled.count),
            prepare: {
                let probe = PoolProbe(map, samples: 1)
                return KernelRun(
                    reset: probe.forward, call: probe.gradient,
                    results: { [probe.dx.doubles] },
                    expected: { [probe.expectedGradient()] })
            })
    }
}

/// Batch norm, ReLU and pool of some samples.
private final class PoolProbe {
    private let map: MapShape
    private let samples: Int
    private let norm: NormValues
    private let x: FloatSlice
    private let dy: FloatSlice
    let y: FloatSlice
    let dx: FloatSlice
    let argmax: ByteBuffer
    let sums: DoubleBuffer
    let sumsX: DoubleBuffer

    init(_ map: MapShape, samples: Int) {
        var values = TestValues(seed: 17)
        self.map = map
        self.samples = samples
        norm = NormValues(channels: map.shape.channels)
        x = values.floats(samples * map.shape.count)
        dy = values.floats(samples * map.pooled.count)
        y = FloatBuffer(count: dy.count).all
        dx = FloatBuffer(count: x.count).all
        argmax = ByteBuffer(count: dy.count)
        sums = DoubleBuffer(count: map.shape.channels)
        sumsX = DoubleBuffer(count: map.shape.channels)
    }

    func forward() {
        for sample in 0..<samples {
            normReluPool(
                x.slice(sample * map.shape.count, count: map.shape.count), map.shape,
                scale: norm.constants.scale, shift: norm.constants.shift,
                into: y.slice(sample * map.pooled.count, count: map.pooled.count), argmax: argmax,
                argmaxOffset: sample * map.pooled.count)
        }
    }

    func gradientSums() {
        normReluPoolGradientSums(
            x: x, dy: dy, map.shape, mean: norm.constants.mean, argmax: argmax, argmaxOffset: 0,
            sums: sums, sumsX: sumsX, offset: 0)
    }

    func gradient() {
        normReluPoolGradient(
            x: x, dy: dy, map.shape, mean: norm.constants.mean, argmax: argmax, argmaxOffset: 0,
            norm.gradient, into: dx)
    }

    // MARK: - References

    private func input(_ sample: Int) -> PlainMap {
        PlainMap(
            map.shape, x.slice(sample * map.shape.count, count: map.shape.count).doubles)
    }

    /// Choice 4 is where ReLU gave zero.
    func expectedForward(_ sample: Int) -> (y: PlainMap, argmax: PlainMap) {
        let x = input(sample)
        let windows = (0..<map.pooled.count).map { index in
            x.window(index).map { norm.normalized($0, index % map.pooled.channels) }
        }
        let argmax = windows.map { window in
            window.max()! <= 0 ? 4 : Double(window.firstIndex(of: window.max()!)!)
        }
        return (
            PlainMap(map.pooled, windows.map { max(0, $0.max()!) }), PlainMap(map.pooled, argmax)
        )
    }

    func expectedSums() -> [[Double]] {
        var sums = [[Double]](
            repeating: [Double](repeating: 0, count: map.shape.channels), count: 2)
        for sample in 0..<samples {
            let (x, argmax) = (input(sample), expectedForward(sample).argmax.values)
            for (index, place) in argmax.enumerated() where place < 4 {
                let channel = index % map.shape.channels
                let g = Double(dy[sample * map.pooled.count + index])
                sums[0][channel] += g
                sums[1][channel] += g * norm.deviation(x.window(index)[Int(place)], channel)
            }
        }
        return sums
    }

    func expectedGradient() -> [Double] {
        let (x, argmax) = (input(0), expectedForward(0).argmax.values)
        var g = [Double](repeating: 0, count: map.shape.count)
        for (index, place) in argmax.enumerated() where place < 4 {
            g[x.windowPlaces(index)[Int(place)]] = Double(dy[index])
        }
        return PlainMap(map.shape) { norm.inputGradient(g[$0], x.values[$0], $1) }.values
    }
}
