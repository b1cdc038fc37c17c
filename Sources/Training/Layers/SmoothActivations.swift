import Kernels
import LinearAlgebra

/// x where x > 0, else slope · x; in place unless the slope is negative.
///
/// Source: PyTorch 2.15, torch.nn.LeakyReLU.
public final class LeakyReLU: Layer {
    public let inputShape: SampleShape
    public let slope: Double

    public init(_ shape: SampleShape, slope: Double = 0.01) {
        inputShape = shape
        self.slope = slope
    }

    public var outputShape: SampleShape { inputShape }
    /// With a negative slope the output's sign doesn't tell the input's.
    public var memoryUse: MemoryUse { slope >= 0 ? .inPlace : .separate }
    public var backwardReads: BackwardReads { slope >= 0 ? .outputSign : .input }
    public var inPlaceEffect: InPlaceEffect { .keepsSigns }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        leakyReLU(x, slope: Float(slope), into: y)
    }

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        leakyReLUGradient(x: slope >= 0 ? y : x, dy: dy, slope: Float(slope), into: dx)
    }
}

/// 1 / (1 + e^−x), in place.
///
/// Source: PyTorch 2.15, torch.nn.Sigmoid.
public final class Sigmoid: Layer {
    public let inputShape: SampleShape

    public init(_ shape: SampleShape) { inputShape = shape }

    public var outputShape: SampleShape { inputShape }
    public var memoryUse: MemoryUse { .inPlace }
    public var backwardReads: BackwardReads { .output }

    /// An exponential takes some twenty operations.
    public func flops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        elementwiseFlops(phase, forward: 22, backward: 3)
    }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        apply(.sigmoid, x, into: y)
    }

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        sigmoidGradient(y: y, dy: dy, into: dx)
    }
}

/// The hyperbolic tangent, in place.
///
/// Source: PyTorch 2.15, torch.nn.Tanh.
public final class Tanh: Layer {
    public let inputShape: SampleShape

    public init(_ shape: SampleShape) { inputShape = shape }

    public var outputShape: SampleShape { inputShape }
    public var memoryUse: MemoryUse { .inPlace }
    public var backwardReads: BackwardReads { .output }

    /// Two forms are computed, one with an exponential, and one is taken.
    public func flops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        elementwiseFlops(phase, forward: 40, backward: 3)
    }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        apply(.tanh, x, into: y)
    }

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        tanhGradient(y: y, dy: dy, into: dx)
    }
}

/// x · sigmoid(x), also called swish.
///
/// Source: Hendrycks, Gimpel (2016); PyTorch 2.15, torch.nn.SiLU.
public final class SiLU: Layer {
    public let inputShape: SampleShape

    public init(_ shape: SampleShape) { inputShape = shape }

    public var outputShape: SampleShape { inputShape }
    public var backwardReads: BackwardReads { .input }

    /// An exponential takes some twenty operations.
    public func flops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        elementwiseFlops(phase, forward: 23, backward: 28)
    }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        apply(.silu, x, into: y)
    }

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        siluGradient(x: x, dy: dy, into: dx)
    }
}

/// x · Φ(x) with the normal distribution's Φ, exactly or by tanh.
///
/// Source: Hendrycks, Gimpel (2016), "Gaussian Error Linear Units"; PyTorch 2.15, torch.nn.GELU.
public final class GELU: Layer {
    /// How Φ is computed.
    public enum Form: String, Codable, Sendable, CaseIterable {
        /// By erf: PyTorch's default.
        case exact
        /// √(2/π) · (x + 0.044715·x³) in tanh: PyTorch's `approximate="tanh"`.
        case tanh
    }

    public let inputShape: SampleShape
    public let form: Form

    public init(_ shape: SampleShape, form: Form = .exact) {
        inputShape = shape
        self.form = form
    }

    public var outputShape: SampleShape { inputShape }
    public var backwardReads: BackwardReads { .input }

    /// Both forms have an exponential, and polynomials on its two sides.
    public func flops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        elementwiseFlops(phase, forward: 50, backward: form == .exact ? 80 : 65)
    }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        apply(form == .tanh ? .geluTanh : .gelu, x, into: y)
    }

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        geluGradient(x: x, dy: dy, tanhForm: form == .tanh, into: dx)
    }
}
