import Kernels
import LinearAlgebra

/// Layers in a row, run over a batch by a pool of workers.
///
/// The batch is cut into fixed chunks. A chunk goes through as many layers as it can at once, while
/// its activations are in its worker's cache: up to the next layer that needs statistics of the
/// whole batch, which is a barrier. All memory is planned at the start; a step allocates none.
public final class Network {
    public let layers: [any Layer]
    public let pool: WorkerPool
    /// All trainable parameters, one after another, each from a cache line of its own on. The gaps
    /// are zero and stay zero.
    public let parameterValues: FloatSlice
    public let parameterGradients: FloatSlice
    public let parameters: [Parameter]

    /// Runs the layers as fused blocks where the plan allows it.
    private let fused: FusedNetwork?
    private let folded: FoldedNetwork?
    private var single: FoldedSingle?
    private var isFrozen = false
    private var training: (any TrainingRun)?
    private var evaluation: EvaluationMemory?
    private let evaluationClock: SectionClock
    /// Times what a training step does besides the passes; set by the step.
    var updateClock: SectionClock? { didSet { updateClock?.isOn = profiling } }

    /// - Parameter plan: how convolutions are computed; layer by layer if nil.
    /// - Precondition: each layer's output shape is the next one's input shape.
    public init(_ layers: [any Layer], plan: ConvolutionPlan? = nil, pool: WorkerPool) {
        precondition(!layers.isEmpty)
        for (layer, next) in zip(layers, layers.dropFirst()) {
            precondition(
                layer.outputShape == next.inputShape,
                "\(layer.name) gives \(layer.outputShape), \(next.name) expects \(next.inputShape)")
        }
        precondition(
            !(layers[0] is any BatchStatisticsLayer),
            "a network can't start with a layer that needs batch statistics")
        self.layers = layers
        self.pool = pool
        parameters = layers.flatMap(\.parameters)
        let offsets = Network.offsets(of: parameters)
        parameterValues = FloatBuffer(count: offsets.last!).all
        parameterGradients = FloatBuffer(count: offsets.last!).all
        for (parameter, offset) in zip(parameters, offsets) {
            parameter.move(
                value: parameterValues.slice(offset, count: parameter.count),
                gradient: parameterGradients.slice(offset, count: parameter.count))
        }
        fused = plan.flatMap { FusedNetwork.make(layers, $0) }
        folded = plan.flatMap { FoldedNetwork(layers, $0, workerCount: pool.threadCount) }
        evaluationClock = SectionClock(
            LayerSections.evaluation(layers), workerCount: pool.threadCount)
    }

    /// Where each parameter starts, and the length of all.
    private static func offsets(of parameters: [Parameter]) -> [Int] {
        parameters.reduce(into: [0]) { offsets, parameter in
            offsets.append((offsets.last! + parameter.count + 15) / 16 * 16)
        }
    }

    public var inputShape: SampleShape { layers.first!.inputShape }
    public var outputShape: SampleShape { layers.last!.outputShape }
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
        let capacity = Capacity(
            sampleCount: sampleCount, workerCount: pool.threadCount, trains: true)
        if let fused {
            fused.plan(capacity)
            training = FusedTrainingPass(
                fused, inputShape: inputShape, sampleCount: sampleCount, pool: pool)
        } else {
            for layer in layers { layer.plan(capacity) }
            training = TrainingPass(
                layers, TrainingMemory(layers, sampleCount: sampleCount), pool: pool)
        }
        training?.clock?.isOn = profiling
        if folded == nil {
            evaluation = EvaluationMemory(layers, workerCount: pool.threadCount)
        }
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
        _ folded: FoldedNetwork, _ sampleCount: Int,
        _ load: (_ chunk: Chunk, _ inputs: FloatSlice) -> Void,
        _ consume: (_ chunk: Chunk, _ outputs: FloatSlice) -> Void
    ) {
        let plan = BatchPlan(sampleCount: sampleCount)
        if plan.chunkCount == 1 && pool.threadCount > 1 {
            evaluateSingly(folded, sampleCount, load, consume)
            return
        }
        pool.run(plan.chunkCount) { index, worker in
            let chunk = plan.chunk(index)
            load(
                chunk,
                folded.inputs(worker: worker).slice(
                    0, count: chunk.count * folded.inputCount))
            consume(chunk, folded.forward(count: chunk.count, worker: worker))
        }
    }

    /// Few samples: all threads work on one after the other.
    private func evaluateSingly(
        _ folded: FoldedNetwork, _ sampleCount: Int,
        _ load: (_ chunk: Chunk, _ inputs: FloatSlice) -> Void,
        _ consume: (_ chunk: Chunk, _ outputs: FloatSlice) -> Void
    ) {
        let single = single ?? FoldedSingle(folded, pool: pool)
        self.single = single
        let chunk = Chunk(index: 0, start: 0, count: sampleCount)
        load(chunk, single.inputs.slice(0, count: sampleCount * folded.inputCount))
        for sample in 0..<sampleCount { single.forward(sample) }
        consume(chunk, single.outputs.slice(0, count: sampleCount * folded.outputCount))
    }

    private func evaluateLayers(
        _ sampleCount: Int, _ load: (_ chunk: Chunk, _ inputs: FloatSlice) -> Void,
        _ consume: (_ chunk: Chunk, _ outputs: FloatSlice) -> Void
    ) {
        let memory = evaluationMemory()
        let plan = BatchPlan(sampleCount: sampleCount)
        pool.run(plan.chunkCount) { chunkIndex, worker in
            let pass = Pass(mode: .evaluation, chunk: plan.chunk(chunkIndex), worker: worker)
            measure(layers.count, pass) { load(pass.chunk, memory.activation(0, pass)) }
            for index in layers.indices {
                measure(index, pass) {
                    layers[index].forward(
                        memory.activation(index, pass), into: memory.activation(index + 1, pass),
                        pass)
                }
            }
            measure(layers.count + 1, pass) {
                consume(pass.chunk, memory.activation(layers.count, pass))
            }
        }
    }

    @inline(__always)
    private func measure(_ section: Int, _ pass: Pass, _ body: () -> Void) {
        evaluationClock.measure(
            section, samples: Double(pass.chunk.count), worker: pass.worker, body)
    }

    private func evaluationMemory() -> EvaluationMemory {
        if let evaluation { return evaluation }
        let capacity = Capacity(
            sampleCount: pool.threadCount * BatchPlan.chunkSize, workerCount: pool.threadCount,
            trains: false)
        for layer in layers { layer.plan(capacity) }
        let memory = EvaluationMemory(layers, workerCount: pool.threadCount)
        evaluation = memory
        return memory
    }
}
