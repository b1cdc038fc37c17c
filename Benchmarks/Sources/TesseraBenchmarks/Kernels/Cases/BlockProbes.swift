import Kernels
import LinearAlgebra

/// Sums, pool and copy of an image.
struct ObserveProbe {
    private let map: MapShape
    private let image: ImageView
    private let center: FloatSlice
    private let sign: FloatSlice
    private let pooled: PooledOutput?
    private let kept: FloatSlice?
    private let sums: DoubleBuffer
    private let squares: DoubleBuffer

    init(_ map: MapShape, keepsOutput: Bool, _ image: ImageView) {
        var values = TestValues(seed: 8)
        self.map = map
        self.image = image
        image.update(from: values.floats(map.shape.count))
        center = values.floats(map.shape.channels)
        sign = FloatSlice((0..<map.shape.channels).map { $0 % 3 == 0 ? -1 : 1 })
        pooled =
            map.isPooled
            ? PooledOutput(
                values: FloatBuffer(count: map.pooled.count).all,
                argmax: ByteBuffer(count: map.pooled.count), argmaxOffset: 0) : nil
        kept = keepsOutput ? FloatBuffer(count: map.shape.count).all : nil
        sums = DoubleBuffer(count: map.shape.channels)
        squares = DoubleBuffer(count: map.shape.channels)
    }

    var run: KernelRun {
        KernelRun(
            reset: {
                sums.fill(0, from: 0, count: sums.count)
                squares.fill(0, from: 0, count: sums.count)
            },
            call: {
                observe(
                    image, center: center, sign: sign, pooled: pooled, kept: kept, sums: sums,
                    squares: squares, offset: 0)
            },
            results: {
                [sums.doubles, squares.doubles] + (kept.map { [$0.doubles] } ?? [])
                    + (pooled.map { [$0.values.doubles, $0.argmax.doubles] } ?? [])
            }, expected: expected)
    }

    private func expected() -> [[Double]] {
        let y = PlainMap(map.shape, image.doubles)
        func deviation(_ index: Int, _ channel: Int) -> Double {
            y.values[index] - Double(center[channel])
        }
        var arrays = [
            y.sums(deviation), y.sums { deviation($0, $1) * deviation($0, $1) },
        ]
        if kept != nil { arrays.append(y.values) }
        guard pooled != nil else { return arrays }
        let argmax = PlainMap(map.pooled) { index, channel in
            let keys = y.window(index).map { $0 * Double(sign[channel]) }
            return Double(keys.firstIndex(of: keys.max()!)!)
        }
        let values = PlainMap(map.pooled) { index, _ in
            y.window(index)[Int(argmax.values[index])]
        }
        return arrays + [values.values, argmax.values]
    }
}

/// The gradient through dropout's mask and ReLU.
struct ReluGradientProbe {
    private let du: ImageView
    private let x: FloatSlice
    private let mask: FloatSlice?
    private let norm: NormValues
    private let g: FloatSlice
    private let sums: DoubleBuffer
    private let sumsX: DoubleBuffer

    init(_ du: ImageView, isMasked: Bool) {
        var values = TestValues(seed: 9)
        self.du = du
        x = values.floats(du.shape.count)
        mask = isMasked ? values.floats(du.channels) : nil
        norm = NormValues(channels: du.channels)
        g = FloatBuffer(count: x.count).all
        sums = DoubleBuffer(count: du.channels)
        sumsX = DoubleBuffer(count: du.channels)
    }

    var run: KernelRun {
        KernelRun(
            reset: {
                sums.fill(0, from: 0, count: sums.count)
                sumsX.fill(0, from: 0, count: sums.count)
            },
            call: {
                reluGradientSums(
                    x: x, du: du, norm.constants, mask: mask, into: g, sums: sums, sumsX: sumsX,
                    offset: 0)
            },
            results: { [g.doubles, sums.doubles, sumsX.doubles] },
            expected: {
                let (x, du) = (x.doubles, du.doubles)
                let g = PlainMap(self.du.shape) {
                    norm.normalized(x[$0], $1) > 0 ? du[$0] * Double(mask?[$1] ?? 1) : 0
                }
                return [
                    g.values, g.sums { index, _ in g.values[index] },
                    g.sums { g.values[$0] * norm.deviation(x[$0], $1) },
                ]
            })
    }
}
