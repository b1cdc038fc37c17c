import Kernels
import LinearAlgebra

/// A network's stages as operations of a training pass, with the tensors and maps between them.
struct TrainingGraph {
    private(set) var operations: [any TrainingOperation] = []
    let input: Tensor
    private(set) var output: Tensor

    private let graph: NetworkGraph
    private let layers: [Int: any Layer]
    private let consumerCounts: [Int]
    private let titles: [String]
    private let isLayerByLayer: Bool
    /// Every tensor, in an order in which memory that is shared comes first.
    private var tensors: [Tensor] = []
    /// Where the nodes' outputs lie: in a map, in a tensor, or both.
    private var maps: [Int: NormalizedMap] = [:]
    private var tensorsByNode: [Int: Tensor] = [:]

    /// - Parameters:
    ///   - stages: of the graph, in its order.
    ///   - layers: by node.
    ///   - isLayerByLayer: whether products are all OpenBLAS's, chunk by chunk.
    init(
        _ graph: NetworkGraph, _ stages: [NetworkPlanner.Stage], layers: [Int: any Layer],
        isLayerByLayer: Bool
    ) {
        self.graph = graph
        self.layers = layers
        self.isLayerByLayer = isLayerByLayer
        titles = graph.titles
        consumerCounts = graph.consumers().map(\.count)
        input = Tensor(graph.input, wantsGradient: false)
        output = input
        tensors = [input]
        for stage in stages { append(stage) }
        output = tensor(graph.output)
    }

    /// Takes the memory for batches of up to so many samples.
    func plan(sampleCount: Int) {
        for tensor in tensors { tensor.planValues(sampleCount: sampleCount) }
        for tensor in tensors.reversed() { tensor.planGradient(sampleCount: sampleCount) }
    }

    // MARK: - Stages

    private mutating func append(_ stage: NetworkPlanner.Stage) {
        switch stage {
        case .convolution(let fused): append(fused)
        case .layer(let node, let tail, let last, _): appendLayer(node, tail, last)
        case .pooledMap(let node): appendPooledMap(node)
        case .add(let node):
            let inputs = graph.nodes[node].inputs.map { tensor($0) }
            let sum = newTensor(node, wantsGradient: inputs.contains(where: \.wantsGradient))
            operations.append(
                AddOperation(
                    title: titles[node], from: inputs.map { $0.makeReader() }, to: sum))
        case .concat(let node):
            let inputs = graph.nodes[node].inputs.map { tensor($0) }
            let all = newTensor(node, wantsGradient: inputs.contains(where: \.wantsGradient))
            operations.append(
                ConcatOperation(
                    title: titles[node], from: inputs.map { $0.makeReader() }, to: all))
        }
    }

    private mutating func append(_ fused: NetworkPlanner.FusedConvolution) {
        let convolution = layers[fused.node] as! Conv2d
        let title = titles[fused.node]
        let map = NormalizedMap(
            convolution.outputShape, bias: convolution.hasBias ? convolution.bias : nil,
            tail: NormalizedMap.Tail(
                norm: fused.norm.map { layers[$0] as! BatchNorm2d },
                addend: fused.added.map { source($0.other) }, isRectified: fused.isRectified,
                isPooled: fused.isPooled,
                dropout: fused.dropout.map { layers[$0] as! Dropout }),
            isSparse: fused.algorithm == .direct)
        if fused.algorithm == .direct {
            operations.append(StemBlock(convolution, title: title, from: input, to: map))
        } else {
            let reader = source(graph.nodes[fused.node].inputs[0]).makeReader()
            switch fused.algorithm {
            case .winograd2, .winograd4:
                operations.append(
                    WinogradBlock(
                        convolution, outputTile: fused.algorithm.outputTile!, title: title,
                        from: reader, to: map))
            case .depthwise:
                operations.append(
                    DepthwiseBlock(convolution, title: title, from: reader, to: map))
            default:
                operations.append(
                    ImplicitGemmBlock(convolution, title: title, from: reader, to: map))
            }
        }
        maps[fused.last] = map
    }

