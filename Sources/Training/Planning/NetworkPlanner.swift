import Kernels

/// Decides how each node of a graph is computed: which runs of nodes become one operation, and by which
/// algorithm.
///
/// It recognises patterns of the graph, never a network: a convolution with what follows it (batch norm,
/// an addition, ReLU, a 2×2 max-pool, dropout of channels), an adaptive pool behind one, batch norm with
/// what follows it. What no pattern fits is computed layer by layer.
struct NetworkPlanner {
    let graph: NetworkGraph
    private let consumers: [[Int]]
    /// By node: whether it or one before it has weights.
    private let isBehindWeights: [Bool]

    init(_ graph: NetworkGraph) {
        self.graph = graph
        consumers = graph.consumers()
        isBehindWeights = graph.nodes.reduce(into: []) { known, node in
            let inputs = node.inputs.map {
                if case .node(let index) = $0 { known[index] } else { false }
            }
            known.append(node.hasState || inputs.contains(true))
        }
    }

    /// Whether training asks for the gradient in a value.
    func wantsGradient(_ source: NetworkGraph.Source) -> Bool {
        if case .node(let index) = source { isBehindWeights[index] } else { false }
    }

    /// A convolution with what is computed along with it.
    struct FusedConvolution {
        let node: Int
        let algorithm: ConvolutionAlgorithm
        var norm: Int?
        /// What is added, and in which node.
        var added: (node: Int, other: NetworkGraph.Source)?
        var isRectified = false
        var isPooled = false
        var dropout: Int?
        /// The node whose output it gives.
        var last: Int
    }

    /// Nodes that become one operation, or a few.
    enum Stage {
        case convolution(FusedConvolution)
        /// A layer by itself; for batch norm with the ReLU and the pool behind it.
        case layer(node: Int, tail: BatchNorm2d.Tail, last: Int, reason: String)
        /// An adaptive average pool of a convolution's output, which is never stored.
        case pooledMap(node: Int)
        case add(node: Int)
        case concat(node: Int)
    }

    // MARK: - Patterns

    /// - Parameter mergesNorms: whether batch norm takes the ReLU and the pool behind it along, where it
    ///   is computed by itself.
    func stages(_ plan: ConvolutionPlan, mergesNorms: Bool = true) -> [Stage] {
        var taken: Set<Int> = []
        var stages: [Stage] = []
        var waiting: [FusedConvolution] = []
        var isMade: Set<Int> = []
        var maps: Set<Int> = []
        for node in graph.nodes where !taken.contains(node.index) {
            let stage = stage(node, plan, mergesNorms: mergesNorms, taken, maps)
            let nodes = nodes(of: stage)
            taken.formUnion(nodes)
            if case .convolution(let fused) = stage { maps.insert(fused.last) }
            if case .convolution(let fused) = stage, case .node(let other)? = fused.added?.other,
                !isMade.contains(other)
            {
                // What it adds comes from a later branch.
                waiting.append(fused)
                continue
            }
            stages.append(stage)
            isMade.insert(nodes.last!)
            while let index = waiting.firstIndex(where: { $0.isReady(isMade) }) {
                isMade.insert(waiting[index].last)
                stages.append(.convolution(waiting.remove(at: index)))
            }
        }
        return stages
    }

    /// - Parameter maps: the nodes whose outputs are those of fused convolutions.
    private func stage(
        _ node: NetworkGraph.Node, _ plan: ConvolutionPlan, mergesNorms: Bool, _ taken: Set<Int>,
        _ maps: Set<Int>
    ) -> Stage {
        switch node.operation {
        case .convolution:
            let algorithm = plan.algorithm(of: node.name) ?? .im2col
            guard algorithm != .im2col && fits(algorithm, node) else { return layer(node) }
            return .convolution(fused(node, algorithm, taken))
        case .batchNorm where mergesNorms: return norm(node)
        case .add: return .add(node: node.index)
        case .concat: return .concat(node: node.index)
        case .adaptiveAveragePool:
            if case .node(let index) = node.inputs[0], maps.contains(index) {
                return .pooledMap(node: node.index)
            }
            return layer(node)
        default: return layer(node)
        }
    }

