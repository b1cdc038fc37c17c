import Kernels

extension ConvolutionGeometry {
    /// - Precondition: the padded input holds at least one window.
    init(
        input: SampleShape, outputChannels: Int, kernel: Extent, stride: Extent, padding: Extent,
        dilation: Extent, groups: Int
    ) {
        precondition(stride.isSquare && padding.isSquare && dilation == 1 && groups == 1)
        self.init(
            input: input, outputChannels: outputChannels, kernelHeight: kernel.height,
            kernelWidth: kernel.width, stride: stride.height, padding: padding.height)
    }

    var kernels: Extent { Extent(height: kernelHeight, width: kernelWidth) }
    var strides: Extent { Extent(stride) }
    var paddings: Extent { Extent(padding) }
    var dilations: Extent { 1 }
    var groupCount: Int { 1 }
}
