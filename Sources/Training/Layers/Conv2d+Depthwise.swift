import Kernels
import LinearAlgebra

/// Depthwise convolutions: sample by sample, channels in the vector lanes.
///
/// Where each input channel has several kernels, the image's channels are repeated first, so that
/// input and output have the same ones.
extension Conv2d {
    /// Kernels of each input channel.
    var channelMultiplier: Int { geometry.groupOutputs }

    /// Floats of a sample with its channels repeated.
    var repeatedCount: Int { inputShape.pixels * outputShape.channels }

    func depthwiseForward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        for sample in 0..<pass.chunk.count {
            depthwise(
                repeated(x.sample(sample, inputShape), pass), geometry, weights: weight.value,
                bias: hasBias ? bias.value : nil, into: y.sample(sample, outputShape))
        }
    }

    func depthwiseBackward(x: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass) {
        let dW = chunkWeightGradients[pass.chunk.index]
        dW.fill(0)
        for sample in 0..<pass.chunk.count {
            let gradient = dy.sample(sample, outputShape)
            depthwiseWeightGradient(
                x: repeated(x.sample(sample, inputShape), pass), dy: gradient, geometry,
                addingTo: dW)
            if let dx { inputGradient(gradient, into: dx.sample(sample, inputShape), pass) }
        }
    }

    private func inputGradient(_ dy: FloatSlice, into dx: FloatSlice, _ pass: Pass) {
        guard channelMultiplier > 1 else {
            depthwiseInputGradient(dy: dy, geometry, weights: weight.value, into: dx)
            return
        }
        let wide = repeatedGradients[pass.worker]
        depthwiseInputGradient(dy: dy, geometry, weights: weight.value, into: wide)
        sumRepeatedChannels(wide, channels: inputShape.channels, times: channelMultiplier, into: dx)
    }

    /// A sample with as many channels as the output.
    private func repeated(_ sample: FloatSlice, _ pass: Pass) -> FloatSlice {
        guard channelMultiplier > 1 else { return sample }
        let wide = repeatedInputs[pass.worker]
        repeatChannels(sample, channels: inputShape.channels, times: channelMultiplier, into: wide)
        return wide
    }
}
