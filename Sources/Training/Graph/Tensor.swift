import Kernels
import LinearAlgebra

/// A value of the graph in memory: what a whole batch makes of it, `[N, H, W, C]`, and the gradient in it.
final class Tensor {
    let shape: SampleShape
    private(set) var values = FloatBuffer(count: 0).all
    private(set) var gradient = FloatBuffer(count: 0).all
    private(set) var readerCount = 0
    /// What backward passes of the layers that wrote it still read of it.
    var held: BackwardReads = []
    /// Whether anyone asks for the gradient.
    let wantsGradient: Bool
    /// What this one shares its memory with: the values, the gradient's memory with its gradient's or its
    /// values'.
    private let sharedValues: Tensor?
    private var sharedGradient: (tensor: Tensor, values: Bool)?

    /// - Parameter sharedValues: a tensor that is overwritten by this one.
    init(_ shape: SampleShape, wantsGradient: Bool = true, sharedValues: Tensor? = nil) {
        self.shape = shape
        self.wantsGradient = wantsGradient
        self.sharedValues = sharedValues
    }

    /// The gradient overwrites another tensor's gradient.
    func shareGradient(of tensor: Tensor) { sharedGradient = (tensor, false) }
    /// The gradient overwrites the values, which nobody reads afterwards.
    func overwriteValuesByGradient() { sharedGradient = (self, true) }

    /// Announces one more reading; readers are made in the order in which they read.
    func makeReader() -> TensorReader {
        readerCount += 1
        return TensorReader(tensor: self, order: readerCount - 1)
    }

    /// - Precondition: tensors whose memory is shared were planned before.
    func planValues(sampleCount: Int) {
        values = sharedValues?.values ?? FloatBuffer(count: sampleCount * shape.count).all
    }

    func planGradient(sampleCount: Int) {
        guard wantsGradient else { return }
        switch sharedGradient {
        case (let tensor, false)?: gradient = tensor.gradient
        case (let tensor, true)?: gradient = tensor.values
        case nil: gradient = FloatBuffer(count: sampleCount * shape.count).all
        }
    }

    func values(_ chunk: Chunk) -> FloatSlice { values.samples(of: chunk, shape) }
    func gradient(_ chunk: Chunk) -> FloatSlice { gradient.samples(of: chunk, shape) }
    func values(_ plan: BatchPlan) -> FloatSlice {
        values.slice(0, count: plan.sampleCount * shape.count)
    }
    func gradient(_ plan: BatchPlan) -> FloatSlice {
        gradient.slice(0, count: plan.sampleCount * shape.count)
    }
}

/// One reading of a tensor by an operation. Of several, the last in the order of the graph is the first
/// on the way back, and writes the gradient; the others add to it.
struct TensorReader {
    let tensor: Tensor
    fileprivate let order: Int

    var addsGradient: Bool { order < tensor.readerCount - 1 }

    /// The gradient's memory for a reader that overwrites; nil if nobody asks for it.
    func gradient(_ chunk: Chunk, scratch: @autoclosure () -> FloatSlice) -> FloatSlice? {
        guard tensor.wantsGradient else { return nil }
        return addsGradient
            ? scratch().slice(0, count: chunk.count * tensor.shape.count) : tensor.gradient(chunk)
    }

    /// Adds what was written to the scratch memory.
    func finish(_ chunk: Chunk, scratch: @autoclosure () -> FloatSlice) {
        guard tensor.wantsGradient && addsGradient else { return }
        add(
            scratch().slice(0, count: chunk.count * tensor.shape.count),
            to: tensor.gradient(chunk))
    }
}
