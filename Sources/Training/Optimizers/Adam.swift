import Foundation
import Kernels
import LinearAlgebra

/// Adam with L2 weight decay, which is added to the gradient.
///
/// m and v are the running means of g and g²; p −= lr/(1−β1ᵗ) · m / (√v/√(1−β2ᵗ) + eps).
/// Sources: Kingma, Ba (2015), "Adam: A Method for Stochastic Optimization"; torch.optim.Adam (2.15).
public class Adam: Optimizer {
    public let beta1: Double
    public let beta2: Double
    public let epsilon: Double
    public let weightDecay: Double
    public var stepCount = 0

    private let mean: FloatSlice
    private let square: FloatSlice
    private var scalars = AdamScalars()

    public init(
        parameterCount: Int, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        weightDecay: Double = 0
    ) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        mean = FloatBuffer(count: parameterCount).all
        square = FloatBuffer(count: parameterCount).all
    }

    public var state: [(name: String, values: FloatSlice)] {
        [("exp_avg", mean), ("exp_avg_sq", square)]
    }

    public func beginStep(learningRate: Double, momentum: Double?) {
        stepCount += 1
        let beta1 = momentum ?? beta1
        let meanCorrection = 1 - pow(beta1, Double(stepCount))
        let squareCorrection = 1 - pow(beta2, Double(stepCount))
        let decay = decay(learningRate)
        scalars = AdamScalars(
            parameter_decay: Float(decay.parameter), weight_decay: Float(decay.gradient),
            mean_weight: Float(1 - beta1), square_decay: Float(beta2),
            square_weight: Float(1 - beta2),
            square_correction: Float(1 / squareCorrection.squareRoot()), epsilon: Float(epsilon),
            step_size: Float(learningRate / meanCorrection))
    }

    public func update(parameters: FloatSlice, gradients: FloatSlice, range: Range<Int>) {
        adamStep(
            parameters, gradients: gradients, mean: mean, square: square, range: range,
            scalars: scalars)
    }

    /// What the parameters are multiplied by, and how much of them is added to the gradient.
    fileprivate func decay(_ learningRate: Double) -> (parameter: Double, gradient: Double) {
        (1, weightDecay)
    }
}

/// Adam with decoupled weight decay: p *= 1 − lr·wd comes first, and the gradient stays as it is.
///
/// Sources: Loshchilov, Hutter (2019), "Decoupled Weight Decay Regularization"; torch.optim.AdamW
/// (2.15), whose default decay is 1e-2.
public final class AdamW: Adam {
    public override init(
        parameterCount: Int, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        weightDecay: Double = 1e-2
    ) {
        super.init(
            parameterCount: parameterCount, beta1: beta1, beta2: beta2, epsilon: epsilon,
            weightDecay: weightDecay)
    }

    fileprivate override func decay(
        _ learningRate: Double
    ) -> (parameter: Double, gradient: Double) {
        (1 - learningRate * weightDecay, 0)
    }
}
