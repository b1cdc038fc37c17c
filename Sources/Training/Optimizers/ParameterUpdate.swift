import LinearAlgebra

/// An optimizer at work on some parameters: the rule, its arrays, and the count of its steps.
///
/// A step is one `beginStep`, which works out the step's scalars, and then `update` for ranges that
/// cover the parameters. Neither call allocates memory.
public protocol ParameterUpdate: AnyObject {
    /// The rule's.
    var record: ComponentRecord { get }

    /// What has to be saved to continue as if never interrupted, besides `stepCount`: slices as long
    /// as the parameters. Restored by writing into them.
    var state: [(name: String, values: FloatSlice)] { get }

    /// Steps begun so far.
    var stepCount: Int { get set }

    /// Additions, multiplications, divisions and roots for each parameter.
    var flopsPerParameter: Double { get }

    /// Starts a step.
    ///
    /// - Parameter momentum: as for `Optimizer.scalars`.
    func beginStep(learningRate: Double, momentum: Double?)

    /// Updates one range of the parameters by the rule of the step begun last. Workers may call it
    /// at once with ranges that don't overlap.
    func update(parameters: FloatSlice, gradients: FloatSlice, range: Range<Int>)
}

extension ParameterUpdate {
    /// A whole step on the calling thread.
    public func step(
        parameters: FloatSlice, gradients: FloatSlice, learningRate: Double,
        momentum: Double? = nil
    ) {
        beginStep(learningRate: learningRate, momentum: momentum)
        update(parameters: parameters, gradients: gradients, range: 0..<parameters.count)
    }

    /// The work for each parameter: the value is read and written, its gradient read and zeroed, and
    /// each state's value, and the average's if there is one, read and written.
    func cost(averaged: Bool) -> SectionCost {
        let arrays = 2 + state.count + (averaged ? 1 : 0)
        return SectionCost(
            name: "optimizer", flopsPerSample: flopsPerParameter, bytesPerSample: Double(8 * arrays)
        )
    }
}

final class OptimizerUpdate<Rule: Optimizer>: ParameterUpdate {
    var stepCount = 0
    private let rule: Rule
    private let arrays: [FloatSlice]
    private var scalars: Rule.Scalars?

    init(_ rule: Rule, parameterCount: Int) {
        self.rule = rule
        arrays = rule.stateNames.map { _ in FloatBuffer(count: parameterCount).all }
    }

    var record: ComponentRecord { rule.record }
    var flopsPerParameter: Double { rule.flopsPerParameter }

    var state: [(name: String, values: FloatSlice)] {
        Array(zip(rule.stateNames, arrays)).map { (name: $0, values: $1) }
    }

    func beginStep(learningRate: Double, momentum: Double?) {
        stepCount += 1
        scalars = rule.scalars(step: stepCount, learningRate: learningRate, momentum: momentum)
    }

    func update(parameters: FloatSlice, gradients: FloatSlice, range: Range<Int>) {
        guard let scalars else { preconditionFailure("an update before beginStep") }
        rule.update(
            parameters, gradients: gradients, state: arrays, range: range, scalars: scalars)
    }
}
