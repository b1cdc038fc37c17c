import Kernels
import LinearAlgebra

/// A layer between two tensors.
final class LayerOperation: TrainingOperation {
    let layer: any Layer
    let input: TensorReader
    let output: Tensor
    private let title: String
    private let grain: Grain
    private let isFirst: Bool
    private var scratch: [FloatSlice] = []
    var sections: SectionGroup?

    /// - Parameters:
    ///   - title: for times.
    ///   - grain: how samples are handed to it, both ways.
    init(
        _ layer: any Layer, title: String, from input: TensorReader, to output: Tensor, grain: Grain
    ) {
        self.layer = layer
        self.title = title
        self.input = input
        self.output = output
        self.grain = grain
        isFirst = !input.tensor.wantsGradient
    }

    var forwardGrain: Grain { grain }
    var backwardGrain: Grain { grain }

    var sectionCosts: [SectionCost] {
        [LayerPhase.forward, .backward, .gradients].map {
            layer.cost($0, isFirst: isFirst, named: "\(title) \($0.title)")
        }
    }
    private enum Part: Int { case forward, backward, gradients }

    func plan(_ capacity: Capacity) {
        layer.plan(capacity)
        guard input.addsGradient else { return }
        // A group is up to four chunks.
        let samples = grain == .chunk ? BatchPlan.chunkSize : 4 * BatchPlan.chunkSize
        scratch = (0..<capacity.workerCount).map { _ in
            FloatBuffer(count: samples * input.tensor.shape.count).all
        }
    }

    private var prepared: (any PreparedLayer)? { layer as? any PreparedLayer }
    var preparationTaskCount: Int { prepared?.preparationTaskCount ?? 0 }
    func prepare(_ task: Int) { prepared?.prepare(task) }

    func forward(_ pass: Pass) {
        measure(.forward, pass) {
            layer.forward(
                input.tensor.values(pass.chunk), into: output.values(pass.chunk), pass)
        }
    }

    func backward(_ pass: Pass, isFirstOfGroup: Bool) {
        guard output.wantsGradient else { return }
        measure(.backward, pass) {
            layer.backward(
                x: input.tensor.values(pass.chunk), y: output.values(pass.chunk),
                dy: output.gradient(pass.chunk),
                into: input.gradient(pass.chunk, scratch: scratch[pass.worker]), pass)
            input.finish(pass.chunk, scratch: scratch[pass.worker])
        }
    }

    var gradientTaskCount: Int { layer.gradientTaskCount }

    func addGradients(_ task: Int, _ plan: BatchPlan, worker: Int) {
        let start = sections?.clock.begin() ?? 0
        layer.addGradients(
            task: task, x: input.tensor.values(plan), dy: output.gradient(plan), plan)
        sections?.end(
            Part.gradients.rawValue, since: start,
            samples: Double(plan.sampleCount) / Double(layer.gradientTaskCount), worker: worker)
    }

    @inline(__always)
    private func measure(_ part: Part, _ pass: Pass, _ body: () -> Void) {
        guard let sections else { return body() }
        sections.measure(
            part.rawValue, samples: pass.chunk.count, worker: pass.worker, body)
    }
}

/// What `StatisticsOperation` and `NormalizeOperation` share: a layer that needs sums over the batch.
final class StatisticsLayer: BatchSums {
    let layer: any BatchStatisticsLayer
    let input: TensorReader
    let output: Tensor
    let title: String

    init(
        _ layer: any BatchStatisticsLayer, title: String, from input: TensorReader,
        to output: Tensor
    ) {
        self.layer = layer
        self.title = title
        self.input = input
        self.output = output
    }

    func finishStatistics(_ plan: BatchPlan) { layer.finishStatistics(plan) }
    func finishGradientSums(_ plan: BatchPlan) { layer.finishGradientSums(plan) }

    var isFirst: Bool { !input.tensor.wantsGradient }

    func cost(_ phase: LayerPhase) -> SectionCost {
        layer.cost(phase, isFirst: isFirst, named: "\(title) \(phase.title)")
    }
}

/// The first half of a layer that needs sums over the batch: forward it gathers the statistics, and back,
/// once the gradient's sums are finished, it writes the gradient.
final class StatisticsOperation: TrainingOperation {
    private let shared: StatisticsLayer
    private var scratch: [FloatSlice] = []
    var sections: SectionGroup?

    init(_ shared: StatisticsLayer) { self.shared = shared }

    var gatheredStatistics: [any BatchSums] { [shared] }
    var awaitedSums: [any BatchSums] { [shared] }
    var sectionCosts: [SectionCost] { [shared.cost(.statistics), shared.cost(.backward)] }

    func plan(_ capacity: Capacity) {
        shared.layer.plan(capacity)
        guard shared.input.addsGradient else { return }
        scratch = (0..<capacity.workerCount).map { _ in
            FloatBuffer(count: BatchPlan.chunkSize * shared.input.tensor.shape.count).all
        }
    }

    func forward(_ pass: Pass) {
        measured(0, pass) {
            shared.layer.collectStatistics(shared.input.tensor.values(pass.chunk), pass.chunk)
        }
    }

    func backward(_ pass: Pass, isFirstOfGroup: Bool) {
        measured(1, pass) {
            shared.layer.backward(
                x: shared.input.tensor.values(pass.chunk), y: shared.output.values(pass.chunk),
                dy: shared.output.gradient(pass.chunk),
                into: shared.input.gradient(pass.chunk, scratch: scratch[pass.worker]), pass)
            shared.input.finish(pass.chunk, scratch: scratch[pass.worker])
        }
    }
}

/// The second half: forward it normalises, back it gathers the gradient's sums.
final class NormalizeOperation: TrainingOperation {
    private let shared: StatisticsLayer
    var sections: SectionGroup?

    init(_ shared: StatisticsLayer) { self.shared = shared }

    var awaitedStatistics: [any BatchSums] { [shared] }
    var gatheredSums: [any BatchSums] { [shared] }
    var sectionCosts: [SectionCost] { [shared.cost(.forward), shared.cost(.gradientSums)] }

    func plan(_ capacity: Capacity) {}

    func forward(_ pass: Pass) {
        measured(0, pass) {
            shared.layer.forward(
                shared.input.tensor.values(pass.chunk), into: shared.output.values(pass.chunk), pass
            )
        }
    }

    func backward(_ pass: Pass, isFirstOfGroup: Bool) {
        measured(1, pass) {
            shared.layer.collectGradientSums(
                x: shared.input.tensor.values(pass.chunk), y: shared.output.values(pass.chunk),
                dy: shared.output.gradient(pass.chunk), pass.chunk)
        }
    }
}

extension TrainingOperation {
    /// Takes the time of a part of a chunk's work.
    @inline(__always)
    func measured(_ part: Int, _ pass: Pass, _ body: () -> Void) {
        guard let sections else { return body() }
        sections.measure(part, samples: pass.chunk.count, worker: pass.worker, body)
    }
}
