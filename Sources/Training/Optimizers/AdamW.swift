import Kernels
import LinearAlgebra

/// Adam with decoupled weight decay: p *= 1 − lr·wd comes first, and the gradient stays as it is.
///
/// Sources: Loshchilov, Hutter (2019), "Decoupled Weight Decay Regularization"; torch.optim.AdamW
/// (2.15), whose default decay is 1e-2.
public struct AdamW: Optimizer {
    /// Its moments and their corrections are Adam's.
    private let adam: Adam

    public init(
        beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        weightDecay: Double = 1e-2
    ) {
        adam = Adam(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay)
    }

    public var beta1: Double { adam.beta1 }
    public var beta2: Double { adam.beta2 }
    public var epsilon: Double { adam.epsilon }
    public var weightDecay: Double { adam.weightDecay }

    public var record: ComponentRecord { adam.record(named: "adamw") }
    public func validate() throws { try adam.validate() }
    public var stateNames: [String] { adam.stateNames }
    public var flopsPerParameter: Double { adam.flopsPerParameter }

    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> AdamScalars {
        adam.scalars(
            step: step, learningRate: learningRate, momentum: momentum,
            decay: (parameter: 1 - learningRate * weightDecay, gradient: 0))
    }

    public func update(
        _ parameters: FloatSlice, gradients: FloatSlice, state: [FloatSlice], range: Range<Int>,
        scalars: AdamScalars
    ) {
        adam.update(
            parameters, gradients: gradients, state: state, range: range, scalars: scalars)
    }
}
