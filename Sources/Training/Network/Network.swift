import Kernels
import LinearAlgebra

/// A network that can be trained and evaluated: its description, its weights, and how it is computed.
///
/// The batch is cut into fixed chunks. A chunk goes through as many operations as it can at once, while
/// its activations are in its worker's cache: up to the next one that needs sums over the whole batch, which
/// is a barrier. All memory is planned at the start; a step allocates none.
public final class Network {
    /// nil for a network made of layers.
    public let description: NetworkDescription?
    public let graph: NetworkGraph
    /// Of the weights and of dropout.
    public let seed: UInt64
    /// The algorithm of each convolution.
    public let plan: ConvolutionPlan
    /// Those that have weights, and those that are computed by themselves, in the graph's order.
    public let layers: [any Layer]
    public let pool: WorkerPool
    /// All trainable parameters, one after another, each from a cache line of its own on. The gaps
    /// are zero and stay zero.
    public let parameterValues: FloatSlice
    public let parameterGradients: FloatSlice
    public let parameters: [Parameter]

    private let stages: [NetworkPlanner.Stage]
    let layersByNode: [Int: any Layer]
    private let isLayerByLayer: Bool
    /// nil where the layers run one by one.
    private let folded: FoldedGraph?
    private var single: FoldedSingle?
    private var isFrozen = false
    private var training: GraphTrainingPass?
    private var evaluation: LayerEvaluation?
    private let evaluationClock: SectionClock
    /// Times what a training step does besides the passes; set by the step.
    var updateClock: SectionClock? { didSet { updateClock?.isOn = profiling } }

    /// Plans a network, takes its memory and draws its weights.
    ///
    /// - Parameters:
    ///   - seed: of the weights and of dropout.
    ///   - plan: how convolutions are computed; the table's choice by shape if nil.
    /// - Throws: `NetworkDescriptionError`, for a plan that doesn't fit the network as well.
    public convenience init(
        _ description: NetworkDescription, seed: UInt64 = 0, plan: ConvolutionPlan? = nil,
        pool: WorkerPool
    ) throws {
        let graph = try description.graph()
        let planner = NetworkPlanner(graph)
        if let plan { try planner.check(plan) }
        self.init(graph, description, seed: seed, plan: plan ?? planner.table(), pool: pool)
        graph.initialize(self, seed: seed)
    }

    /// A network of layers in a row, computed layer by layer.
    ///
    /// Parameters that have values keep them; the others are drawn as those of a described network.
    ///
    /// - Parameter seed: of what is drawn.
    /// - Precondition: each layer's output shape is the next one's input shape.
    public convenience init(_ layers: [any Layer], seed: UInt64 = 0, pool: WorkerPool) {
        precondition(!layers.isEmpty)
        let graph = NetworkGraph(layers)
        self.init(
            graph, nil, seed: seed, plan: ConvolutionPlan([:]), pool: pool, given: layers)
        graph.initialize(layersByNode, seed: seed, keepsValues: true)
    }

    /// - Parameter mergesNorms: see `NetworkPlanner.stages`.
    init(
        _ graph: NetworkGraph, _ description: NetworkDescription?, seed: UInt64,
        plan: ConvolutionPlan, pool: WorkerPool, given: [any Layer]? = nil,
        mergesNorms: Bool = true
    ) {
        self.graph = graph
        self.description = description
        self.seed = seed
        self.plan = plan
        self.pool = pool
        isLayerByLayer = plan.isLayerByLayer || given != nil || !mergesNorms
        let planner = NetworkPlanner(graph)
        stages = planner.stages(plan, mergesNorms: mergesNorms)
        let made =
            given.map { Dictionary(uniqueKeysWithValues: $0.enumerated().map { ($0, $1) }) }
            ?? Network.layers(of: stages, graph, planner, seed: seed)
        layersByNode = made
        layers = made.sorted { $0.key < $1.key }.map(\.value)
        parameters = layers.flatMap(\.parameters)
        let offsets = Network.offsets(of: parameters)
        parameterValues = FloatBuffer(count: offsets.last!).all
        parameterGradients = FloatBuffer(count: offsets.last!).all
        for (parameter, offset) in zip(parameters, offsets) {
            parameter.move(
                value: parameterValues.slice(offset, count: parameter.count),
                gradient: parameterGradients.slice(offset, count: parameter.count))
        }
        folded =
            isLayerByLayer
            ? nil
            : FoldedGraph(graph, stages, layers: made, workerCount: pool.threadCount)
        evaluationClock = SectionClock(
            LayerEvaluation.costs(graph, stages, made), workerCount: pool.threadCount)
    }

    /// The layers that stages need, by node.
    private static func layers(
        of stages: [NetworkPlanner.Stage], _ graph: NetworkGraph, _ planner: NetworkPlanner,
        seed: UInt64
    ) -> [Int: any Layer] {
        let factory = LayerFactory(seed: seed)
        var layers: [Int: any Layer] = [:]
        for stage in stages {
            switch stage {
            case .layer(let node, let tail, _, _):
                layers[node] = factory.make(graph.nodes[node], tail: tail)
            case .convolution(let fused):
                for node in [fused.node, fused.norm, fused.dropout].compactMap(\.self) {
                    layers[node] = factory.make(graph.nodes[node])
                }
            case .pooledMap(let node): layers[node] = factory.make(graph.nodes[node])
            case .add, .concat: break
            }
        }
        return layers
    }

