import Kernels
import LinearAlgebra

/// A network for inference: batch norm folded into the convolutions in front of it, what follows them in
/// the passes between them, weights kept in the form that products want, dropout left out.
///
/// It is made of the same stages as the training pass. A convolution that one other one alone reads is
/// computed where that one reads it, a few samples at a time, and never stored; everything else is a step
/// over a worker's chunk. It is a copy: `fold` takes the parameters as they are, and later changes don't
/// show.
final class FoldedGraph {
    /// What is done with a chunk, in order.
    private struct Step {
        let run: (_ count: Int, _ worker: Int) -> Void
        let section: Int
    }

    let inputs: FoldedValues
    private(set) var outputs: FoldedValues
    let sections: SectionClock
    /// Few images on several threads, where the network has the form for it.
    private(set) var singlePath: SinglePath?

    private let graph: NetworkGraph
    private let workerCount: Int
    private var steps: [Step] = []
    private var blocks: [any FoldedBlock] = []
    private var linears: [FoldedLinear] = []

    var inputCount: Int { inputs.shape.count }
    var outputCount: Int { outputs.shape.count }

    /// - Parameter layers: by node.
    init(
        _ graph: NetworkGraph, _ stages: [NetworkPlanner.Stage], layers: [Int: any Layer],
        workerCount: Int
    ) {
        self.graph = graph
        self.workerCount = workerCount
        let maker = FoldedGraphMaker(graph, stages, layers: layers, workerCount: workerCount)
        inputs = maker.inputs
        outputs = maker.outputs
        blocks = maker.blocks
        linears = maker.linears
        singlePath = maker.singlePath
        let clock = SectionClock(
            maker.steps.map(\.cost) + blocks.flatMap(\.sectionCosts), workerCount: workerCount)
        sections = clock
        steps = maker.steps.enumerated().map { Step(run: $1.run, section: $0) }
        var section = steps.count
        for block in blocks {
            block.sections = SectionGroup(clock: clock, first: section)
            section += block.sectionCosts.count
        }
    }

    /// Takes the parameters and running statistics as they are now.
    func fold() {
        for block in blocks { block.fold() }
        for linear in linears { linear.fold() }
    }

    /// Where a worker's inputs go, `[count, H, W, C]`.
    func inputs(count: Int, worker: Int) -> FloatSlice {
        inputs.values(count: count, worker: worker)
    }

    /// Outputs of the worker's inputs, `[count, K]`; valid until its next call.
    func forward(count: Int, worker: Int) -> FloatSlice {
        for step in steps {
            sections.measure(step.section, samples: Double(count), worker: worker) {
                step.run(count, worker)
            }
        }
        return outputs.values(count: count, worker: worker)
    }
}

/// Makes a folded graph's steps of a network's stages.
private final class FoldedGraphMaker {
    struct Step {
        let cost: SectionCost
        let run: (_ count: Int, _ worker: Int) -> Void
    }

    let inputs: FoldedValues
    private(set) var outputs: FoldedValues
    private(set) var steps: [Step] = []
    private(set) var blocks: [any FoldedBlock] = []
    private(set) var linears: [FoldedLinear] = []
    private(set) var singlePath: SinglePath?

    private let graph: NetworkGraph
    private let layers: [Int: any Layer]
    private let workerCount: Int
    private let consumers: [[Int]]
    private let titles: [String]
    /// By node: what computes it where it is read, or where it lies.
    private var sources: [Int: any FoldedSource] = [:]
    private var values: [Int: FoldedValues] = [:]
    /// Nodes whose only reader takes them along.
    private var rectified: Set<Int> = []

    init(
        _ graph: NetworkGraph, _ stages: [NetworkPlanner.Stage], layers: [Int: any Layer],
        workerCount: Int
    ) {
        self.graph = graph
        self.layers = layers
        self.workerCount = workerCount
        consumers = graph.consumers()
        titles = graph.titles
        inputs = FoldedValues(graph.input, isPadded: false, workerCount: workerCount)
        outputs = inputs
        for stage in stages { append(stage) }
        let last = tensor(graph.output)
        outputs = compact(last)
        singlePath = SinglePath(path, images: inputs, outputs: last)
    }

    // MARK: - Stages

    private func append(_ stage: NetworkPlanner.Stage) {
        switch stage {
        case .convolution(let fused): append(fused)
        case .layer(let node, _, let last, _): appendLayer(node, last)
        case .pooledMap(let node): appendPool(node)
        case .add(let node): appendAdd(node)
        case .concat(let node): appendConcat(node)
        }
    }

