import Kernels

/// A description's layers in the order in which they can be computed, each with the places of its
/// inputs and the shape of its output.
public struct NetworkGraph: Sendable {
    /// One value of the graph: the network's input, or the output of a node.
    public enum Source: Sendable, Equatable, Hashable {
        case input
        case node(Int)
    }

    /// A layer at its place in the graph.
    public struct Node: Sendable {
        /// Its place in `nodes`.
        public let index: Int
        /// PyTorch's path, such as `layer1.0.conv1`.
        public let name: String
        /// The layer, with what its input's shape makes of it.
        public let operation: Operation
        /// Several of a sum or a concatenation only.
        public let inputs: [Source]
        /// Of the first input, one sample.
        public let inputShape: SampleShape
        /// The output's shape, one sample.
        public let output: SampleShape
        /// Whether the output is seen as features, an image's in PyTorch's order C·H·W.
        public let isFlattened: Bool
        /// Of a user's own layer, whose parameters nobody else knows.
        let customState: LayerState?
    }

    /// What a node computes: a layer without layers in it.
    public enum Operation: Sendable, Equatable {
        case convolution(ConvolutionGeometry, LayerDescription.Convolution)
        case batchNorm(LayerDescription.BatchNormalization)
        case groupNorm(LayerDescription.GroupNormalization)
        case layerNorm(LayerDescription.LayerNormalization)
        case activation(LayerDescription.Activation)
        case maxPool(LayerDescription.Pooling)
        case averagePool(LayerDescription.Pooling)
        case adaptiveAveragePool
        case dropout(rate: Double, index: UInt32)
        case dropout2d(rate: Double, index: UInt32)
        case flatten
        case linear(LayerDescription.FullyConnected)
        case add
        case concat
        case custom(CustomLayer)
    }

    /// The shape of a sample.
    public let input: SampleShape
    /// Each behind those that it reads.
    public private(set) var nodes: [Node] = []
    /// What the network gives.
    public private(set) var output: Source = .input
    private var dropoutCount: UInt32 = 0

    init(_ description: NetworkDescription) throws {
        input = description.input
        try input.check(layer: "(input)")
        output = try append(description.layers, to: .input, path: "")
        guard !nodes.isEmpty else {
            throw NetworkDescriptionError(layer: "(none)", problem: "a network needs a layer")
        }
        try checkNames()
        try checkParameters()
    }

    /// Of what the network gives for a sample.
    public var outputShape: SampleShape { shape(output) }

    /// The shape of a value of the graph, of one sample.
    ///
    /// - Precondition: `source` is of this graph.
    public func shape(_ source: Source) -> SampleShape {
        switch source {
        case .input: input
        case .node(let index): nodes[index].output
        }
    }

    /// The nodes that read each node's output; a node that reads it twice is listed twice.
    public func consumers() -> [[Int]] {
        var consumers = [[Int]](repeating: [], count: nodes.count)
        for node in nodes {
            for case .node(let source) in node.inputs { consumers[source].append(node.index) }
        }
        return consumers
    }

    private func isFlattened(_ source: Source) -> Bool {
        if case .node(let index) = source { nodes[index].isFlattened } else { false }
    }

    // MARK: - From layers to nodes

    private mutating func append(
        _ layers: [LayerDescription], to source: Source, path: String
    ) throws -> Source {
        var source = source
        for (place, layer) in layers.enumerated() {
            source = try append(layer, to: source, name: path + (layer.name ?? "\(place)"))
        }
        return source
    }

    private mutating func append(
        _ layer: LayerDescription, to source: Source, name: String
    ) throws -> Source {
        switch layer.kind {
        case .sequence(let layers): return try append(layers, to: source, path: "\(name).")
        case .add(let branches):
            let ends = try ends(of: branches, source, name)
            let (operation, output) = try addNode(name, ends)
            return add(name, operation, ends, output, ends.allSatisfy(isFlattened))
        case .concat(let branches):
            let ends = try ends(of: branches, source, name)
            let (operation, output) = try concatNode(name, ends)
            return add(name, operation, ends, output, ends.allSatisfy(isFlattened))
        default:
            let shaped = try NodeShape(
                layer.kind, name: name, input: shape(source), isFlattened: isFlattened(source),
                dropoutIndex: dropoutCount)
            switch layer.kind {
            case .dropout, .dropout2d: dropoutCount += 1
            default: break
            }
            return add(
                name, shaped.operation, [source], shaped.output, shaped.isFlattened,
                shaped.customState)
        }
    }

    /// Branches without names of their own share the join's: `layer1.0.conv1`. Where a place would stand
    /// for a name, the branch's number comes in front of it.
    private mutating func ends(
        of branches: [[LayerDescription]], _ source: Source, _ name: String
    ) throws -> [Source] {
        guard branches.count > 1 else {
            throw NetworkDescriptionError(
                layer: name, problem: "\(branches.count) branches where two or more are joined")
        }
        var ends: [Source] = []
        for (number, layers) in branches.enumerated() {
            let named = layers.enumerated().map { place, layer in
                layer.named(layer.name ?? "branch\(number).\(place)")
            }
            ends.append(try append(named, to: source, path: "\(name)."))
        }
        if let flattened = ends.first(where: { isFlattened($0) && shape($0).pixels > 1 }) {
            throw NetworkDescriptionError(
                layer: name,
                problem: "a branch ends in a flattened image of \(shape(flattened)); flatten after "
                    + "the join, or put a linear layer behind it")
        }
        return ends
    }

