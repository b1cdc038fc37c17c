import Kernels
import LinearAlgebra

/// Whether a forward pass prepares for a backward pass or only computes outputs.
public enum Mode: Sendable { case training, evaluation }

/// A fixed share of a batch: the samples `start ..< start + count`.
///
/// Shares depend on the batch size alone, never on the number of threads, and sums over a batch are
/// sums over chunks in their order. That is why results don't depend on threads.
public struct Chunk: Sendable, Equatable {
    /// Among the batch's chunks.
    public let index: Int
    /// The place of its first sample in the batch.
    public let start: Int
    /// Up to `BatchPlan.chunkSize` samples.
    public let count: Int

    public init(index: Int, start: Int, count: Int) {
        self.index = index
        self.start = start
        self.count = count
    }
}

/// How a batch is cut into chunks.
public struct BatchPlan: Sendable, Equatable {
    /// Eight samples: enough work between two claims, and a chunk's activations stay in a core's
    /// second-level cache.
    public static let chunkSize = 8

    public let sampleCount: Int

    public init(sampleCount: Int) {
        precondition(sampleCount >= 1, "a batch of \(sampleCount) samples")
        self.sampleCount = sampleCount
    }

    public var chunkCount: Int { (sampleCount + BatchPlan.chunkSize - 1) / BatchPlan.chunkSize }

    public func chunk(_ index: Int) -> Chunk {
        let start = index * BatchPlan.chunkSize
        return Chunk(
            index: index, start: start, count: min(BatchPlan.chunkSize, sampleCount - start))
    }

    /// Chunks whose weight gradients are summed by one worker before they leave its cache. Like
    /// chunks, groups depend on the batch size alone.
    var chunksPerGroup: Int { min(4, max(1, chunkCount / 4)) }
    var groupCount: Int { (chunkCount + chunksPerGroup - 1) / chunksPerGroup }

    /// The chunks of a group.
    func chunks(ofGroup group: Int) -> Range<Int> {
        let first = group * chunksPerGroup
        return first..<min(first + chunksPerGroup, chunkCount)
    }
}

/// What a layer may need to know of the pass it takes part in.
public struct Pass: Sendable {
    public let mode: Mode
    public let chunk: Chunk
    /// Index of the calling thread in the pool, for scratch memory.
    public let worker: Int
    /// Counts the steps of a training; with the sample's place in the batch it names the random
    /// numbers of dropout.
    public let step: UInt64
    /// Of the chunk, among those whose weight gradients are summed together.
    let group: Int

    public init(mode: Mode, chunk: Chunk, worker: Int, step: UInt64 = 0) {
        self.init(mode: mode, chunk: chunk, worker: worker, step: step, group: 0)
    }

    init(mode: Mode, chunk: Chunk, worker: Int, step: UInt64, group: Int) {
        self.group = group
        self.mode = mode
        self.chunk = chunk
        self.worker = worker
        self.step = step
    }
}

/// Where a layer's output and input gradient may lie.
public enum MemoryUse: Sendable {
    /// Output and input gradient have memory of their own.
    case separate
    /// The output overwrites the input, the input's gradient the output's.
    case inPlace
    /// The input's gradient overwrites the input, which nobody reads afterwards.
    case gradientOverInput
}

/// What a layer's backward pass reads of its forward pass's activations.
public struct BackwardReads: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let input = BackwardReads(rawValue: 1)
    public static let output = BackwardReads(rawValue: 2)
    /// Of the output, whether it is positive and no more.
    public static let outputSign = BackwardReads(rawValue: 4)
}

/// What a layer that runs in place leaves of the values that it overwrites.
public enum InPlaceEffect: Sendable {
    case changesValues
    /// A positive value stays positive, another isn't made so; or its gradient is zero.
    case keepsSigns
    case keepsValues
}

/// What memory a layer plans for before the passes, so that a step allocates nothing.
public struct Capacity: Sendable, Equatable {
    /// Samples of the largest batch that is trained. Evaluation isn't bound by it: its batches have any
    /// number of samples, in chunks of up to `BatchPlan.chunkSize`.
    public let sampleCount: Int
    /// `Pass.worker` is below it.
    public let workerCount: Int
    /// Whether backward passes will follow.
    public let trains: Bool

    public init(sampleCount: Int, workerCount: Int, trains: Bool) {
        self.sampleCount = sampleCount
        self.workerCount = workerCount
        self.trains = trains
    }

    public var chunkCount: Int { BatchPlan(sampleCount: sampleCount).chunkCount }
    /// The most groups that a batch of up to `sampleCount` samples has.
    var groupCount: Int {
        max(BatchPlan(sampleCount: sampleCount).groupCount, min(chunkCount, 7))
    }
}

