import Kernels
import LinearAlgebra

/// Stochastic gradient descent with momentum, Nesterov's form of it, and L2 weight decay.
///
/// d = g + wd·p; b = μ·b + d (so the first b is d itself); p −= lr·b, or lr·(d + μ·b) with Nesterov.
/// The learning rate is outside the buffer. Source: torch.optim.SGD (2.15) with dampening 0.
public struct SGD: Optimizer {
    public let momentum: Double
    public let nesterov: Bool
    public let weightDecay: Double

    public init(momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0) {
        self.momentum = momentum
        self.nesterov = nesterov
        self.weightDecay = weightDecay
    }

    public var record: ComponentRecord {
        ComponentRecord(
            "sgd", ["momentum": momentum, "nesterov": nesterov, "weight_decay": weightDecay])
    }

    public func validate() throws {
        try OptimizerSetting("momentum", momentum).isDecay()
        try OptimizerSetting("weight_decay", weightDecay).isNotNegative()
    }

    // Without momentum as well: a one-cycle schedule may bring its own.
    public var stateNames: [String] { ["momentum_buffer"] }
    public var flopsPerParameter: Double { 6 }

    public func scalars(step: Int, learningRate: Double, momentum override: Double?) -> SGDScalars {
        SGDScalars(
            learning_rate: Float(learningRate), momentum: Float(override ?? momentum),
            weight_decay: Float(weightDecay), nesterov: nesterov ? 1 : 0)
    }

    public func update(
        _ parameters: FloatSlice, gradients: FloatSlice, state: [FloatSlice], range: Range<Int>,
        scalars: SGDScalars
    ) {
        sgdStep(parameters, gradients: gradients, buffer: state[0], range: range, scalars: scalars)
    }
}