    private func layer(_ node: NetworkGraph.Node) -> Stage {
        .layer(node: node.index, tail: .none, last: node.index, reason: reasonByItself(node))
    }

    private func fused(
        _ node: NetworkGraph.Node, _ algorithm: ConvolutionAlgorithm, _ taken: Set<Int>
    ) -> FusedConvolution {
        var result = FusedConvolution(node: node.index, algorithm: algorithm, last: node.index)
        while let next = onlyReader(of: result.last), !taken.contains(next.index),
            !isAddedDropout(next), result.take(next, graph)
        {}
        return result
    }

    /// Dropout whose output is added somewhere: a map is added as it is without its mask.
    private func isAddedDropout(_ node: NetworkGraph.Node) -> Bool {
        guard case .dropout2d = node.operation else { return false }
        return consumers[node.index].contains { graph.nodes[$0].operation == .add }
    }

    /// The node that reads another's output, if one alone does.
    func onlyReader(of node: Int) -> NetworkGraph.Node? {
        guard consumers[node].count == 1, graph.output != .node(node) else { return nil }
        return graph.nodes[consumers[node][0]]
    }

    private func norm(_ node: NetworkGraph.Node) -> Stage {
        var (tail, last) = (BatchNorm2d.Tail.none, node.index)
        if let next = onlyReader(of: last), next.operation == .activation(.relu) {
            (tail, last) = (.relu, next.index)
            if let pool = onlyReader(of: last), pool.isSimplePool {
                (tail, last) = (.reluAndMaxPool, pool.index)
            }
        }
        return .layer(node: node.index, tail: tail, last: last, reason: reasonByItself(node))
    }

    /// The nodes that a stage computes.
    func nodes(of stage: Stage) -> [Int] {
        switch stage {
        case .add(let node), .concat(let node), .pooledMap(let node): return [node]
        case .layer(let node, _, let last, _): return path(from: node, to: last)
        case .convolution(let fused): return path(from: fused.node, to: fused.last)
        }
    }

    private func path(from node: Int, to last: Int) -> [Int] {
        var path = [node]
        while path.last! != last { path.append(consumers[path.last!][0]) }
        return path
    }

    // MARK: - Algorithms

    /// Whether an algorithm can compute a convolution where it stands.
    func fits(_ algorithm: ConvolutionAlgorithm, _ node: NetworkGraph.Node) -> Bool {
        guard case .convolution(let geometry, _) = node.operation else { return false }
        switch algorithm {
        case .im2col: return true
        case .direct: return isStem(node, geometry)
        case .winograd2, .winograd4: return WinogradGeometry.fits(geometry)
        case .implicitGemm: return geometry.groups == 1
        case .depthwise:
            return geometry.groups == geometry.input.channels
                && geometry.outputChannels == geometry.input.channels
        }
    }

    /// 5×5 over an image of one channel in front of a pool: only where the pool chose is the gradient asked
    /// for.
    func isStem(_ node: NetworkGraph.Node, _ geometry: ConvolutionGeometry) -> Bool {
        guard node.inputs[0] == .input, geometry.input.channels == 1, geometry.kernel == 5,
            geometry.strides == 1, geometry.paddings == 2, geometry.dilations == 1
        else { return false }
        return fused(node, .direct, []).isPooled
    }

    // MARK: - The fixed table

    /// The choice by shape, which depends on nothing else, and with it the bits of a training.
    ///
    /// Measured at all three levels of x86-64 (`tessera bench plan`), products are four fifths of a
    /// Winograd convolution's time and run at the same speed for both tiles, so their number decides, and
    /// both are faster than im2col at DigitCNN's shapes.
    func table() -> ConvolutionPlan {
        plan { node, geometry in
            if fits(.depthwise, node) && geometry.groups > 1 { return .depthwise }
            if geometry.groups > 1 { return .im2col }
            if fits(.direct, node) { return .direct }
            guard WinogradGeometry.fits(geometry) else { return .implicitGemm }
            let tile = cheaperTile(geometry)
            return cost(geometry, tile) < directCost(node, geometry) ? tile : .implicitGemm
        }
    }

