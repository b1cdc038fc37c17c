import CKernels
import Kernels
import LinearAlgebra
import TestSupport
import Testing

/// Depthwise kernels against sums in double precision, with marks around what they may write.
@Suite struct DepthwiseKernelTests {
    private static let geometries: [ConvolutionGeometry] = [1, 3, 17, 33, 70].flatMap { channels in
        let shape = SampleShape(height: 5, width: 9, channels: channels)
        return [
            ConvolutionGeometry(
                input: shape, outputChannels: channels, kernelSize: 3, padding: 1, groups: channels),
            ConvolutionGeometry(
                input: shape, outputChannels: channels, kernel: .init(height: 2, width: 4),
                stride: .init(height: 1, width: 2), padding: .init(height: 0, width: 3),
                dilation: .init(height: 3, width: 2), groups: channels),
            // More padding than the kernel reaches: whole windows lie outside.
            ConvolutionGeometry(
                input: shape, outputChannels: channels, kernelSize: 2, padding: 4, groups: channels),
        ]
    }

    @Test(arguments: geometries)
    func agreeWithPlainSums(_ g: ConvolutionGeometry) {
        var generator = SeededGenerator(seed: 66)
        let taps = g.kernelHeight * g.kernelWidth
        let x = generator.floats(g.input.count), dy = generator.floats(g.output.count)
        let weights = generator.floats(taps * g.outputChannels)
        let bias = generator.floats(g.outputChannels)
        let expected = plain(g, x, weights, bias, dy)
        atEachCPULevel { level in
            let label = "\(g.input) \(g.kernel) level \(level)"
            let (image, y) = (GuardedFloats(x), GuardedFloats(count: g.output.count))
            let (dx, dW) = (GuardedFloats(count: g.input.count), GuardedFloats(weights))
            let kernels = GuardedFloats(weights)
            depthwise(
                image.slice, g, weights: kernels.slice, bias: FloatSlice(bias), into: y.slice)
            depthwiseInputGradient(
                dy: FloatSlice(dy), g, weights: kernels.slice, into: dx.slice)
            depthwiseWeightGradient(
                x: image.slice, dy: FloatSlice(dy), g, addingTo: dW.slice)
            assertClose(
                y.slice.array.map(Double.init), expected.y, relative: 1e-5, absolute: 1e-5, label)
            assertClose(
                dx.slice.array.map(Double.init), expected.dx, relative: 1e-5, absolute: 1e-5, label)
            assertClose(
                dW.slice.array.map(Double.init), expected.dW, relative: 1e-5, absolute: 1e-5, label)
            #expect([y, dx, dW, image, kernels].allSatisfy { $0.marginsAreIntact }, "\(label)")
        }
    }

    /// dW starts at the weights, for it is added to.
    private func plain(
        _ g: ConvolutionGeometry, _ x: [Float], _ weights: [Float], _ bias: [Float], _ dy: [Float]
    ) -> (y: [Double], dx: [Double], dW: [Double]) {
        let channels = g.outputChannels
        var y = (0..<g.output.count).map { Double(bias[$0 % channels]) }
        var dx = [Double](repeating: 0, count: x.count)
        var dW = weights.map(Double.init)
        for place in y.indices {
            let (pixel, channel) = (place / channels, place % channels)
            for tap in 0..<g.kernelHeight * g.kernelWidth {
                let row =
                    pixel / g.outputWidth * g.strides.height - g.paddings.height
                    + tap / g.kernelWidth * g.dilations.height
                let column =
                    pixel % g.outputWidth * g.strides.width - g.paddings.width
                    + tap % g.kernelWidth * g.dilations.width
                guard (0..<g.input.height).contains(row), (0..<g.input.width).contains(column)
                else { continue }
                let (source, weight) = (
                    (row * g.input.width + column) * channels + channel, tap * channels + channel
                )
                y[place] += Double(x[source]) * Double(weights[weight])
                dx[source] += Double(dy[place]) * Double(weights[weight])
                dW[weight] += Double(dy[place]) * Double(x[source])
            }
        }
        return (y, dx, dW)
    }

    @Test func repeatedChannelsAreSummedBack() {
        let x = FloatSlice([1, 2, 3, 4])
        let y = FloatBuffer(count: 12).all
        repeatChannels(x, channels: 2, times: 3, into: y)
        #expect(y.array == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4])
        y.update(from: (0..<12).map(Float.init))
        sumRepeatedChannels(y, channels: 2, times: 3, into: x)
        #expect(x.array == [3, 12, 21, 30])
    }
}
