import Kernels

/// A network as a value: the shape of a sample and its layers.
///
/// From it alone come the names and shapes of its state (PyTorch's), initialisation, shapes, cost and
/// memory, the plan by which it is computed, and what is written into model files.
public struct NetworkDescription: Sendable, Equatable {
    public var input: SampleShape
    public var layers: [LayerDescription]

    public init(input: SampleShape, _ layers: [LayerDescription]) {
        self.input = input
        self.layers = layers
    }

    /// The layers as a graph, with shapes.
    ///
    /// - Throws: `NetworkDescriptionError` for the first layer that doesn't fit what it is given.
    public func graph() throws -> NetworkGraph { try NetworkGraph(self) }
}

/// Why layers make no network. The text names the layer, what it is given and what it would need.
public struct NetworkDescriptionError: Error, Equatable, CustomStringConvertible {
    /// PyTorch's path, such as `layer1.0.conv1`.
    public let layer: String
    public let problem: String

    public init(layer: String, problem: String) {
        self.layer = layer
        self.problem = problem
    }

    public var description: String { "layer \(layer): \(problem)" }
}
