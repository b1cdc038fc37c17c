import Kernels
import LinearAlgebra
import TestSupport
import Testing

/// The direct 5×5 convolution of one channel against the obvious loops in double precision, on every
/// CPU level that this machine has.
@Suite struct Direct5KernelTests {
    static let shapes = [
        (4, 4, 16), (28, 28, 32), (9, 13, 48), (32, 30, 16), (5, 28, 80), (7, 3, 16), (1, 1, 32),
        (2, 17, 64),
    ].map { SampleShape(height: $0.0, width: $0.1, channels: $0.2) }

    private func plain(_ shape: SampleShape) -> PlainConvolution {
        PlainConvolution(
            height: shape.height, width: shape.width, inputs: 1, outputs: shape.channels, size: 5)
    }

    private func direct(_ shape: SampleShape) -> Direct5 {
        Direct5(height: shape.height, width: shape.width, channels: shape.channels)
    }

    private func bordered(_ direct: Direct5, _ pixels: [Float]) -> FloatSlice {
        let image = FloatBuffer(count: direct.imageCount).all
        direct.copy(FloatSlice(pixels), into: image)
        return image
    }

    // MARK: - Forward

    @Test(arguments: shapes)
    func convolveEqualsTheObviousLoops(shape: SampleShape) {
        var generator = SeededGenerator(seed: 901)
        let (plain, direct) = (plain(shape), direct(shape))
        let x = generator.floats(plain.inputCount)
        let weights = generator.floats(plain.weightCount)
        let expected = (0..<plain.outputCount).map { plain.output($0, x: x, weights: weights) }
        let image = bordered(direct, x)
        atEachCPULevel { level in
            let output = FramedImage(
                height: shape.height, width: shape.width, channels: shape.channels)
            direct.convolve(image, firstRow: 0, weights: FloatSlice(weights), into: output.view)
            // 25 products of values up to 1.
            assertClose(
                output.values, expected, relative: 1e-6, absolute: 4e-6, "\(shape) level \(level)")
            #expect(output.frameIsIntact, "\(shape) level \(level)")
        }
    }

    /// Some rows and channels are those of the whole output, bit for bit.
    @Test(arguments: shapes)
    func partsEqualTheWhole(shape: SampleShape) {
        var generator = SeededGenerator(seed: 902)
        let direct = direct(shape)
        let image = bordered(direct, generator.floats(shape.pixels))
        let weights = FloatSlice(generator.floats(25 * shape.channels))
        atEachCPULevel { level in
            let whole = FloatBuffer(count: shape.count).all
            direct.convolve(
                image, firstRow: 0, weights: weights,
                into: ImageView(
                    whole, height: shape.height, width: shape.width, channels: shape.channels))
            let all = whole.array
            for row in 0..<shape.height {
                let count = min(2, shape.height - row)
                let firstChannel = row % (shape.channels / 16) * 16
                let channels = firstChannel..<(row % 2 == 0 ? shape.channels : firstChannel + 16)
                let part = FramedImage(
                    height: count, width: shape.width, channels: channels.count)
                direct.convolve(
                    image, firstRow: row, weights: weights, firstChannel: firstChannel,
                    into: part.view)
                let first = row * shape.width * shape.channels
                let expected = (0..<count * shape.width).flatMap { pixel in
                    channels.map { all[first + pixel * shape.channels + $0] }
                }
                let label = "\(shape) row \(row) channels \(channels) level \(level)"
                #expect(part.values == expected, "\(label)")
                #expect(part.frameIsIntact, "\(label)")
            }
        }
    }

    // MARK: - Backward

    @Test(arguments: shapes)
    func pooledGradientEqualsTheObviousLoops(shape: SampleShape) {
        var generator = SeededGenerator(seed: 903)
        let (plain, direct) = (plain(shape), direct(shape))
        let x = generator.floats(plain.inputCount)
        let pooledWidth = shape.width / 2
        let g = generator.floats(shape.height / 2 * pooledWidth * shape.channels)
        let argmax = (0..<g.count).map { _ in UInt8(generator.next() % 4) }
        // The gradient at every pixel: zero but at the argmaxes.
        var dy = [Float](repeating: 0, count: plain.outputCount)
        for (index, place) in argmax.enumerated() {
            let (window, channel) = (index / shape.channels, index % shape.channels)
            let row = window / pooledWidth * 2 + Int(place) / 2
            let column = window % pooledWidth * 2 + Int(place) % 2
            dy[(row * shape.width + column) * shape.channels + channel] = g[index]
        }
        let start = generator.floats(plain.weightCount)
        let expected = start.indices.map {
            Double(start[$0]) + plain.weightGradient($0, x: [x], dy: [dy])
        }
        let offset = 9
        let argmaxes = ByteBuffer(count: argmax.count + offset)
        for (index, place) in argmax.enumerated() { argmaxes.pointer[offset + index] = place }
        let image = bordered(direct, x)
        atEachCPULevel { level in
            let dW = GuardedFloats(start)
            direct.addPooledGradient(
                image, g: FloatSlice(g), argmax: argmaxes, argmaxOffset: offset, to: dW.slice)
            // Up to 240 products of values up to 1.
            assertClose(
                dW.slice.array, expected, relative: 1e-6, absolute: 2e-5,
                "\(shape) level \(level)")
            #expect(dW.marginsAreIntact, "\(shape) level \(level)")
        }
    }

    /// Sums of patches and of their products over three images, added one after the other.
    @Test(arguments: shapes)
    func productsOfPatchesEqualTheObviousLoops(shape: SampleShape) {
        var generator = SeededGenerator(seed: 904)
        let direct = direct(shape)
        let images = (0..<3).map { _ in generator.floats(shape.pixels) }
        let (sums, products) = plainProducts(images, shape)
        let offset = 4
        atEachCPULevel { level in
            let columns = GuardedFloats([Float](repeating: 0, count: direct.columnCount))
            for pixels in images {
                direct.addProducts(bordered(direct, pixels), to: columns.slice)
            }
            let found = DoubleBuffer(count: Direct5.productCount + 2 * offset)
            for index in 0..<found.count { found[index] = 77 }
            direct.collectProducts(columns.slice, into: found, offset: offset)
            let margin = [Double](repeating: 77, count: offset)
            // Each column's sum of up to 96 products is in float32.
            assertClose(
                found.array, margin + sums + products + margin, relative: 1e-6, absolute: 2e-4,
                "\(shape) level \(level)")
            #expect(columns.marginsAreIntact, "\(shape) level \(level)")
        }
    }

    private func plainProducts(
        _ images: [[Float]], _ shape: SampleShape
    ) -> (sums: [Double], products: [Double]) {
        var sums = [Double](repeating: 0, count: 25)
        var products = [Double](repeating: 0, count: 625)
        let geometry = ConvolutionGeometry(
            input: SampleShape(height: shape.height, width: shape.width, channels: 1),
            outputChannels: 1, kernelHeight: 5, kernelWidth: 5, padding: 2)
        for pixels in images {
            let patches = FloatBuffer(count: geometry.colCount).all
            im2col(FloatSlice(pixels), geometry, into: patches)
            let values = patches.array.map(Double.init)
            for pixel in 0..<shape.pixels {
                for tap in 0..<25 where values[pixel * 25 + tap] != 0 {
                    sums[tap] += values[pixel * 25 + tap]
                    for other in 0..<25 {
                        products[tap * 25 + other] +=
                            values[pixel * 25 + tap] * values[pixel * 25 + other]
                    }
                }
            }
        }
        return (sums, products)
    }
}