    private func append(_ fused: NetworkPlanner.FusedConvolution) {
        let convolution = layers[fused.node] as! Conv2d
        let geometry = convolution.geometry
        let title = titles[fused.node]
        let tail = FoldedTail(
            other: fused.added.map { padded($0.other) }, isRectified: fused.isRectified,
            isPooled: fused.isPooled)
        let read = graph.nodes[fused.node].inputs[0]
        func folded(padsInputs: Bool) -> FoldedConvolution {
            FoldedConvolution(
                convolution, norm: fused.norm.map { layers[$0] as! BatchNorm2d },
                padsInputs: padsInputs)
        }
        let block: any FoldedBlock
        switch fused.algorithm {
        case .direct:
            block = FoldedStem(
                folded(padsInputs: false), geometry, title: title, from: inputs, tail: tail,
                workerCount: workerCount)
        case .winograd2, .winograd4:
            block = FoldedWinograd(
                folded(padsInputs: true), geometry, outputTile: fused.algorithm.outputTile!,
                title: title, from: source(read), tail: tail, workerCount: workerCount)
        default:
            let isDepthwise = fused.algorithm == .depthwise
            let source = source(read)
            let isRaw = (source as? FoldedValues).map { $0.channels == $0.shape.channels } ?? false
            block = FoldedTaps(
                folded(padsInputs: !isDepthwise && !isRaw), geometry, isDepthwise: isDepthwise,
                title: title, from: source, tail: tail, workerCount: workerCount)
        }
        blocks.append(block)
        sources[fused.last] = block
        if !isReadByOneConvolution(fused.last) { _ = padded(.node(fused.last)) }
    }

    /// Whether a convolution or an adaptive pool alone reads a node: it is then computed on the way.
    private func isReadByOneConvolution(_ node: Int) -> Bool {
        guard consumers[node].count == 1, graph.output != .node(node) else { return false }
        switch graph.nodes[consumers[node][0]].operation {
        case .convolution(let geometry, _):
            return geometry.groups == 1 || geometry.groups == geometry.input.channels
        case .adaptiveAveragePool: return true
        default: return false
        }
    }

    private func appendLayer(_ node: Int, _ last: Int) {
        guard !rectified.contains(node) else { return }
        let operation = graph.nodes[node].operation
        let read = graph.nodes[node].inputs[0]
        switch operation {
        case .dropout, .dropout2d, .flatten:
            // Nothing is done to the values.
            if case .node(let index) = read {
                values[node] = tensor(.node(index))
            } else {
                values[node] = inputs
            }
        case .linear: appendLinear(node)
        default: appendPlain(node, last)
        }
    }

    private func appendPlain(_ node: Int, _ last: Int) {
        let layer = layers[node]!
        let x = compact(tensor(graph.nodes[node].inputs[0]))
        let y = FoldedValues(graph.nodes[last].output, isPadded: false, workerCount: workerCount)
        layer.plan(
            Capacity(
                sampleCount: workerCount * BatchPlan.chunkSize, workerCount: workerCount,
                trains: false))
        add(titles[node]) { count, worker in
            layer.forward(
                x.values(count: count, worker: worker),
                into: y.values(count: count, worker: worker),
                Pass(
                    mode: .evaluation, chunk: Chunk(index: 0, start: 0, count: count),
                    worker: worker))
        }
        values[last] = y
    }

    private func appendLinear(_ node: Int) {
        let layer = layers[node] as! Linear
        let read = tensor(graph.nodes[node].inputs[0])
        let x = read.channels == read.shape.channels ? read : compact(read)
        var last = node
        if consumers[node].count == 1, graph.output != .node(node),
            graph.nodes[consumers[node][0]].operation == .activation(.relu)
        {
            last = consumers[node][0]
            rectified.insert(last)
        }
        let linear = FoldedLinear(layer, isFollowedByReLU: last != node)
        linears.append(linear)
        let y = FoldedValues(
            layer.outputShape, isPadded: false, stride: linear.outputCount,
            workerCount: workerCount)
        values[last] = y
        path.linears.append((linear, x, y))
        var cost = SectionCost(name: titles[node])
        cost.flopsPerSample = 2 * Double(linear.weightCount)
        cost.bytesPerCall = 4 * Double(linear.weightCount)
        add(cost) { count, worker in
            linear.forward(
                x.values(count: count, worker: worker), rows: count, stride: x.stride,
                into: y.values(count: count, worker: worker))
        }
    }

    /// A pool that has the samples of the convolution in front computed as it reads them.
    private func appendPool(_ node: Int) {
        guard case .node(let index) = graph.nodes[node].inputs[0],
            let block = sources[index] as? any FoldedBlock
        else { preconditionFailure("\(titles[node]) reads no convolution's output") }
        let pool = layers[node] as! AdaptiveAvgPool2d
        let y = FoldedValues(pool.outputShape, isPadded: false, workerCount: workerCount)
        values[node] = y
        path.pool = (pool, block, y)
        let sampler = FoldedPool(pool, block, into: y, workerCount: workerCount)
        add("\(titles[node])") { count, worker in sampler.run(count, worker: worker) }
    }

