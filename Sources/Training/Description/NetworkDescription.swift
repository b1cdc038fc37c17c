import Kernels

/// A network as a value: the shape of a sample and its layers.
///
/// From it alone come the names and shapes of its state (PyTorch's), initialisation, shapes, cost and
/// memory, the plan by which it is computed, and what is written into model files.
public struct NetworkDescription: Sendable, Equatable {
    /// The shape of a sample: `[H, W, C]`, or features as `[1, 1, C]`.
    public var input: SampleShape
    /// Each works on the output of the one before.
    public var layers: [LayerDescription]

    /// Takes any layers; whether they fit one another is said by `graph()`.
    public init(input: SampleShape, _ layers: [LayerDescription]) {
        self.input = input
        self.layers = layers
    }

    /// The layers as a graph, with shapes.
    ///
    /// - Throws: `NetworkDescriptionError` for the first layer that doesn't fit what it is given.
    public func graph() throws -> NetworkGraph { try NetworkGraph(self) }
}

extension SampleShape {
    /// `[height, width, channels]`, or `[features]`.
    var sizes: [Int] { pixels == 1 ? [channels] : [height, width, channels] }
}

extension NetworkDescription: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case input, layers }

    /// The input is `[height, width, channels]`, or `[features]`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let sizes = try container.decode([Int].self, forKey: .input)
        guard [1, 3].contains(sizes.count), sizes.allSatisfy({ (1...1 << 24).contains($0) }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .input, in: container,
                debugDescription:
                    "an input of \(sizes); expected [height, width, channels] or [features]")
        }
        input =
            sizes.count == 1
            ? SampleShape(features: sizes[0])
            : SampleShape(height: sizes[0], width: sizes[1], channels: sizes[2])
        layers = try container.decode([LayerDescription].self, forKey: .layers)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(input.sizes, forKey: .input)
        try container.encode(layers, forKey: .layers)
    }
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
