import Kernels
import LinearAlgebra

/// Where a training pass gets its inputs from, and what it hands its outputs to.
///
/// Both are called on workers, several at once for different chunks.
public protocol TrainingBatch: AnyObject {
    /// Fills the chunk's inputs, `[count, H, W, C]`.
    func load(_ chunk: Chunk, into inputs: FloatSlice)

    /// Reads the chunk's outputs and overwrites their gradients, both `[count, K]`.
    func loss(_ chunk: Chunk, outputs: FloatSlice, gradient: FloatSlice)
}

/// A forward and backward pass over a batch, planned for batches up to a size.
protocol TrainingRun: AnyObject {
    /// Adds to the parameters' gradients; allocates nothing.
    func run(_ plan: BatchPlan, step: UInt64, batch: any TrainingBatch)

    /// Times the parts of the pass; nil where they aren't told apart.
    var clock: SectionClock? { get }
}

extension TrainingRun {
    var clock: SectionClock? { nil }
}

/// A forward and backward pass over a batch, layer by layer, as jobs for the pool that are made once.
///
/// Forward segments run in order, then backward segments in reverse. The last forward segment, the
/// loss and the first backward segment are a single job: nothing parts them.
final class TrainingPass: TrainingRun {
    /// In a struct, because taking a bare closure out of an array wraps it anew each time.
    private struct Job {
        let run: (_ chunk: Int, _ worker: Int) -> Void
    }

    private let layers: [any Layer]
    private let memory: TrainingMemory
    private let pool: WorkerPool
    private let sections: SectionClock
    private var forwardJobs: [Job] = []
    private var backwardJobs: [Job] = []
    private var gradientJob = Job { _, _ in }

    // The pass under way; written by the owner between jobs, read by workers within them.
    private var plan = BatchPlan(sampleCount: 1)
    private var step: UInt64 = 0
    private var batch: (any TrainingBatch)?

    init(_ layers: [any Layer], _ memory: TrainingMemory, pool: WorkerPool) {
        self.layers = layers
        self.memory = memory
        self.pool = pool
        sections = SectionClock(LayerSections.training(layers), workerCount: pool.threadCount)
        let segmentCount = memory.segments.count
        forwardJobs = (0..<segmentCount).map { segment in
            Job { [unowned self] in runForward(segment, chunk: $0, worker: $1) }
        }
        backwardJobs = (0..<segmentCount - 1).map { segment in
            Job { [unowned self] in runBackward(segment, chunk: $0, worker: $1) }
        }
        gradientJob = Job { [unowned self] task, worker in addGradients(task, worker: worker) }
    }

    var clock: SectionClock? { sections }

    /// Allocates nothing.
    func run(_ plan: BatchPlan, step: UInt64, batch: any TrainingBatch) {
        precondition(
            plan.sampleCount <= memory.sampleCount,
            "a batch of \(plan.sampleCount) where \(memory.sampleCount) were planned")
        (self.plan, self.step, self.batch) = (plan, step, batch)
        let last = memory.segments.count - 1
        for segment in 0...last {
            pool.runKept(forwardJobs[segment].run, chunkCount: plan.chunkCount)
            if segment < last { nextStatisticsLayer(segment).finishStatistics(plan) }
        }
        for segment in stride(from: last - 1, through: 0, by: -1) {
            nextStatisticsLayer(segment).finishGradientSums(plan)
            pool.runKept(backwardJobs[segment].run, chunkCount: plan.chunkCount)
        }
        pool.runKept(gradientJob.run, chunkCount: memory.gradientTasks.count)
        self.batch = nil
    }

    // MARK: - Jobs

    private func runForward(_ segment: Int, chunk: Int, worker: Int) {
        let range = memory.segments[segment]
        let pass = pass(chunk, worker)
        if segment == 0 {
            measure(loadSection, pass) {
                batch!.load(pass.chunk, into: memory.activation(0, pass.chunk))
            }
        }
        for index in range {
            measure(section(index, .forward), pass) {
                layers[index].forward(
                    memory.activation(index, pass.chunk),
                    into: memory.activation(index + 1, pass.chunk),
                    pass)
            }
        }
        let end = range.upperBound
        if end < layers.count {
            measure(section(end, .statistics), pass) {
                nextStatisticsLayer(segment).collectStatistics(
                    memory.activation(end, pass.chunk), pass.chunk)
            }
        } else {
            measure(lossSection, pass) {
                batch!.loss(
                    pass.chunk, outputs: memory.activation(end, pass.chunk),
                    gradient: memory.gradient(end, pass.chunk))
            }
            goBack(range, pass)
        }
    }

    /// Takes the gradient through the statistics layer behind a segment and the segment itself.
    private func runBackward(_ segment: Int, chunk: Int, worker: Int) {
        let range = memory.segments[segment]
        let pass = pass(chunk, worker)
        propagate(range.upperBound, pass)
        goBack(range, pass)
    }

    private func addGradients(_ index: Int, worker: Int) {
        let task = memory.gradientTasks[index]
        let layer = layers[task.layer]
        let share = Double(plan.sampleCount) / Double(layer.gradientTaskCount)
        sections.measure(section(task.layer, .gradients), samples: share, worker: worker) {
            layer.addGradients(
                task: task.task, x: memory.activation(task.layer, of: plan),
                dy: memory.gradient(task.layer + 1, of: plan), plan)
        }
    }

    // MARK: - Times

    private func section(_ layer: Int, _ phase: LayerPhase) -> Int {
        layer * LayerPhase.allCases.count + phase.rawValue
    }

    private var loadSection: Int { layers.count * LayerPhase.allCases.count }
    private var lossSection: Int { loadSection + 1 }

    @inline(__always)
    private func measure(_ section: Int, _ pass: Pass, _ body: () -> Void) {
        sections.measure(
            section, samples: Double(pass.chunk.count), worker: pass.worker, body)
    }

    // MARK: - Steps

    private func pass(_ chunk: Int, _ worker: Int) -> Pass {
        Pass(mode: .training, chunk: plan.chunk(chunk), worker: worker, step: step)
    }

    private func nextStatisticsLayer(_ segment: Int) -> any BatchStatisticsLayer {
        memory.statisticsLayers[memory.segments[segment].upperBound]!
    }

    /// Layers of a segment in reverse. If its first is a statistics layer, its sums are collected
    /// and its own backward waits for the next job.
    private func goBack(_ segment: Range<Int>, _ pass: Pass) {
        for index in segment.reversed() {
            if let layer = memory.statisticsLayers[index] {
                measure(section(index, .gradientSums), pass) {
                    layer.collectGradientSums(
                        x: memory.activation(index, pass.chunk),
                        y: memory.activation(index + 1, pass.chunk),
                        dy: memory.gradient(index + 1, pass.chunk), pass.chunk)
                }
            } else {
                propagate(index, pass)
            }
        }
    }

    private func propagate(_ index: Int, _ pass: Pass) {
        measure(section(index, .backward), pass) {
            layers[index].backward(
                x: memory.activation(index, pass.chunk),
                y: memory.activation(index + 1, pass.chunk),
                dy: memory.gradient(index + 1, pass.chunk),
                into: index == 0 ? nil : memory.gradient(index, pass.chunk), pass)
        }
    }
}
