import DurableFiles
import Kernels
import LinearAlgebra

/// Samples that a training or an evaluation reads: how they become a network's inputs, and what its
/// outputs are to be.
///
/// A position names a sample, from 0 to `count - 1`; the trainer chooses the order. `load` and `target`
/// are called on workers, several at once.
public protocol SampleSource: Sendable {
    var count: Int { get }

    /// Of one sample.
    var inputShape: SampleShape { get }

    var targetKind: TargetKind { get }

    /// Writes a sample's input, `[H, W, C]`.
    ///
    /// - Parameter epoch: counted from 1, where the training augments; what is drawn may depend on it
    ///   and on the sample alone. Nil for the sample as it is.
    func load(_ position: Int, epoch: Int?, into input: FloatSlice)

    func target(_ position: Int) -> Target

    /// Tells these samples from others, so that a checkpoint's training only goes on with the same: a
    /// digest of all that they give, for the sources here. Asked once, at the first checkpoint.
    func contentDigest() -> String
}

extension SampleSource {
    /// Loads the samples of a chunk, `[count, H, W, C]`.
    ///
    /// - Parameter position: of a sample of the chunk, counted from its first.
    func load(
        count: Int, epoch: Int?, into inputs: FloatSlice, position: (_ sample: Int) -> Int
    ) {
        let size = inputShape.count
        for sample in 0..<count {
            load(
                position(sample), epoch: epoch,
                into: inputs.slice(sample * size, count: size))
        }
    }
}

extension SHA256 {
    /// Takes numbers in, as their bytes in memory.
    func update(numbers: [some BitwiseCopyable]) { numbers.withUnsafeBytes { update($0) } }

    func update(text: String) { update(Array(text.utf8)) }
}
