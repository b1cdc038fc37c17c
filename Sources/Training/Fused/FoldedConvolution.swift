import Kernels
import LinearAlgebra

/// A convolution's weights with its batch norm folded in: y = x ∗ (w · s) + (b − μ) · s + β, where
/// s = γ / √(σ² + ε) of the running statistics.
final class FoldedConvolution {
    private let convolution: Conv2d
    private let norm: BatchNorm2d?
    private let source: PaddedWeights
    /// Padded, `[k, k, C, O]` and `[O]`.
    let weights: FloatSlice
    let bias: FloatSlice

    init(_ convolution: Conv2d, norm: BatchNorm2d?, padsInputs: Bool = true) {
        self.convolution = convolution
        self.norm = norm
        source = PaddedWeights(
            convolution.weight, convolution.geometry, padsInputs: padsInputs)
        weights = FloatBuffer(count: source.count).all
        bias = FloatBuffer(count: ImageView.padded(convolution.geometry.outputChannels)).all
        scale = FloatBuffer(count: bias.count).all
    }

    private let scale: FloatSlice

    /// Takes the parameters and running statistics as they are now.
    func fold() {
        source.update()
        for channel in 0..<convolution.geometry.outputChannels {
            let (factor, mean, shift) = constants(channel)
            scale[channel] = Float(factor)
            bias[channel] = Float(
                (Double(convolution.bias.value[channel]) - mean) * factor + shift)
        }
        scaleRows(source.values, by: scale, into: weights)
    }

    private func constants(_ channel: Int) -> (factor: Double, mean: Double, shift: Double) {
        guard let norm else { return (1, 0, 0) }
        let deviation = (Double(norm.runningVariance[channel]) + BatchNorm2d.epsilon).squareRoot()
        return (
            Double(norm.weight.value[channel]) / deviation, Double(norm.runningMean[channel]),
            Double(norm.bias.value[channel])
        )
    }
}

/// A connected layer's weights transposed, with outputs padded to whole vectors.
final class FoldedLinear {
    private let layer: Linear
    let inputCount: Int
    /// Whole vectors.
    let outputCount: Int
    let isFollowedByReLU: Bool
    /// `[I, outputCount]`
    let weights: FloatSlice
    let bias: FloatSlice

    init(_ layer: Linear, isFollowedByReLU: Bool) {
        self.layer = layer
        self.isFollowedByReLU = isFollowedByReLU
        inputCount = layer.inputShape.count
        outputCount = ImageView.padded(layer.outputShape.count)
        weights = FloatBuffer(count: inputCount * outputCount).all
        bias = FloatBuffer(count: outputCount).all
    }

    func fold() {
        transpose(
            layer.weight.value, rows: layer.outputShape.count, columns: inputCount,
            stride: inputCount, into: weights, stride: outputCount)
        bias.slice(0, count: layer.bias.count).update(from: layer.bias.value)
    }

    /// - Parameters:
    ///   - x: rows of `stride` floats, the first `inputCount` of them inputs.
    ///   - y: overwritten; `[rows, outputCount]`.
    ///   - columns: of the outputs; a multiple of 16 long.
    func forward(
        _ x: FloatSlice, rows: Int, stride: Int, into y: FloatSlice, columns: Range<Int>? = nil
    ) {
        let columns = columns ?? 0..<outputCount
        let first = columns.lowerBound
        for row in 0..<rows {
            y.slice(row * outputCount + first, count: columns.count).update(
                from: bias.slice(first, count: columns.count))
        }
        smallGemm(
            x, weights.slice(first, count: weights.count - first),
            into: y.slice(first, count: y.count - first),
            SmallGemmShape(
                m: rows, n: columns.count, k: inputCount, aRow: stride, bRow: outputCount,
                cRow: outputCount), accumulating: true)
        guard isFollowedByReLU else { return }
        for row in 0..<rows {
            let part = y.slice(row * outputCount + first, count: columns.count)
            relu(part, into: part)
        }
    }
}
