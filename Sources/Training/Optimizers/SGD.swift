import Kernels
import LinearAlgebra

/// Stochastic gradient descent with momentum, Nesterov's form of it, and L2 weight decay.
///
/// d = g + wd·p; b = μ·b + d (so the first b is d itself); p −= lr·b, or lr·(d + μ·b) with Nesterov.
/// The learning rate is outside the buffer. Source: torch.optim.SGD (2.15) with dampening 0.
public final class SGD: Optimizer {
    public let momentum: Double
    public let nesterov: Bool
    public let weightDecay: Double
    public var stepCount = 0

    private let buffer: FloatSlice
    private var scalars = SGDScalars()

    public init(
        parameterCount: Int, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0
    ) {
        self.momentum = momentum
        self.nesterov = nesterov
        self.weightDecay = weightDecay
        // Without momentum as well: a one-cycle schedule may bring its own.
        buffer = FloatBuffer(count: parameterCount).all
    }

    public var state: [(name: String, values: FloatSlice)] { [("momentum_buffer", buffer)] }

    public func beginStep(learningRate: Double, momentum override: Double?) {
        stepCount += 1
        scalars = SGDScalars(
            learning_rate: Float(learningRate), momentum: Float(override ?? momentum),
            weight_decay: Float(weightDecay), nesterov: nesterov ? 1 : 0)
    }

    public func update(parameters: FloatSlice, gradients: FloatSlice, range: Range<Int>) {
        sgdStep(parameters, gradients: gradients, buffer: buffer, range: range, scalars: scalars)
    }
}