    private func addNode(
        _ name: String, _ ends: [Source]
    ) throws -> (Operation, SampleShape) {
        let shapes = ends.map(shape)
        guard shapes.allSatisfy({ $0 == shapes[0] }) else {
            throw NetworkDescriptionError(
                layer: name,
                problem:
                    "its branches give \(shapes.map(\.description).joined(separator: " and ")); "
                    + "a sum needs equal shapes, for example by a 1×1 convolution in the shortcut")
        }
        return (.add, shapes[0])
    }

    private func concatNode(
        _ name: String, _ ends: [Source]
    ) throws -> (Operation, SampleShape) {
        let shapes = ends.map(shape)
        let first = shapes[0]
        guard shapes.allSatisfy({ $0.height == first.height && $0.width == first.width }) else {
            throw NetworkDescriptionError(
                layer: name,
                problem:
                    "its branches give \(shapes.map(\.description).joined(separator: " and ")); "
                    + "channels are put together from images of one height and width")
        }
        let channels = shapes.reduce(0) { $0 + $1.channels }
        let joined = SampleShape(height: first.height, width: first.width, channels: channels)
        try joined.check(layer: name)
        return (.concat, joined)
    }

    private mutating func add(
        _ name: String, _ operation: Operation, _ inputs: [Source], _ output: SampleShape,
        _ isFlattened: Bool, _ customState: LayerState? = nil
    ) -> Source {
        nodes.append(
            Node(
                index: nodes.count, name: name, operation: operation, inputs: inputs,
                inputShape: shape(inputs[0]), output: output, isFlattened: isFlattened,
                customState: customState))
        return .node(nodes.count - 1)
    }

    private func checkNames() throws {
        var seen: Set<String> = []
        for node in nodes where !seen.insert(node.name).inserted {
            throw NetworkDescriptionError(
                layer: node.name, problem: "a second layer of that name; names are unique")
        }
        seen = []
        for node in nodes {
            for tensor in node.stateLayout where !seen.insert(tensor.name).inserted {
                throw NetworkDescriptionError(
                    layer: node.name,
                    problem: "a second parameter or buffer \(tensor.name); names are unique")
            }
        }
    }

    /// Names the layer with which the network has more weights than it may.
    private func checkParameters() throws {
        var left = NetworkLimits.parameters
        for node in nodes {
            for tensor in node.parameterLayout {
                guard let count = NetworkLimits.product(tensor.shape, atMost: left) else {
                    throw NetworkDescriptionError(
                        layer: node.name,
                        problem: "\(tensor.name) of \(tensor.shape) makes more than "
                            + "\(NetworkLimits.parameters) parameters in all, the most that a "
                            + "network may have")
                }
                left -= count
            }
        }
    }
}

extension NetworkGraph.Node {
    /// Whether it has weights or running statistics, or may have.
    var hasState: Bool {
        switch operation {
        case .convolution, .batchNorm, .groupNorm, .layerNorm, .linear, .custom: true
        default: false
        }
    }
}

extension NetworkGraph.Operation {
    /// For tables, in PyTorch's words.
    public var title: String {
        switch self {
        case .convolution: "Conv2d"
        case .batchNorm: "BatchNorm"
        case .groupNorm: "GroupNorm"
        case .layerNorm: "LayerNorm"
        case .activation(let activation): activation.title
        case .maxPool: "MaxPool2d"
        case .averagePool: "AvgPool2d"
        case .adaptiveAveragePool: "AdaptiveAvgPool2d"
        case .dropout: "Dropout"
        case .dropout2d: "Dropout2d"
        case .flatten: "Flatten"
        case .linear: "Linear"
        case .add: "Add"
        case .concat: "Concat"
        case .custom(let custom): custom.title
        }
    }
}

extension LayerDescription.Activation {
    /// For tables, in PyTorch's words.
    public var title: String {
        switch self {
        case .relu: "ReLU"
        case .leakyReLU: "LeakyReLU"
        case .gelu, .geluTanh: "GELU"
        case .silu: "SiLU"
        case .sigmoid: "Sigmoid"
        case .tanh: "Tanh"
        }
    }
}

extension NetworkGraph {
    /// Layers in a row.
    ///
    /// - Precondition: each layer's output shape is the next one's input shape.
    init(_ layers: [any Layer]) {
        input = layers[0].inputShape
        for (index, layer) in layers.enumerated() {
            let before = index == 0 ? input : layers[index - 1].outputShape
            precondition(
                layer.inputShape == before,
                "\(layer.name) expects \(layer.inputShape), and is given \(before)")
            nodes.append(
                Node(
                    index: index, name: layer.name.isEmpty ? "\(index)" : layer.name,
                    operation: .custom(CustomLayer(given: layer)),
                    inputs: [index == 0 ? .input : .node(index - 1)],
                    inputShape: layer.inputShape, output: layer.outputShape, isFlattened: false,
                    customState: LayerState(layer)))
        }
        output = .node(layers.count - 1)
    }

    func initialize(_ network: Network, seed: UInt64) {
        initialize(network.layersByNode, seed: seed)
    }

    /// Draws the weights in the order of the graph, each parameter from a stream of its own.
    ///
    /// - Parameter keepsValues: leave alone what has values already, as layers that are given may.
    func initialize(_ layers: [Int: any Layer], seed: UInt64, keepsValues: Bool = false) {
        var drawing = WeightDrawing(seed: seed, keepsValues: keepsValues)
        for node in nodes {
            guard let layer = layers[node.index] else { continue }
            if let initialization = node.operation.initialization {
                drawing.draw(layer.parameters, initialization)
            } else {
                layer.initialize(&drawing)
            }
        }
    }
}

extension NetworkGraph.Operation {
    /// Of the weights, where the description says it.
    fileprivate var initialization: Initialization? {
        switch self {
        case .convolution(_, let convolution): convolution.initialization
        case .linear(let linear): linear.initialization
        default: nil
        }
    }
}
