import Kernels
import LinearAlgebra

/// RMSprop with L2 weight decay, optional momentum and the centered variant.
///
/// s is the running mean of g²; p −= lr · g / (√s + eps). Centered, s − (running mean of g)² stands
/// for s; with momentum, b = μ·b + g/(√s + eps) is what the parameters move by.
/// Sources: Tieleman, Hinton (2012), lecture 6.5; Graves (2013) for the centered form;
/// torch.optim.RMSprop (2.15). One difference: where rounding takes s − mean² below zero, zero is
/// taken, where PyTorch's square root gives NaN.
public final class RMSprop: Optimizer {
    public let alpha: Double
    public let epsilon: Double
    public let weightDecay: Double
    public let momentum: Double
    public let centered: Bool
    public var stepCount = 0

    private let square: FloatSlice
    private let buffer: FloatSlice
    /// As long as the parameters when centered; a stand-in of the same memory as `square` if not.
    private let mean: FloatSlice
    private var scalars = RMSpropScalars()

    public init(
        parameterCount: Int, alpha: Double = 0.99, epsilon: Double = 1e-8, weightDecay: Double = 0,
        momentum: Double = 0, centered: Bool = false
    ) {
        self.alpha = alpha
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.momentum = momentum
        self.centered = centered
        square = FloatBuffer(count: parameterCount).all
        // Without momentum as well: a one-cycle schedule may bring its own.
        buffer = FloatBuffer(count: parameterCount).all
        mean = centered ? FloatBuffer(count: parameterCount).all : square
    }

    public var state: [(name: String, values: FloatSlice)] {
        [("square_avg", square), ("momentum_buffer", buffer)]
            + (centered ? [("grad_avg", mean)] : [])
    }

    public func beginStep(learningRate: Double, momentum override: Double?) {
        stepCount += 1
        scalars = RMSpropScalars(
            learning_rate: Float(learningRate), momentum: Float(override ?? momentum),
            weight_decay: Float(weightDecay), epsilon: Float(epsilon), square_decay: Float(alpha),
            square_weight: Float(1 - alpha), centered: centered ? 1 : 0)
    }

    public func update(parameters: FloatSlice, gradients: FloatSlice, range: Range<Int>) {
        rmspropStep(
            parameters, gradients: gradients, square: square, mean: mean, buffer: buffer,
            range: range, scalars: scalars)
    }
}
