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
        case .batchNorm: return BatchNorm2d(name: name, shape, tail: tail)
        case .activation(.relu): return ReLU(shape)
        case .maxPool(let pooling):
            return MaxPool2d(
                shape, kernelSize: pooling.kernel.height, stride: pooling.stride.height)
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
        case .groupNorm, .layerNorm, .activation, .averagePool:
            preconditionFailure("\(name): no layer yet")
        case .add, .concat: return nil
        }
    }
}
