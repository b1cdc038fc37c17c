import Kernels
import LinearAlgebra

/// RMSprop with L2 weight decay, optional momentum and the centered variant.
///
/// s is the running mean of g²; p −= lr · g / (√s + eps). Centered, s − (running mean of g)² stands
/// for s; with momentum, b = μ·b + g/(√s + eps) is what the parameters move by.
/// Sources: Tieleman, Hinton (2012), lecture 6.5; Graves (2013) for the centered form;
/// torch.optim.RMSprop (2.15). One difference: where rounding takes s − mean² below zero, zero is
/// taken, where PyTorch's square root gives NaN.
public struct RMSprop: Optimizer {
    public let alpha: Double
    public let epsilon: Double
    public let weightDecay: Double
    public let momentum: Double
    public let centered: Bool

    public init(
        alpha: Double = 0.99, epsilon: Double = 1e-8, weightDecay: Double = 0, momentum: Double = 0,
        centered: Bool = false
    ) {
        self.alpha = alpha
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.momentum = momentum
        self.centered = centered
    }

    public var record: ComponentRecord {
        ComponentRecord(
            "rmsprop",
            [
                "alpha": alpha, "epsilon": epsilon, "weight_decay": weightDecay,
                "momentum": momentum, "centered": centered,
            ])
    }

    public func validate() throws {
        try OptimizerSetting("alpha", alpha).isDecay()
        try OptimizerSetting("epsilon", epsilon).isNotNegative()
        try OptimizerSetting("momentum", momentum).isDecay()
        try OptimizerSetting("weight_decay", weightDecay).isNotNegative()
    }

    // The buffer without momentum as well: a one-cycle schedule may bring its own.
    public var stateNames: [String] {
        ["square_avg", "momentum_buffer"] + (centered ? ["grad_avg"] : [])
    }

    public var flopsPerParameter: Double { 10 }

    public func scalars(
        step: Int, learningRate: Double, momentum override: Double?
    ) -> RMSpropScalars {
        RMSpropScalars(
            learning_rate: Float(learningRate), momentum: Float(override ?? momentum),
            weight_decay: Float(weightDecay), epsilon: Float(epsilon), square_decay: Float(alpha),
            square_weight: Float(1 - alpha), centered: centered ? 1 : 0)
    }

    public func update(
        _ parameters: FloatSlice, gradients: FloatSlice, state: [FloatSlice], range: Range<Int>,
        scalars: RMSpropScalars
    ) {
        // Not centered, the mean isn't touched: any memory stands in for it.
        rmspropStep(
            parameters, gradients: gradients, square: state[0], mean: state[centered ? 2 : 0],
            buffer: state[1], range: range, scalars: scalars)
    }
}
