/// Name and shape of one tensor of a model's state.
public struct StateLayout: Equatable, Sendable {
    public let name: String
    public let shape: [Int]
    /// int64 instead of float32.
    public let isInteger: Bool
}

extension Network {
    /// The tensors of its state, in order.
    public var stateLayout: [StateLayout] {
        layers.flatMap { LayerState($0).all }
    }
}

/// The tensors of a layer's state.
struct LayerState: Sendable {
    let parameters: [StateLayout]
    let buffers: [StateLayout]

    init(_ layer: any Layer) {
        parameters = layer.parameters.map {
            StateLayout(name: $0.name, shape: $0.layout.shape, isInteger: false)
        }
        buffers = layer.buffers.map(\.stateLayout)
    }

    var all: [StateLayout] { parameters + buffers }
}

extension StateBuffer {
    fileprivate var stateLayout: StateLayout {
        switch content {
        case .floats(let slice): StateLayout(name: name, shape: [slice.count], isInteger: false)
        case .integer: StateLayout(name: name, shape: [], isInteger: true)
        }
    }
}

extension NetworkGraph {
    /// The tensors of the network's state in order, without building it: a file whose description asks for
    /// more than it holds is refused before memory is taken.
    public var stateLayout: [StateLayout] { nodes.flatMap(\.stateLayout) }

    /// Trainable values.
    public var parameterCount: Int {
        nodes.reduce(0) { sum, node in
            sum + node.parameterLayout.reduce(0) { $0 + $1.shape.reduce(1, *) }
        }
    }
}

extension NetworkGraph.Node {
    /// Trainable tensors in PyTorch's names and shapes.
    public var parameterLayout: [StateLayout] {
        func tensor(_ title: String, _ shape: [Int]) -> StateLayout {
            StateLayout(name: "\(name).\(title)", shape: shape, isInteger: false)
        }
        switch operation {
        case .convolution(let geometry, let convolution):
            let kernel = geometry.kernel
            return [
                tensor(
                    "weight",
                    [
                        geometry.outputChannels, geometry.groupInputs, kernel.height, kernel.width,
                    ])
            ] + (convolution.hasBias ? [tensor("bias", [geometry.outputChannels])] : [])
        case .batchNorm, .groupNorm:
            return ["weight", "bias"].map { tensor($0, [inputShape.channels]) }
        case .layerNorm:
            let shape =
                inputShape.pixels == 1
                ? [inputShape.channels]
                : [inputShape.channels, inputShape.height, inputShape.width]
            return ["weight", "bias"].map { tensor($0, shape) }
        case .linear(let linear):
            return [tensor("weight", [linear.outputs, inputShape.count])]
                + (linear.hasBias ? [tensor("bias", [linear.outputs])] : [])
        case .custom: return customState?.parameters ?? []
        default: return []
        }
    }

    var stateLayout: [StateLayout] {
        if let customState { return customState.all }
        guard case .batchNorm = operation else { return parameterLayout }
        return parameterLayout
            + ["running_mean", "running_var"].map {
                StateLayout(
                    name: "\(name).\($0)", shape: [inputShape.channels], isInteger: false)
            } + [
                StateLayout(name: "\(name).num_batches_tracked", shape: [], isInteger: true)
            ]
    }
}
