import Kernels

/// Draws first values by a network's seed, each parameter from a stream of random numbers of its own, in
/// the order in which they are asked for.
///
/// A network hands it to each of its layers in turn (`Layer.initialize`).
public struct WeightDrawing {
    private let random: Philox
    private let keepsValues: Bool
    private var stream: UInt32 = 0

    /// - Parameter keepsValues: leave alone what has values already.
    public init(seed: UInt64, keepsValues: Bool = false) {
        random = Philox(key: seed)
        self.keepsValues = keepsValues
    }

    /// Draws one parameter.
    ///
    /// - Parameter fans: inputs that an output is a sum of, and outputs that an input takes part in; by
    ///   the parameter's own shape if nil.
    /// - Precondition: a parameter of one dimension has no fans of its own.
    public mutating func draw(
        _ parameter: Parameter, _ initialization: Initialization = .standard,
        fans: (input: Int, output: Int)? = nil
    ) {
        defer { stream += 1 }
        if keepsValues && parameter.hasValues { return }
        guard let fans = fans ?? parameter.layout.fans else {
            preconditionFailure(
                "\(parameter.name): a vector has no fans of its own; give those of its weights")
        }
        parameter.initialize(
            initialization, fanIn: fans.input, fanOut: fans.output, stream: stream, random: random)
    }

    /// Draws a layer's weights, which come first, and its biases by the weights' fans, as PyTorch does:
    /// zero where the weights aren't drawn by its default.
    ///
    /// - Precondition: the first has two or more dimensions.
    public mutating func draw(
        _ parameters: [Parameter], _ initialization: Initialization = .standard
    ) {
        for (index, parameter) in parameters.enumerated() {
            draw(
                parameter, index > 0 && initialization != .standard ? .zero : initialization,
                fans: parameters[0].layout.fans)
        }
    }
}