    /// Winograd's algorithm with one tile wherever it fits; elsewhere what the table says.
    func plan(tile: ConvolutionAlgorithm) -> ConvolutionPlan {
        let table = table()
        return plan { node, geometry in
            let algorithm = table.algorithm(of: node.name)!
            return algorithm != .direct && fits(tile, node) ? tile : algorithm
        }
    }

    /// The layers one by one: the reference.
    func layerByLayer() -> ConvolutionPlan {
        var plan = plan { _, _ in .im2col }
        plan.isLayerByLayer = true
        return plan
    }

    func products(_ geometry: ConvolutionGeometry) -> Int {
        geometry.output.pixels * geometry.kernel.height * geometry.kernel.width
    }

    private func plan(
        _ choose: (NetworkGraph.Node, ConvolutionGeometry) -> ConvolutionAlgorithm
    ) -> ConvolutionPlan {
        var algorithms: [String: ConvolutionAlgorithm] = [:]
        for node in graph.nodes {
            guard case .convolution(let geometry, _) = node.operation else { continue }
            algorithms[node.name] = choose(node, geometry)
        }
        return ConvolutionPlan(algorithms)
    }

    func cheaperTile(_ geometry: ConvolutionGeometry) -> ConvolutionAlgorithm {
        func elements(_ tile: Int) -> Int {
            WinogradGeometry(geometry, outputTile: tile).neededElementCount
        }
        return elements(2) < elements(4) ? .winograd2 : .winograd4
    }

    /// Multiplications and additions, about, that a sample takes.
    func cost(
        _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm
    ) -> Int {
        let winograd = WinogradGeometry(geometry, outputTile: algorithm.outputTile!)
        // An element of a tile costs some ten operations a channel in its transforms, and goes to memory
        // and back.
        return winograd.neededElementCount
            * (winograd.inputs * winograd.outputs + 16 * (winograd.inputs + winograd.outputs))
    }

    func directCost(_ node: NetworkGraph.Node, _ geometry: ConvolutionGeometry) -> Int {
        let isInput = node.inputs[0] == .input
        let inputs = isInput ? geometry.input.channels : ImageView.padded(geometry.input.channels)
        return products(geometry) * inputs * ImageView.padded(geometry.outputChannels)
    }
}

extension NetworkPlanner.FusedConvolution {
    fileprivate func isReady(_ isMade: Set<Int>) -> Bool {
        guard case .node(let other)? = added?.other else { return true }
        return isMade.contains(other)
    }

    /// Takes the node behind along; false if it doesn't fit.
    fileprivate mutating func take(_ next: NetworkGraph.Node, _ graph: NetworkGraph) -> Bool {
        let isPlain = added == nil && !isRectified && !isPooled && dropout == nil
        switch next.operation {
        case .batchNorm where isPlain && norm == nil: norm = next.index
        case .add where isPlain && next.inputs.count == 2:
            let other = next.inputs[0] == .node(last) ? next.inputs[1] : next.inputs[0]
            // A tensor's channels lie as they are.
            guard other != .input, next.output.channels % ImageView.channelMultiple == 0 else {
                return false
            }
            added = (next.index, other)
        case .activation(.relu) where !isRectified && dropout == nil: isRectified = true
        case .maxPool where next.isSimplePool && !isPooled && added == nil && dropout == nil:
            isPooled = true
        case .dropout2d where dropout == nil: dropout = next.index
        default: return false
        }
        last = next.index
        return true
    }
}

extension NetworkGraph.Node {
    /// A max-pool of 2×2 windows side by side.
    var isSimplePool: Bool {
        guard case .maxPool(let pooling) = operation else { return false }
        return pooling.kernel == 2 && pooling.stride == 2 && pooling.padding == 0
    }
}

extension ConvolutionAlgorithm {
    /// m of Winograd's F(m×m, k×k).
    var outputTile: Int? {
        switch self {
        case .winograd2: 2
        case .winograd4: 4
        case .im2col, .direct, .implicitGemm, .depthwise: nil
        }
    }
}
