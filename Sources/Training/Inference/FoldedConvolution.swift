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

    /// Channels of an input pixel, as the weights expect them.
    let inputChannels: Int

    init(_ convolution: Conv2d, norm: BatchNorm2d?, padsInputs: Bool = true) {
        inputChannels =
            padsInputs
            ? ImageView.padded(convolution.geometry.input.channels)
            : convolution.geometry.input.channels
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
        let deviation = (Double(norm.runningVariance[channel]) + norm.epsilon).squareRoot()
        return (
            Double(norm.weight.value[channel]) / deviation, Double(norm.runningMean[channel]),
            Double(norm.bias.value[channel])
        )
    }
}

/// A fully connected layer's weights in panels, with outputs padded to whole panels.
final class FoldedLinear {
    private let layer: Linear
    let inputCount: Int
    /// Whole panels.
    let outputCount: Int
    let isFollowedByReLU: Bool
    private let weights: PanelMatrix
    private let bias: FloatSlice

    init(_ layer: Linear, isFollowedByReLU: Bool) {
        self.layer = layer
        self.isFollowedByReLU = isFollowedByReLU
        inputCount = layer.inputShape.count
        weights = PanelMatrix(rows: inputCount, columns: layer.outputShape.count)
        outputCount = weights.panelCount * PanelMatrix.panelWidth
        bias = FloatBuffer(count: outputCount).all
    }

    var panelCount: Int { weights.panelCount }
    var weightCount: Int { inputCount * outputCount }

    func fold() {
        for panel in 0..<panelCount {
            weights.fill(panel: panel, fromTranspose: layer.weight.value)
        }
        bias.slice(0, count: layer.bias.count).update(from: layer.bias.value)
    }

    /// - Parameters:
    ///   - x: rows of `stride` floats, the first `inputCount` of them inputs.
    ///   - y: overwritten; `[rows, outputCount]`.
    ///   - panels: of the outputs; all if nil.
    func forward(
        _ x: FloatSlice, rows: Int, stride: Int, into y: FloatSlice, panels: Range<Int>? = nil
    ) {
        let panels = panels ?? 0..<panelCount
        let first = panels.lowerBound * PanelMatrix.panelWidth
        let count = panels.count * PanelMatrix.panelWidth
        copyRows(
            bias.slice(first, count: count), rows: rows, columns: count, stride: 0,
            into: y.slice(first, count: y.count - first), stride: outputCount)
        weights.product(
            x, m: rows, aRow: stride, into: y.slice(first, count: y.count - first),
            cRow: outputCount, panels: panels, accumulating: true)
        guard isFollowedByReLU else { return }
        for row in 0..<rows {
            let part = y.slice(row * outputCount + first, count: count)
            relu(part, into: part)
        }
    }
}
