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
        layers.flatMap { layer in
            layer.parameters.map {
                StateLayout(name: $0.name, shape: $0.layout.shape, isInteger: false)
            } + layer.buffers.map(\.stateLayout)
        }
    }
}

extension StateBuffer {
    fileprivate var stateLayout: StateLayout {
        switch content {
        case .floats(let slice): StateLayout(name: name, shape: [slice.count], isInteger: false)
        case .integer: StateLayout(name: name, shape: [], isInteger: true)
        }
    }
}

extension DigitCNN {
    /// The tensors of a model with that config, without building it: a file whose config asks for
    /// more than it holds is refused before memory is taken.
    static func stateLayout(
        _ config: ModelConfig, inputHeight: Int, inputWidth: Int
    ) -> [StateLayout] {
        let channels = [1, config.conv1Channels, config.conv2Channels, config.conv3Channels]
        var layout: [StateLayout] = []
        for (number, kernelSize) in [(1, 5), (2, 5), (3, 3)] {
            let outputs = channels[number]
            layout += weightAndBias(
                "conv\(number)", [outputs, channels[number - 1], kernelSize, kernelSize])
            if config.useBatchNorm { layout += normalization("bn\(number)", outputs) }
        }
        let features = config.conv3Channels * 9
        layout += weightAndBias("fc1", [config.hiddenSize, features])
        layout += weightAndBias("fc2", [config.hiddenSize / 2, config.hiddenSize])
        layout += weightAndBias("fc3", [config.classCount, config.hiddenSize / 2])
        return layout
    }

    private static func weightAndBias(_ name: String, _ shape: [Int]) -> [StateLayout] {
        [
            StateLayout(name: "\(name).weight", shape: shape, isInteger: false),
            StateLayout(name: "\(name).bias", shape: [shape[0]], isInteger: false),
        ]
    }

    private static func normalization(_ name: String, _ channels: Int) -> [StateLayout] {
        ["weight", "bias", "running_mean", "running_var"].map {
            StateLayout(name: "\(name).\($0)", shape: [channels], isInteger: false)
        } + [StateLayout(name: "\(name).num_batches_tracked", shape: [], isInteger: true)]
    }
}
