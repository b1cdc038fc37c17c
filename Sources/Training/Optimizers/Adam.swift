import Foundation
import Kernels
import LinearAlgebra

/// Adam with L2 weight decay, which is added to the gradient.
///
/// m and v are the running means of g and g²; p −= lr/(1−β1ᵗ) · m / (√v/√(1−β2ᵗ) + eps).
/// Sources: Kingma, Ba (2015), "Adam: A Method for Stochastic Optimization"; torch.optim.Adam (2.15).
public struct Adam: Optimizer {
    public let beta1: Double
    public let beta2: Double
    public let epsilon: Double
    public let weightDecay: Double

    public init(
        beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
    }

    public var record: ComponentRecord { record(named: "adam") }

    public func validate() throws {
        try OptimizerSetting("beta1", beta1).isDecay()
        try OptimizerSetting("beta2", beta2).isDecay()
        try OptimizerSetting("epsilon", epsilon).isNotNegative()
        try OptimizerSetting("weight_decay", weightDecay).isNotNegative()
    }

    func record(named name: String) -> ComponentRecord {
        ComponentRecord(
            name,
            [
                "beta1": beta1, "beta2": beta2, "epsilon": epsilon, "weight_decay": weightDecay,
            ])
    }

    public var stateNames: [String] { ["exp_avg", "exp_avg_sq"] }
    public var flopsPerParameter: Double { 15 }

    public func scalars(step: Int, learningRate: Double, momentum: Double?) -> AdamScalars {
        scalars(
            step: step, learningRate: learningRate, momentum: momentum,
            decay: (parameter: 1, gradient: weightDecay))
    }

    /// - Parameter decay: what the parameters are multiplied by, and how much of them is added to the
    ///   gradient.
    func scalars(
        step: Int, learningRate: Double, momentum: Double?,
        decay: (parameter: Double, gradient: Double)
    ) -> AdamScalars {
        let beta1 = momentum ?? beta1
        let meanCorrection = 1 - pow(beta1, Double(step))
        let squareCorrection = 1 - pow(beta2, Double(step))
        return AdamScalars(
            parameter_decay: Float(decay.parameter), weight_decay: Float(decay.gradient),
            mean_weight: Float(1 - beta1), square_decay: Float(beta2),
            square_weight: Float(1 - beta2),
            square_correction: Float(1 / squareCorrection.squareRoot()), epsilon: Float(epsilon),
            step_size: Float(learningRate / meanCorrection))
    }

    public func update(
        _ parameters: FloatSlice, gradients: FloatSlice, state: [FloatSlice], range: Range<Int>,
        scalars: AdamScalars
    ) {
        adamStep(
            parameters, gradients: gradients, mean: state[0], square: state[1], range: range,
            scalars: scalars)
    }
}
