import LinearAlgebra

/// An update rule over flat parameters: all values of a network in one slice, their gradients in
/// another of the same length.
///
/// A conforming type is the rule and its settings, and nothing else: what it keeps from step to step it
/// names in `stateNames`. Memory, checkpoints, the update on all threads, and the profile's cost follow
/// from that (`ParameterUpdate`).
///
/// Elements are updated independently of one another, so where ranges are cut, and which worker takes
/// which, changes no bit of the result.
public protocol Optimizer: Sendable {
    /// The numbers of one step, worked out once for all parameters.
    associatedtype Scalars

    /// Its name and settings, by which a checkpoint's training is told from another.
    var record: ComponentRecord { get }

    /// - Throws: `TrainingError.option` for the first setting that no training can have.
    func validate() throws

    /// The arrays that it keeps, each as long as the parameters and zero at first: PyTorch's names,
    /// under which checkpoints hold them.
    var stateNames: [String] { get }

    /// Additions, multiplications, divisions and roots for each parameter, for the profile.
    var flopsPerParameter: Double { get }

    /// - Parameters:
    ///   - step: counted from 1.
    ///   - momentum: this step's momentum (SGD, RMSprop) or beta1 (Adam), where a schedule cycles it;
    ///     nil for the optimizer's own.
    func scalars(step: Int, learningRate: Double, momentum: Double?) -> Scalars

    /// Updates one range of the parameters. Workers call it at once with ranges that don't overlap; it
    /// allocates nothing.
    ///
    /// - Parameter state: in the order of `stateNames`.
    func update(
        _ parameters: FloatSlice, gradients: FloatSlice, state: [FloatSlice], range: Range<Int>,
        scalars: Scalars)
}

extension Optimizer {
    public func validate() throws {}

    /// The rule with memory for that many parameters.
    public func makeUpdate(parameterCount: Int) -> any ParameterUpdate {
        OptimizerUpdate(self, parameterCount: parameterCount)
    }
}