    private func appendAdd(_ node: Int) {
        let terms = graph.nodes[node].inputs.map { compact(tensor($0)) }
        let sum = FoldedValues(graph.nodes[node].output, isPadded: false, workerCount: workerCount)
        values[node] = sum
        add(titles[node]) { count, worker in
            let y = sum.values(count: count, worker: worker)
            y.update(from: terms[0].values(count: count, worker: worker))
            for index in 1..<terms.count {
                Kernels.add(terms[index].values(count: count, worker: worker), to: y)
            }
        }
    }

    private func appendConcat(_ node: Int) {
        let parts = graph.nodes[node].inputs.map { compact(tensor($0)) }
        let all = FoldedValues(graph.nodes[node].output, isPadded: false, workerCount: workerCount)
        values[node] = all
        add(titles[node]) { count, worker in
            let y = all.values(count: count, worker: worker)
            var offset = 0
            for part in parts {
                let channels = part.shape.channels
                copyRows(
                    part.values(count: count, worker: worker), rows: count * part.shape.pixels,
                    columns: channels, stride: channels,
                    into: y.slice(offset, count: y.count - offset), stride: all.shape.channels)
                offset += channels
            }
        }
    }

    // MARK: - Values

    private func add(_ title: String, _ run: @escaping (Int, Int) -> Void) {
        add(SectionCost(name: title), run)
    }

    private func add(_ cost: SectionCost, _ run: @escaping (Int, Int) -> Void) {
        steps.append(Step(cost: cost, run: run))
    }

    /// What a convolution reads.
    private func source(_ read: NetworkGraph.Source) -> any FoldedSource {
        guard case .node(let index) = read else { return inputs }
        return values[index] ?? sources[index]!
    }

    /// A convolution's output in memory, channels in whole vectors.
    private func padded(_ read: NetworkGraph.Source) -> FoldedValues {
        guard case .node(let index) = read else { return inputs }
        if let values = values[index] { return values }
        let block = sources[index]!
        let y = FoldedValues(block.shape, isPadded: true, workerCount: workerCount)
        add("\(titles[index]) output") { count, worker in
            block.forEachSample(0..<count, worker: worker) {
                block.write($0, into: y.image($0, worker: worker), worker: worker)
            }
        }
        values[index] = y
        return y
    }

    private func tensor(_ read: NetworkGraph.Source) -> FoldedValues { padded(read) }

    /// The same values without gaps between pixels or samples.
    private func compact(_ x: FoldedValues) -> FoldedValues {
        guard !x.isCompact else { return x }
        let y = FoldedValues(x.shape, isPadded: false, workerCount: workerCount)
        // A fully connected layer's outputs have their gaps behind each sample, an image's behind each pixel.
        let isByPixel = x.channels != x.shape.channels
        add("compact") { count, worker in
            copyRows(
                x.values(count: count, worker: worker),
                rows: isByPixel ? count * x.shape.pixels : count,
                columns: isByPixel ? x.shape.channels : x.shape.count,
                stride: isByPixel ? x.channels : x.stride,
                into: y.values(count: count, worker: worker),
                stride: isByPixel ? x.shape.channels : x.shape.count)
        }
        return y
    }

    /// What the path of a single image could be made of.
    fileprivate var path = SinglePathParts()
}

/// An adaptive average pool that has its samples computed where it reads them.
private final class FoldedPool {
    private let pool: AdaptiveAvgPool2d
    private let block: any FoldedBlock
    private let features: FoldedValues
    private let channels: Int
    private let workspaces: [(map: ImageView, pooled: FloatSlice)]

    init(
        _ pool: AdaptiveAvgPool2d, _ block: any FoldedBlock, into features: FoldedValues,
        workerCount: Int
    ) {
        self.pool = pool
        self.block = block
        self.features = features
        let channels = ImageView.padded(pool.inputShape.channels)
        self.channels = channels
        workspaces = (0..<workerCount).map { _ in
            (
                ImageView(
                    FloatBuffer(count: pool.inputShape.pixels * channels).all,
                    height: pool.inputShape.height, width: pool.inputShape.width,
                    channels: channels),
                FloatBuffer(count: pool.outputShape.pixels * channels).all
            )
        }
    }

    func run(_ count: Int, worker: Int) {
        let (map, pooled) = workspaces[worker]
        let shape = pool.outputShape
        block.forEachSample(0..<count, worker: worker) { sample in
            block.write(sample, into: map, worker: worker)
            adaptiveAveragePool(
                map.values,
                SampleShape(height: map.height, width: map.width, channels: channels),
                into: pooled,
                SampleShape(height: shape.height, width: shape.width, channels: channels))
            copyRows(
                pooled, rows: shape.pixels, columns: shape.channels, stride: channels,
                into: features.sample(sample, worker: worker), stride: shape.channels)
        }
    }
}
