import LinearAlgebra

/// An update rule over flat parameters: all values of a model in one slice, their gradients in
/// another of the same length.
///
/// A step is one `beginStep`, which works out the step's scalars, and then `update` for ranges that
/// cover the parameters. Elements are updated independently, so where the ranges are cut, and which
/// worker takes which, changes no bit of the result. Neither call allocates memory.
public protocol Optimizer: AnyObject {
    /// What has to be saved to continue as if never interrupted, besides `stepCount`: slices as long
    /// as the parameters. Restored by writing into them.
    var state: [(name: String, values: FloatSlice)] { get }

    /// Steps begun so far.
    var stepCount: Int { get set }

    /// Starts a step.
    ///
    /// - Parameter momentum: this step's momentum (SGD, RMSprop) or beta1 (Adam), where a schedule
    ///   cycles it; nil for the optimizer's own.
    func beginStep(learningRate: Double, momentum: Double?)

    /// Updates one range of the parameters by the rule of the step begun last. Workers may call it
    /// at once with ranges that don't overlap.
    func update(parameters: FloatSlice, gradients: FloatSlice, range: Range<Int>)
}

extension Optimizer {
    /// A whole step on the calling thread.
    public func step(
        parameters: FloatSlice, gradients: FloatSlice, learningRate: Double,
        momentum: Double? = nil
    ) {
        beginStep(learningRate: learningRate, momentum: momentum)
        update(parameters: parameters, gradients: gradients, range: 0..<parameters.count)
    }
}

extension ModelConfig {
    /// The optimizer that the config names, for that many parameters.
    public func makeOptimizer(parameterCount: Int) -> any Optimizer {
        switch optimizerType {
        case .sgd:
            SGD(
                parameterCount: parameterCount, momentum: momentum, nesterov: nesterov,
                weightDecay: weightDecay)
        case .adam:
            Adam(
                parameterCount: parameterCount, beta1: beta1, beta2: beta2, epsilon: epsilon,
                weightDecay: weightDecay)
        case .adamw:
            AdamW(
                parameterCount: parameterCount, beta1: beta1, beta2: beta2, epsilon: epsilon,
                weightDecay: weightDecay)
        case .rmsprop:
            RMSprop(
                parameterCount: parameterCount, alpha: rmspropAlpha, epsilon: epsilon,
                weightDecay: weightDecay)
        }
    }
}
