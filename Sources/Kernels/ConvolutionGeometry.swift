import CKernels

/// The geometry of a 2-D convolution on one sample.
///
/// With `groups`, output channels in as many equal parts each see their own part of the input's.
///
/// Source: PyTorch 2.15, torch.nn.Conv2d.
public struct ConvolutionGeometry: Equatable, Sendable {
    public let input: SampleShape
    public let outputChannels: Int
    public let kernel: HeightWidth
    public let strides: HeightWidth
    /// Zeros around the image, on each side.
    public let paddings: HeightWidth
    /// Pixels from one tap to the next.
    public let dilations: HeightWidth
    public let groups: Int
    public let output: SampleShape

    /// - Precondition: the padded input holds at least one window, and `groups` divides the channels
    ///   of input and output; `output(…)` tells beforehand.
    public init(
        input: SampleShape, outputChannels: Int, kernel: HeightWidth, stride: HeightWidth = 1,
        padding: HeightWidth = 0, dilation: HeightWidth = 1, groups: Int = 1
    ) {
        self.input = input
        self.outputChannels = outputChannels
        self.kernel = kernel
        strides = stride
        paddings = padding
        dilations = dilation
        self.groups = groups
        guard
            let output = ConvolutionGeometry.output(
                input: input, outputChannels: outputChannels, kernel: kernel, stride: stride,
                padding: padding, dilation: dilation, groups: groups)
        else {
            preconditionFailure(
                """
                a \(kernel) convolution of \(input) to \(outputChannels) channels with stride \
                \(stride), padding \(padding), dilation \(dilation) and \(groups) groups has no \
                output: the window must fit the padded image, the groups must divide the channels
                """)
        }
        self.output = output
    }

    /// The same numbers for both axes.
    public init(
        input: SampleShape, outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0,
        dilation: Int = 1, groups: Int = 1
    ) {
        self.init(
            input: input, outputChannels: outputChannels, kernel: HeightWidth(kernelSize),
            stride: HeightWidth(stride), padding: HeightWidth(padding),
            dilation: HeightWidth(dilation), groups: groups)
    }

    public init(
        input: SampleShape, outputChannels: Int, kernelHeight: Int, kernelWidth: Int,
        stride: Int = 1, padding: Int = 0
    ) {
        self.init(
            input: input, outputChannels: outputChannels,
            kernel: HeightWidth(height: kernelHeight, width: kernelWidth),
            stride: HeightWidth(stride), padding: HeightWidth(padding))
    }

    // MARK: - What an axis gives

    /// Windows along an axis: ⌊(input + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
    ///
    /// - Returns: nil where no window fits, or a number is out of range.
    public static func outputSize(
        _ input: Int, kernel: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1
    ) -> Int? {
        guard input > 0 && kernel > 0 && stride > 0 && padding >= 0 && dilation > 0 else {
            return nil
        }
        let (span, spanOverflows) = (kernel - 1).multipliedReportingOverflow(by: dilation)
        let (margin, marginOverflows) = padding.multipliedReportingOverflow(by: 2)
        let (padded, paddedOverflows) = input.addingReportingOverflow(margin)
        guard !spanOverflows && !marginOverflows && !paddedOverflows && padded > span else {
            return nil
        }
        return (padded - span - 1) / stride + 1
    }

    /// The output of a convolution, for a description to be checked before anything is built.
    ///
    /// - Returns: nil where `init` would trap.
    public static func output(
        input: SampleShape, outputChannels: Int, kernel: HeightWidth, stride: HeightWidth = 1,
        padding: HeightWidth = 0, dilation: HeightWidth = 1, groups: Int = 1
    ) -> SampleShape? {
        guard outputChannels > 0 && groups > 0 && input.channels % groups == 0,
            outputChannels % groups == 0,
            let height = outputSize(
                input.height, kernel: kernel.height, stride: stride.height, padding: padding.height,
                dilation: dilation.height),
            let width = outputSize(
                input.width, kernel: kernel.width, stride: stride.width, padding: padding.width,
                dilation: dilation.width)
        else { return nil }
        return SampleShape(height: height, width: width, channels: outputChannels)
    }

    // MARK: - Facts

    public var kernelHeight: Int { kernel.height }
    public var kernelWidth: Int { kernel.width }
    public var outputHeight: Int { output.height }
    public var outputWidth: Int { output.width }

    /// The stride if it is the same on both axes.
    public var stride: Int? { strides.both }
    /// The padding if it is the same on both axes.
    public var padding: Int? { paddings.both }
    /// The dilation if it is the same on both axes.
    public var dilation: Int? { dilations.both }

    /// Input channels that an output channel sees.
    public var groupInputs: Int { input.channels / groups }
    /// Output channels of a group.
    public var groupOutputs: Int { outputChannels / groups }
    /// Floats in one patch of a group: the k of the convolution's GEMM, and an output's fan-in.
    public var patchCount: Int { kernel.height * kernel.width * groupInputs }
    /// Floats in the unfolded patches of one sample, of one group.
    public var colCount: Int { output.pixels * patchCount }

    /// Each channel has kernels of its own.
    public var isDepthwise: Bool { groups > 1 && groups == input.channels }
    /// Each output pixel sees the input pixel at its place alone, so that the patches are the image.
    public var isPointwise: Bool {
        kernel == 1 && strides == 1 && paddings == 0
    }

    /// The windows over `channels` channels of an image whose pixels are `pixelStride` floats apart.
    func window(channels: Int, pixelStride: Int) -> tessera_window {
        tessera_window(
            h: input.height, w: input.width, pixel: pixelStride, c: channels, k_h: kernel.height,
            k_w: kernel.width, stride_h: strides.height, stride_w: strides.width,
            padding_h: paddings.height, padding_w: paddings.width, dilation_h: dilations.height,
            dilation_w: dilations.width, out_h: output.height, out_w: output.width)
    }

    /// The windows that im2col unfolds for a group.
    var groupWindow: tessera_window { window(channels: groupInputs, pixelStride: input.channels) }
}
