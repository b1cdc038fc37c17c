import CKernels

/// The windows of a max- or average pool on one sample.
///
/// The output's size is rounded down, as PyTorch's default does.
public struct PoolGeometry: Equatable, Sendable {
    public let input: SampleShape
    public let kernel: HeightWidth
    public let strides: HeightWidth
    /// Pixels around the image on each side; at most half the kernel.
    public let paddings: HeightWidth
    public let output: SampleShape

    /// - Parameter stride: the kernel's size if nil.
    /// - Precondition: `output(…)` isn't nil.
    public init(
        _ input: SampleShape, kernel: HeightWidth, stride: HeightWidth? = nil,
        padding: HeightWidth = 0
    ) {
        self.input = input
        self.kernel = kernel
        strides = stride ?? kernel
        paddings = padding
        guard
            let output = PoolGeometry.output(
                input, kernel: kernel, stride: stride, padding: padding)
        else {
            preconditionFailure(
                """
                a \(kernel) pool of \(input) with stride \(stride ?? kernel) and padding \(padding) \
                has no output: the window must fit the padded image, the padding be at most half of it
                """)
        }
        self.output = output
    }

    /// What a pool gives, for a description to be checked before anything is built.
    ///
    /// - Returns: nil where no window fits, a number is out of range, or the padding is more than
    ///   half the kernel, so that windows could lie outside the image.
    public static func output(
        _ input: SampleShape, kernel: HeightWidth, stride: HeightWidth? = nil,
        padding: HeightWidth = 0
    ) -> SampleShape? {
        guard padding.height <= kernel.height / 2 && padding.width <= kernel.width / 2 else {
            return nil
        }
        return ConvolutionGeometry.output(
            input: input, outputChannels: input.channels, kernel: kernel, stride: stride ?? kernel,
            padding: padding)
    }

    /// A max-pool keeps each argmax in a byte.
    public static let mostMaxPoolPlaces = 256

    /// Whether the window is small enough for a max-pool.
    public var fitsMaxPool: Bool {
        kernel.height * kernel.width <= PoolGeometry.mostMaxPoolPlaces
    }

    var window: tessera_window {
        tessera_window(
            h: input.height, w: input.width, pixel: input.channels, c: input.channels,
            k_h: kernel.height, k_w: kernel.width, stride_h: strides.height,
            stride_w: strides.width, padding_h: paddings.height, padding_w: paddings.width,
            dilation_h: 1, dilation_w: 1, out_h: output.height, out_w: output.width)
    }
}
