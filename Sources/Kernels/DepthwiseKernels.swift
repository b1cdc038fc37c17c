import CKernels
import LinearAlgebra

// Depthwise convolutions of one sample: `channels` channels, each with a kernel of its own, its taps
// `[kH, kW, channels]`. Where a channel has several kernels, the image's channels are repeated first.

/// y = bias + Σ x · weights over the taps.
///
/// - Parameters:
///   - x: `[H, W, channels]`, channels being the output's.
///   - bias: none if nil.
///   - y: overwritten; `[outH, outW, channels]`.
public func depthwise(
    _ x: FloatSlice, _ geometry: ConvolutionGeometry, weights: FloatSlice, bias: FloatSlice?,
    into y: FloatSlice
) {
    checkDepthwise(geometry, image: x, weights, output: y)
    precondition(bias == nil || bias!.count == geometry.outputChannels)
    var window = geometry.depthwiseWindow
    tessera_depthwise(x.pointer, &window, weights.pointer, bias?.pointer, 0, y.pointer)
}

/// The gradient in the image of `depthwise`.
///
/// - Parameter dx: overwritten; `[H, W, channels]`.
public func depthwiseInputGradient(
    dy: FloatSlice, _ geometry: ConvolutionGeometry, weights: FloatSlice, into dx: FloatSlice
) {
    checkDepthwise(geometry, image: dx, weights, output: dy)
    if geometry.strides == 1 {
        // dx[y] = Σ dy[y + padding − k·dilation] · w[k]: a convolution with the taps reversed.
        var window = geometry.reversedDepthwiseWindow
        tessera_depthwise(dy.pointer, &window, weights.pointer, nil, 1, dx.pointer)
    } else {
        var window = geometry.depthwiseWindow
        dx.fill(0)
        tessera_depthwise_input_gradient(dy.pointer, &window, weights.pointer, dx.pointer)
    }
}

/// dW += Σ dy · x over the pixels.
///
/// - Parameter dW: accumulated into; `[kH, kW, channels]`.
public func depthwiseWeightGradient(
    x: FloatSlice, dy: FloatSlice, _ geometry: ConvolutionGeometry, addingTo dW: FloatSlice
) {
    checkDepthwise(geometry, image: x, dW, output: dy)
    var window = geometry.depthwiseWindow
    tessera_depthwise_weight_gradient(x.pointer, dy.pointer, &window, dW.pointer)
}

/// y[p, c·times + t] = x[p, c] for each pixel p.
public func repeatChannels(_ x: FloatSlice, channels: Int, times: Int, into y: FloatSlice) {
    precondition(x.count % channels == 0 && y.count == x.count * times)
    tessera_repeat_channels(x.pointer, x.count / channels, channels, times, y.pointer)
}

/// x[p, c] = Σ y[p, c·times + t] over t: the adjoint of `repeatChannels`.
public func sumRepeatedChannels(_ y: FloatSlice, channels: Int, times: Int, into x: FloatSlice) {
    precondition(x.count % channels == 0 && y.count == x.count * times)
    tessera_sum_repeated_channels(y.pointer, x.count / channels, channels, times, x.pointer)
}

private func checkDepthwise(
    _ geometry: ConvolutionGeometry, image: FloatSlice, _ weights: FloatSlice, output: FloatSlice
) {
    let channels = geometry.outputChannels
    precondition(
        geometry.groups == geometry.input.channels
            && image.count == geometry.input.pixels * channels
            && weights.count == geometry.kernelHeight * geometry.kernelWidth * channels
            && output.count == geometry.output.count,
        "not a depthwise convolution of \(geometry.input) to \(geometry.output)")
}

extension ConvolutionGeometry {
    fileprivate var depthwiseWindow: tessera_window {
        window(channels: outputChannels, pixelStride: outputChannels)
    }

    /// From the output's gradient back to the input's, for a stride of one.
    fileprivate var reversedDepthwiseWindow: tessera_window {
        var window = depthwiseWindow
        (window.h, window.w) = (output.height, output.width)
        (window.out_h, window.out_w) = (input.height, input.width)
        window.padding_h = dilations.height * (kernel.height - 1) - paddings.height
        window.padding_w = dilations.width * (kernel.width - 1) - paddings.width
        return window
    }
}
