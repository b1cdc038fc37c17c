/// A way to compute a convolution. All give the same result but for rounding.
public enum ConvolutionAlgorithm: String, Codable, Sendable, CaseIterable {
    /// Patches unfolded into a matrix, one GEMM; any shape.
    case im2col
    /// Straight sums over the window, channels in the vector lanes; one input channel, stride 1.
    case direct
    /// Winograd's F(2×2, k×k); kernels of 3×3 and 5×5, stride 1.
    case winograd2
    /// Winograd's F(4×4, k×k); kernels of 3×3 and 5×5, stride 1.
    case winograd4
}

/// How a user asks for a plan.
public enum ConvolutionChoice: String, Codable, Sendable, CaseIterable {
    /// The fixed table for this kind of CPU: the same bits on the same kind of machine.
    case auto
    /// What is fastest here and now; the bits may differ from run to run.
    case measure
    case im2col, winograd2, winograd4
}

/// Which algorithm computes each convolution of a `DigitCNN`.
public struct ConvolutionPlan: Codable, Sendable, Equatable {
    public var conv1: ConvolutionAlgorithm
    public var conv2: ConvolutionAlgorithm
    public var conv3: ConvolutionAlgorithm

    public init(
        conv1: ConvolutionAlgorithm, conv2: ConvolutionAlgorithm, conv3: ConvolutionAlgorithm
    ) {
        self.conv1 = conv1
        self.conv2 = conv2
        self.conv3 = conv3
    }

    /// The first convolution directly, the others by Winograd's algorithm.
    public static let winograd2 = ConvolutionPlan(
        conv1: .direct, conv2: .winograd2, conv3: .winograd2)
    public static let winograd4 = ConvolutionPlan(
        conv1: .direct, conv2: .winograd4, conv3: .winograd4)

    /// The reference: what the others are compared with.
    public static let im2col = ConvolutionPlan(conv1: .im2col, conv2: .im2col, conv3: .im2col)
}

extension ConvolutionPlan: CustomStringConvertible {
    /// The algorithms in the layers' order, such as `direct, winograd4, winograd4`.
    public var description: String {
        [conv1, conv2, conv3].map(\.rawValue).joined(separator: ", ")
    }

    /// - Parameter layer: `conv1`, `conv2` or `conv3`.
    public func algorithm(of layer: String) -> ConvolutionAlgorithm? {
        ["conv1": conv1, "conv2": conv2, "conv3": conv3][layer]
    }
}