    /// Where each parameter starts, and the length of all.
    private static func offsets(of parameters: [Parameter]) -> [Int] {
        parameters.reduce(into: [0]) { offsets, parameter in
            offsets.append((offsets.last! + parameter.count + 15) / 16 * 16)
        }
    }

    public var inputShape: SampleShape { graph.input }
    public var outputShape: SampleShape { graph.outputShape }
    /// Trainable values; running statistics don't count.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }
    public var buffers: [StateBuffer] { layers.flatMap(\.buffers) }
    /// The buffers that are floats: what batch norms track.
    var runningStatistics: [FloatSlice] {
        buffers.compactMap { if case .floats(let values) = $0.content { values } else { nil } }
    }

    // MARK: - Training

    /// Plans the memory of training steps of up to `sampleCount` samples.
    public func planTraining(sampleCount: Int) {
        let graph = TrainingGraph(
            graph, stages, layers: layersByNode, isLayerByLayer: isLayerByLayer)
        graph.plan(sampleCount: sampleCount)
        let pass = GraphTrainingPass(
            graph.operations, input: graph.input, output: graph.output, sampleCount: sampleCount,
            pool: pool)
        training = pass
        pass.clock.isOn = profiling
        if folded == nil { evaluation = makeEvaluation() }
    }

    /// One forward and backward pass over a batch; adds to the parameters' gradients.
    ///
    /// - Parameters:
    ///   - sampleCount: at most what was planned.
    ///   - step: counts the steps of a training; dropout's random numbers depend on it.
    ///   - batch: fills the inputs and judges the outputs.
    public func trainingPass(sampleCount: Int, step: UInt64, batch: any TrainingBatch) {
        guard let training else { preconditionFailure("a training pass before planTraining") }
        training.run(BatchPlan(sampleCount: sampleCount), step: step, batch: batch)
    }

    // MARK: - Profile

    /// Whether the passes take the time of their parts, which costs some readings of the clock for
    /// each chunk of eight samples. Set it between passes.
    public var profiling = false {
        didSet { for clock in clocks { clock.isOn = profiling } }
    }

    /// Where the time went since the last call; parts that didn't run are left out.
    public func takeProfile() -> [ProfileSection] { clocks.flatMap { $0.take() } }

    private var clocks: [SectionClock] {
        [training?.clock, updateClock, evaluationClock, folded?.sections].compactMap(\.self)
    }

    // MARK: - Evaluation

    /// Outputs of any number of samples in evaluation mode; they don't depend on how the samples
    /// are grouped.
    ///
    /// - Parameters:
    ///   - load: fills the chunk's inputs; called on workers, several at once.
    ///   - consume: reads (and may change) the chunk's outputs; likewise.
    public func evaluate(
        sampleCount: Int, load: (_ chunk: Chunk, _ inputs: FloatSlice) -> Void,
        consume: (_ chunk: Chunk, _ outputs: FloatSlice) -> Void
    ) {
        guard sampleCount > 0 else { return }
        if let folded {
            if !isFrozen { folded.fold() }
            evaluate(folded, sampleCount, load, consume)
        } else {
            evaluateLayers(sampleCount, load, consume)
        }
    }

    /// Promises that parameters and running statistics won't change any more, so that evaluation
    /// needn't look at them each time.
    public func freeze() {
        folded?.fold()
        isFrozen = true
    }

    private func evaluate(
        _ folded: FoldedGraph, _ sampleCount: Int,
        _ load: (_ chunk: Chunk, _ inputs: FloatSlice) -> Void,
        _ consume: (_ chunk: Chunk, _ outputs: FloatSlice) -> Void
    ) {
        let plan = BatchPlan(sampleCount: sampleCount)
        if plan.chunkCount == 1 && pool.threadCount > 1, let path = folded.singlePath {
            evaluateSingly(path, sampleCount, load, consume)
            return
        }
        pool.run(plan.chunkCount) { index, worker in
            let chunk = plan.chunk(index)
            load(chunk, folded.inputs(count: chunk.count, worker: worker))
            consume(chunk, folded.forward(count: chunk.count, worker: worker))
        }
    }

    /// Few samples: all threads work on one after the other.
    private func evaluateSingly(
        _ path: SinglePath, _ sampleCount: Int,
        _ load: (_ chunk: Chunk, _ inputs: FloatSlice) -> Void,
        _ consume: (_ chunk: Chunk, _ outputs: FloatSlice) -> Void
    ) {
        let single = single ?? FoldedSingle(path, pool: pool)
        self.single = single
        let chunk = Chunk(index: 0, start: 0, count: sampleCount)
        load(chunk, single.inputs.slice(0, count: sampleCount * path.inputCount))
        for sample in 0..<sampleCount { single.forward(sample) }
        consume(chunk, single.outputs.slice(0, count: sampleCount * path.outputCount))
    }

    private func evaluateLayers(
        _ sampleCount: Int, _ load: (_ chunk: Chunk, _ inputs: FloatSlice) -> Void,
        _ consume: (_ chunk: Chunk, _ outputs: FloatSlice) -> Void
    ) {
        let evaluation = evaluation ?? makeEvaluation()
        self.evaluation = evaluation
        let plan = BatchPlan(sampleCount: sampleCount)
        pool.run(plan.chunkCount) { index, worker in
            evaluation.run(plan.chunk(index), worker: worker, load, consume)
        }
    }

    private func makeEvaluation() -> LayerEvaluation {
        let evaluation = LayerEvaluation(
            graph, stages, layersByNode, evaluationClock, workerCount: pool.threadCount)
        if training == nil { evaluation.plan() }
        return evaluation
    }
}