    private mutating func appendLayer(_ node: Int, _ tail: BatchNorm2d.Tail, _ last: Int) {
        let (layer, title, read) = (layers[node]!, titles[node], graph.nodes[node].inputs[0])
        let x = tensor(read)
        let y = outputTensor(of: layer, from: x, read, last)
        if let layer = layer as? any BatchStatisticsLayer {
            let shared = StatisticsLayer(layer, title: title, from: x.makeReader(), to: y)
            operations += [StatisticsOperation(shared), NormalizeOperation(shared)]
            return
        }
        if !isLayerByLayer {
            (layer as? any PreparedLayer)?.useSmallProducts(wantsInputGradient: x.wantsGradient)
        }
        operations.append(
            LayerOperation(
                layer, title: title, from: x.makeReader(), to: y,
                grain: !isLayerByLayer && takesGroups(layer) ? .group : .chunk))
    }

    private func takesGroups(_ layer: any Layer) -> Bool {
        (layer as? any RowLayer)?.takesGroups ?? false
    }

    private mutating func appendPooledMap(_ node: Int) {
        guard case .node(let index) = graph.nodes[node].inputs[0], let map = maps[index] else {
            preconditionFailure("\(titles[node]) reads no convolution's output")
        }
        let pooled = newTensor(node, wantsGradient: true)
        operations.append(
            MapOutput(title: titles[node], from: map.makeReader(), to: pooled, pools: true))
    }

    // MARK: - Tensors

    private mutating func newTensor(
        _ node: Int, wantsGradient: Bool, sharedValues: Tensor? = nil
    ) -> Tensor {
        let tensor = Tensor(
            graph.nodes[node].output, wantsGradient: wantsGradient, sharedValues: sharedValues)
        tensors.append(tensor)
        tensorsByNode[node] = tensor
        return tensor
    }

    /// Memory of its own, or that of the input where the layer may overwrite it and nobody else reads it.
    private mutating func outputTensor(
        of layer: any Layer, from x: Tensor, _ read: NetworkGraph.Source, _ last: Int
    ) -> Tensor {
        let wantsGradient = x.wantsGradient || !layer.parameters.isEmpty
        let held = layer.backwardReads.intersection([.output, .outputSign])
        let y: Tensor
        if isOnlyReader(of: read) && layer.mayRunInPlace(over: x.held) {
            y = newTensor(last, wantsGradient: wantsGradient, sharedValues: x)
            if x.wantsGradient { x.shareGradient(of: y) }
            y.held = x.held.union(held)
            return y
        }
        if isOnlyReader(of: read), layer.memoryUse == .gradientOverInput, x.wantsGradient,
            x.held.isEmpty
        {
            x.overwriteValuesByGradient()
        }
        y = newTensor(last, wantsGradient: wantsGradient)
        y.held = held
        return y
    }

    /// Whether one node alone reads a value.
    private func isOnlyReader(of source: NetworkGraph.Source) -> Bool {
        switch source {
        case .input: graph.nodes.count { $0.inputs.contains(.input) } == 1
        case .node(let index): consumerCounts[index] == 1 && graph.output != source
        }
    }

    private func source(_ source: NetworkGraph.Source) -> MapSource {
        guard case .node(let index) = source else { return .tensor(input) }
        return maps[index].map(MapSource.map) ?? .tensor(tensorsByNode[index]!)
    }

    /// A value as a tensor; a map's is written to one.
    private mutating func tensor(_ source: NetworkGraph.Source) -> Tensor {
        guard case .node(let index) = source else { return input }
        if let tensor = tensorsByNode[index] { return tensor }
        let map = maps[index]!
        let tensor = newTensor(index, wantsGradient: true)
        operations.append(
            MapOutput(
                title: "\(titles[index]) output", from: map.makeReader(), to: tensor, pools: false))
        return tensor
    }
}

extension NetworkGraph {
    /// A layer without a name of its own is called after the last one that has one: `fc1 ReLU`.
    var titles: [String] {
        var last = ""
        return nodes.map { node in
            if node.hasState {
                last = node.name
                return last
            }
            return (last.isEmpty ? "" : last + " ") + node.operation.title
        }
    }
}