/// One layer of a network, working on a chunk of a batch at a time in NHWC.
///
/// A training forward saves what backward needs; an evaluation forward writes nothing but its
/// output and its worker's scratch. Calls for different chunks may run at once on different workers.
///
/// The order of calls:
///
///     plan                                 before the first pass, and again (see there)
///     forward    in mode .evaluation       any chunks, any number of times
///     forward    in mode .training         each chunk of the batch
///     backward                             each chunk, after its forward; chunks in any order
///     addGradients                         each task, after every chunk's backward
///
/// What a training keeps of a sample belongs to the sample's place in the batch, `chunk.start` onwards. In
/// evaluation `chunk.start` may be any number, beyond `Capacity.sampleCount` as well, and a chunk may
/// have more samples than a training's batch: memory that evaluation uses belongs to the worker and to
/// the sample's place within its chunk, of which there are `BatchPlan.chunkSize`.
///
/// Errors are for descriptions: a layer is built for an input that fits it, and a slice of another size
/// than the chunk's is a broken precondition.
public protocol Layer: AnyObject {
    /// PyTorch's name of the module, such as `conv1`; empty for layers without state.
    var name: String { get }
    /// Of one sample; fixed while the layer lives, as is the output's.
    var inputShape: SampleShape { get }
    var outputShape: SampleShape { get }
    /// Whether output and gradient may overwrite what was given. A layer that allows it must work in
    /// separate memory, too.
    var memoryUse: MemoryUse { get }
    /// What `backward` reads: the memory of everything else may be used again.
    var backwardReads: BackwardReads { get }
    /// What running in place leaves of the input.
    var inPlaceEffect: InPlaceEffect { get }
    /// In PyTorch's order; the same objects each time. A network moves their values and gradients into its
    /// own memory, so their pointers are read at each use.
    var parameters: [Parameter] { get }
    /// Running statistics: saved and restored, never optimised.
    var buffers: [StateBuffer] { get }

    /// Draws the first values of those parameters that depend on the network's seed.
    func initialize(_ drawing: inout WeightDrawing)

    /// Takes the memory that passes need beside inputs and outputs.
    ///
    /// Called for evaluation alone (`trains` is false), and by each `Network.planTraining`, whose batches
    /// may be larger or smaller than the ones before; no pass runs meanwhile, and nothing that was saved
    /// by an earlier pass is needed afterwards.
    func plan(_ capacity: Capacity)

    /// Computes a chunk's outputs.
    ///
    /// - Parameters:
    ///   - x: the chunk's inputs, `[count, H, W, C]`.
    ///   - y: overwritten; the chunk's outputs. May be `x`, where `memoryUse` is `.inPlace`.
    func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass)

    /// Computes the gradient in a chunk's inputs, and saves what `addGradients` needs.
    ///
    /// - Parameters:
    ///   - x: what forward was given; y: what it made. What `backwardReads` doesn't name may have been
    ///     overwritten.
    ///   - dy: the loss's gradient in y.
    ///   - dx: overwritten with the gradient in x; nil for a first layer, whose input needs none.
    func backward(x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass)

    /// How many independent tasks `addGradients` is cut into; fixed by shapes, not by threads.
    var gradientTaskCount: Int { get }

    /// Adds this step's gradients to the parameters', once every chunk's backward is done.
    ///
    /// Tasks run at once, so each adds to parameters, or parts of them, that no other does; each sums
    /// over the batch in the order of its samples, so that the result doesn't depend on threads.
    ///
    /// - Parameters: x and dy are those of the whole batch, `[sampleCount, …]`.
    func addGradients(task: Int, x: FloatSlice, dy: FloatSlice, _ plan: BatchPlan)

    /// Additions, multiplications and comparisons of a phase for each sample, by shapes and the
    /// textbook's way of computing.
    ///
    /// - Parameter isFirst: nobody wants the gradient in the input.
    func flops(_ phase: LayerPhase, isFirst: Bool) -> Double

    /// Floats that `addGradients` reads for each sample of the batch.
    var gradientFloatsPerSample: Double { get }
}

extension Layer {
    public var name: String { "" }
    public var memoryUse: MemoryUse { .separate }
    public var backwardReads: BackwardReads { [.input, .output] }
    public var inPlaceEffect: InPlaceEffect { .changesValues }
    public var parameters: [Parameter] { [] }
    public var buffers: [StateBuffer] { [] }
    public func initialize(_ drawing: inout WeightDrawing) {}
    public func plan(_ capacity: Capacity) {}
    public var gradientTaskCount: Int { 0 }
    public func addGradients(task: Int, x: FloatSlice, dy: FloatSlice, _ plan: BatchPlan) {}
}

extension Layer {
    /// Whether it may overwrite an input of which backward passes still read `held`.
    func mayRunInPlace(over held: BackwardReads) -> Bool {
        guard memoryUse == .inPlace else { return false }
        return switch inPlaceEffect {
        case .keepsValues: true
        case .keepsSigns: !held.contains(.output)
        case .changesValues: held.isDisjoint(with: [.output, .outputSign])
        }
    }
}

/// A layer whose output depends on the whole batch, and which therefore parts the network into
/// segments: all chunks are collected, the sums are finished once, then all chunks go on.
///
/// In training only; evaluation uses what was tracked.
public protocol BatchStatisticsLayer: Layer {
    /// The fewest samples whose statistics it can take.
    var leastSampleCount: Int { get }
    /// Sums over a chunk's inputs; called for each chunk, several at once, before any forward.
    func collectStatistics(_ x: FloatSlice, _ chunk: Chunk)
    /// Sums the chunks' sums in their order and tracks the statistics; called once.
    func finishStatistics(_ plan: BatchPlan)
    /// Sums over a chunk that the gradient in the inputs needs; called for each chunk before any backward.
    func collectGradientSums(x: FloatSlice, y: FloatSlice, dy: FloatSlice, _ chunk: Chunk)
    /// Sums the chunks' sums in their order; called once.
    func finishGradientSums(_ plan: BatchPlan)
}

extension BatchStatisticsLayer {
    public var leastSampleCount: Int { 1 }
}

extension FloatSlice {
    /// The part that belongs to a chunk, in a buffer of samples of `shape`.
    func samples(of chunk: Chunk, _ shape: SampleShape) -> FloatSlice {
        slice(chunk.start * shape.count, count: chunk.count * shape.count)
    }

    /// One sample of a chunk's slice.
    func sample(_ index: Int, _ shape: SampleShape) -> FloatSlice {
        slice(index * shape.count, count: shape.count)
    }
}
