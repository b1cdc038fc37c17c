import Kernels

/// Builds the layer that computes a node of a graph by itself.
struct LayerFactory {
    let seed: UInt64

    /// - Parameter tail: of a batch norm.
    /// - Returns: nil for joins, which are no layers.
    func make(_ node: NetworkGraph.Node, tail: BatchNorm2d.Tail = .none) -> (any Layer)? {
        let (name, shape) = (node.name, node.inputShape)
        switch node.operation {
        case .convolution(let geometry, let convolution):
            return Conv2d(name: name, geometry: geometry, hasBias: convolution.hasBias)
        case .batchNorm(let norm):
            return BatchNorm2d(
                name: name, shape, tail: tail, epsilon: norm.epsilon, momentum: norm.momentum)
        case .groupNorm(let norm):
            return GroupNorm(name: name, shape, groups: norm.groups, epsilon: norm.epsilon)
        case .layerNorm(let norm): return LayerNorm(name: name, shape, epsilon: norm.epsilon)
        case .activation(let activation): return make(activation, shape)
        case .maxPool(let pooling): return MaxPool2d(geometry(pooling, shape))
        case .averagePool(let pooling): return AvgPool2d(geometry(pooling, shape))
        case .adaptiveAveragePool:
            return AdaptiveAvgPool2d(
                shape, outputHeight: node.output.height, outputWidth: node.output.width)
        case .dropout(let rate, let index):
            return Dropout(shape, rate: rate, seed: seed, index: index)
        case .dropout2d(let rate, let index):
            return Dropout2d(shape, rate: rate, seed: seed, index: index)
        case .flatten: return Flatten(shape)
        case .linear(let linear):
            return Linear(
                name: name, input: shape, outputCount: linear.outputs, hasBias: linear.hasBias)
        case .custom(let custom): return custom.make(name: name, input: shape)
        case .add, .concat: return nil
        }
    }

    private func make(
        _ activation: LayerDescription.Activation, _ shape: SampleShape
    ) -> any Layer {
        switch activation {
        case .relu: ReLU(shape)
        case .leakyReLU(let slope): LeakyReLU(shape, slope: slope)
        case .gelu: GELU(shape)
        case .geluTanh: GELU(shape, form: .tanh)
        case .silu: SiLU(shape)
        case .sigmoid: Sigmoid(shape)
        case .tanh: Tanh(shape)
        }
    }

    private func geometry(
        _ pooling: LayerDescription.Pooling, _ shape: SampleShape
    ) -> PoolGeometry {
        PoolGeometry(
            shape, kernel: pooling.kernel, stride: pooling.stride, padding: pooling.padding)
    }
}
