import Kernels
import LinearAlgebra

/// The first convolution, 5×5 over one channel.
enum StemCases {
    static var all: [KernelCase] {
        [
            KernelCase(
                name: "\(title("forward")): bordered copy", bytes: 8 * Double(pixels),
                prepare: { StemProbe().copy }),
            KernelCase(
                name: "\(title("forward")): direct5", operations: 2 * Double(25 * outputs),
                bytes: 4 * Double(pixels + 25 * channels + outputs),
                prepare: { StemProbe().convolve }),
            KernelCase(
                name: "\(title("weight gradient")): direct5 at pooled pixels",
                operations: 2 * Double(25 * pooledOutputs),
                bytes: Double(4 * pixels + 8 * 25 * channels + 5 * pooledOutputs),
                prepare: { StemProbe().pooledGradient }),
            KernelCase(
                name: "\(title("weight gradient")): products of patches",
                bytes: 4 * Double(pixels), prepare: { StemProbe().products }),
            KernelCase(
                name: "conv1 weight gradient 1→32 28×28 k5: sums of the products",
                bytes: 8 * Double(Direct5.productCount), prepare: { StemProbe().collect }),
        ]
    }

    private static func title(_ pass: String) -> String { "conv1 \(pass) N1 1→32 28×28 k5" }

    fileprivate static let side = 28
    fileprivate static let channels = 32
    private static let pixels = side * side
    private static let outputs = pixels * channels
    private static let pooledOutputs = outputs / 4
}

private final class StemProbe {
    private let direct = Direct5(
        height: StemCases.side, width: StemCases.side, channels: StemCases.channels)
    private let reference = ConvolutionReference(
        side: StemCases.side, inputs: 1, outputs: StemCases.channels, kernelSize: 5)
    private let x: FloatSlice
    private let weights: FloatSlice
    private let image: FloatSlice
    private let y: FloatSlice
    private let g: FloatSlice
    private let argmax: ByteBuffer
    private let weightGradient: FloatSlice
    private let columns: FloatSlice
    private let sums = DoubleBuffer(count: Direct5.productCount)

    init() {
        var values = TestValues(seed: 11)
        let (side, channels) = (StemCases.side, StemCases.channels)
        x = values.floats(side * side)
        weights = values.floats(Direct5.taps * channels)
        g = values.floats(side / 2 * (side / 2) * channels)
        argmax = values.bytes(g.count, below: 4)
        image = FloatBuffer(count: direct.imageCount).all
        y = FloatBuffer(count: side * side * channels).all
        weightGradient = FloatBuffer(count: weights.count).all
        columns = FloatBuffer(count: direct.columnCount).all
        direct.copy(x, into: image)
    }

    var copy: KernelRun {
        KernelRun(
            call: { self.direct.copy(self.x, into: self.image) },
            results: {
                self.convolveAll()
                return [self.y.doubles]
            },
            expected: { [self.reference.forward(self.x.doubles, self.weights.doubles)] })
    }

    var convolve: KernelRun {
        KernelRun(
            call: convolveAll, results: { [self.y.doubles] },
            expected: { [self.reference.forward(self.x.doubles, self.weights.doubles)] })
    }

    /// Two rows at a time, as the passes behind it want them.
    private func convolveAll() {
        let rowCount = direct.width * direct.channels
        for row in stride(from: 0, to: direct.height, by: 2) {
            direct.convolve(
                image, firstRow: row, weights: weights,
                into: ImageView(
                    y.slice(row * rowCount, count: 2 * rowCount), height: 2, width: direct.width,
                    channels: direct.channels))
        }
    }

    var pooledGradient: KernelRun {
        KernelRun(
            reset: { self.weightGradient.fill(0) },
            call: {
                self.direct.addPooledGradient(
                    self.image, g: self.g, argmax: self.argmax, argmaxOffset: 0,
                    to: self.weightGradient)
            },
            results: { [self.weightGradient.doubles] },
            expected: {
                [self.reference.weightGradient(self.x.doubles, self.unpooledGradient)]
            })
    }

    private var unpooledGradient: [Double] {
        let shape = SampleShape(
            height: direct.height, width: direct.width, channels: direct.channels)
        var map = PlainMap(shape, [Double](repeating: 0, count: shape.count))
        for index in 0..<g.count {
            map.values[map.windowPlaces(index)[Int(argmax.pointer[index])]] = Double(g[index])
        }
        return map.values
    }

    var products: KernelRun {
        KernelRun(
            reset: { self.columns.fill(0) },
            call: { self.direct.addProducts(self.image, to: self.columns) },
            results: {
                self.direct.collectProducts(self.columns, into: self.sums, offset: 0)
                return [self.sums.doubles]
            }, expected: { [self.expectedProducts] })
    }

    var collect: KernelRun {
        KernelRun(
            reset: {
                self.columns.fill(0)
                self.direct.addProducts(self.image, to: self.columns)
            },
            call: { self.direct.collectProducts(self.columns, into: self.sums, offset: 0) },
            results: { [self.sums.doubles] }, expected: { [self.expectedProducts] })
    }

    /// Σ p, then Σ p·pᵀ over all patches p.
    private var expectedProducts: [Double] {
        let geometry = ConvolutionGeometry(
            input: SampleShape(height: direct.height, width: direct.width, channels: 1),
            outputChannels: 1, kernelHeight: 5, kernelWidth: 5, padding: 2)
        let patches = UnfoldCases.patches(x.doubles, geometry)
        let taps = Direct5.taps
        var products = [Double](repeating: 0, count: Direct5.productCount)
        for start in stride(from: 0, to: patches.count, by: taps) {
            for tap in 0..<taps {
                products[tap] += patches[start + tap]
                for other in 0..<taps {
                    products[taps + tap * taps + other] +=
                        patches[start + tap] * patches[start + other]
                }
            }
        }
        return products
    }
}
