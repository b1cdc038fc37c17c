import Kernels
import LinearAlgebra

/// A table of a network's layers, as Keras prints one: output, parameters, operations, and how each is
/// computed and why.
public struct NetworkSummary: Sendable, Codable, Equatable {
    public struct Row: Sendable, Codable, Equatable {
        /// PyTorch's path, such as `layer1.0.conv1`.
        public let layer: String
        /// Such as `Conv2d`.
        public let type: String
        /// `[height, width, channels]`, or `[features]`.
        public let outputShape: [Int]
        /// Trainable values.
        public let parameters: Int
        /// Multiplications, additions and comparisons of a sample's forward pass, by the textbook: those
        /// of `Layer.flops`, which profiles count.
        public let flops: Double
        /// The algorithm; or the layer that takes this one along; or `layer`.
        public let algorithm: String
        public let reason: String

        enum CodingKeys: String, CodingKey {
            case layer, type, parameters, flops, algorithm, reason
            case outputShape = "output_shape"
        }
    }

    /// `[height, width, channels]`, or `[features]`.
    public let inputShape: [Int]
    public let rows: [Row]
    public let parameterCount: Int
    /// Of a sample's forward pass.
    public let flops: Double

    enum CodingKeys: String, CodingKey {
        case rows, flops
        case inputShape = "input_shape"
        case parameterCount = "parameter_count"
    }

    /// - Parameter plan: the table's if nil.
    /// - Throws: `NetworkDescriptionError`.
    public init(_ description: NetworkDescription, plan: ConvolutionPlan? = nil) throws {
        let graph = try description.graph()
        let planner = NetworkPlanner(graph)
        if let plan { try planner.check(plan) }
        let stages = planner.stages(plan ?? planner.table())
        var how: [Int: (String, String)] = [:]
        for stage in stages {
            let nodes = planner.nodes(of: stage)
            how[nodes[0]] = planner.explanation(of: stage)
            for node in nodes.dropFirst() {
                how[node] = ("fused", "computed along with \(graph.nodes[nodes[0]].name)")
            }
        }
        let factory = LayerFactory(seed: 0)
        // Layers are made to be asked for their operations, and their weights take no memory here.
        rows = MemoryLedger.counting { _ in
            graph.nodes.map { node in
                let (algorithm, reason) = how[node.index]!
                return Row(
                    layer: node.name, type: node.operation.title, outputShape: node.outputShape,
                    parameters: node.parameterLayout.reduce(0) { $0 + $1.shape.reduce(1, *) },
                    flops: node.flops(factory), algorithm: algorithm, reason: reason)
            }
        }
        inputShape = graph.input.sizes
        parameterCount = graph.parameterCount
        flops = rows.reduce(0) { $0 + $1.flops }
    }
}

extension NetworkGraph.Node {
    fileprivate var outputShape: [Int] {
        isFlattened ? [output.count] : output.sizes
    }

    /// Multiplications, additions and comparisons of a sample's forward pass, by the textbook.
    fileprivate func flops(_ factory: LayerFactory) -> Double {
        if case .add = operation { return AddOperation.flops(inputs.count, output) }
        return factory.make(self)?.flops(.forward, isFirst: false) ?? 0
    }
}
