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
