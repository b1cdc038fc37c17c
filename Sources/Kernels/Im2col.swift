import CKernels
import LinearAlgebra

/// The geometry of a 2-D convolution on one sample.
public struct ConvolutionGeometry: Equatable, Sendable {
    public let input: SampleShape
    public let outputChannels: Int
    public let kernelHeight: Int
    public let kernelWidth: Int
    public let stride: Int
    public let padding: Int

    /// - Precondition: the padded input holds at least one window.
    public init(
        input: SampleShape, outputChannels: Int, kernelHeight: Int, kernelWidth: Int,
        stride: Int = 1, padding: Int = 0
    ) {
        self.input = input
        self.outputChannels = outputChannels
        self.kernelHeight = kernelHeight
        self.kernelWidth = kernelWidth
        self.stride = stride
        self.padding = padding
        precondition(kernelHeight > 0 && kernelWidth > 0 && stride > 0 && padding >= 0)
        precondition(
            input.height + 2 * padding >= kernelHeight && input.width + 2 * padding >= kernelWidth,
            "a \(kernelHeight)×\(kernelWidth) window doesn't fit \(input) with padding \(padding)")
    }

    public var outputHeight: Int { (input.height + 2 * padding - kernelHeight) / stride + 1 }
    public var outputWidth: Int { (input.width + 2 * padding - kernelWidth) / stride + 1 }
    public var output: SampleShape {
        SampleShape(height: outputHeight, width: outputWidth, channels: outputChannels)
    }
    /// Floats in one patch: the k of the convolution's GEMM.
    public var patchCount: Int { kernelHeight * kernelWidth * input.channels }
    /// Floats in the unfolded patches of one sample.
    public var colCount: Int { output.pixels * patchCount }
}

/// Unfolds the padded patches of one image so that convolution becomes a single GEMM.
///
/// - Parameter image: `[H, W, C]`.
/// - Parameter col: overwritten; `[outH·outW, kH·kW·C]`. The caller owns it and may reuse it.
/// - Complexity: O(outH·outW·kH·kW·C), no allocation.
/// - Source: Chellapilla, Puri, Simard (2006), "High Performance Convolutional Neural Networks for
///   Document Processing".
public func im2col(_ image: FloatSlice, _ geometry: ConvolutionGeometry, into col: FloatSlice) {
    precondition(image.count == geometry.input.count && col.count == geometry.colCount)
    tessera_im2col(
        image.pointer, geometry.input.height, geometry.input.width, geometry.input.channels,
        geometry.kernelHeight, geometry.kernelWidth, geometry.stride, geometry.padding,
        geometry.outputHeight, geometry.outputWidth, col.pointer)
}

/// Adds patches back to the pixels they came from: the adjoint of `im2col`.
///
/// - Parameter image: `[H, W, C]`, accumulated into.
public func col2im(_ col: FloatSlice, _ geometry: ConvolutionGeometry, addingTo image: FloatSlice) {
    precondition(image.count == geometry.input.count && col.count == geometry.colCount)
    tessera_col2im_add(
        col.pointer, geometry.input.height, geometry.input.width, geometry.input.channels,
        geometry.kernelHeight, geometry.kernelWidth, geometry.stride, geometry.padding,
        geometry.outputHeight, geometry.outputWidth, image.pointer)
}
