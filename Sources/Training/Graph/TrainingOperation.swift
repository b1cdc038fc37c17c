import Kernels
import LinearAlgebra

/// Sums over a whole batch that chunks gather and that must be finished before anyone reads what they
/// make possible: batch norm's statistics on the way forward, its gradient's sums on the way back.
protocol BatchSums: AnyObject {
    func finishStatistics(_ plan: BatchPlan)
    func finishGradientSums(_ plan: BatchPlan)
}

/// How the samples of a batch are handed to an operation.
enum Grain {
    /// A chunk at a time, on any worker.
    case chunk
    /// A chunk at a time, all of a group's on one worker, which then finishes the group.
    case chunksOfGroup
    /// A whole group at once: its weights, more than a core's cache holds, are read once for all.
    case group
}

/// One step of a training pass over a graph: a layer, or several of them at once.
///
/// The pass runs operations in order over the chunks of a batch, then the other way round. Where one
/// awaits sums that another one gathers there is a barrier. Calls for different chunks may run at once
/// on different workers.
protocol TrainingOperation: AnyObject {
    var forwardGrain: Grain { get }
    var backwardGrain: Grain { get }

    /// Gathered by `forward` (statistics) and awaited by it.
    var gatheredStatistics: [any BatchSums] { get }
    var awaitedStatistics: [any BatchSums] { get }
    /// Gathered by `backward` (gradients' sums) and awaited by it.
    var gatheredSums: [any BatchSums] { get }
    var awaitedSums: [any BatchSums] { get }

    func plan(_ capacity: Capacity)

    /// What its times are told apart by; they are taken with `sections`.
    var sectionCosts: [SectionCost] { get }
    var sections: SectionGroup? { get set }

    /// Once a step, on the owner, before any task.
    func beginStep()
    /// Tasks that bring this step's weights into the form that the passes use.
    var preparationTaskCount: Int { get }
    func prepare(_ task: Int)

    func forward(_ pass: Pass)

    /// - Parameter isFirstOfGroup: whether the chunk is its group's first (or the group a whole one).
    func backward(_ pass: Pass, isFirstOfGroup: Bool)
    /// After a group's last chunk, on the same worker, if the backward grain is `chunksOfGroup`.
    func finishGroup(_ group: Int, worker: Int)

    /// Tasks that add this step's gradients to the parameters', after everyone's backward.
    var gradientTaskCount: Int { get }
    func addGradients(_ task: Int, _ plan: BatchPlan, worker: Int)
}

extension TrainingOperation {
    var forwardGrain: Grain { .chunk }
    var backwardGrain: Grain { .chunk }
    var gatheredStatistics: [any BatchSums] { [] }
    var awaitedStatistics: [any BatchSums] { [] }
    var gatheredSums: [any BatchSums] { [] }
    var awaitedSums: [any BatchSums] { [] }
    func beginStep() {}
    var preparationTaskCount: Int { 0 }
    func prepare(_ task: Int) {}
    func finishGroup(_ group: Int, worker: Int) {}
    var gradientTaskCount: Int { 0 }
    func addGradients(_ task: Int, _ plan: BatchPlan, worker: Int) {}
}

/// An operation's sections of a pass's clock, from `first` on.
struct SectionGroup {
    let clock: SectionClock
    let first: Int

    @inline(__always)
    func measure(_ part: Int, samples: Int, worker: Int, _ body: () -> Void) {
        clock.measure(first + part, samples: Double(samples), worker: worker, body)
    }

    @inline(__always)
    func end(_ part: Int, since start: UInt64, samples: Double, worker: Int) {
        clock.end(first + part, since: start, samples: samples, worker: worker)
    }
}
