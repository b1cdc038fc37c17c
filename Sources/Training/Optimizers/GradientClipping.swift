import Kernels
import LinearAlgebra

/// Scales gradients down so that the norm of all of them together is at most a limit.
///
/// g *= min(1, limit / (‖g‖ + 1e-6)). The norm is summed in double over fixed chunks in order, so it
/// doesn't depend on the number of threads. A norm that isn't finite spreads into the gradients, as
/// in torch.nn.utils.clip_grad_norm_ (2.15): it is the caller's to notice.
public final class GradientClipping {
    public let maximumNorm: Double

    private let chunkSums: DoubleBuffer
    // Made once, so that clipping allocates nothing; they read the gradients being clipped.
    private var sumJob: (Int, Int) -> Void = { _, _ in }
    private var scaleJob: (Int, Int) -> Void = { _, _ in }
    private var gradients: FloatSlice
    private var coefficient: Float = 1

    public init(maximumNorm: Double, parameterCount: Int) {
        precondition(maximumNorm > 0, "a maximum norm of \(maximumNorm)")
        self.maximumNorm = maximumNorm
        chunkSums = DoubleBuffer(count: squaredNormChunkCount(of: parameterCount))
        gradients = FloatBuffer(count: 0).all
        sumJob = { [unowned self] chunk, _ in
            chunkSums[chunk] = squaredNorm(of: gradients, chunk: chunk)
        }
        scaleJob = { [unowned self] chunk, _ in
            let start = chunk * squaredNormChunkSize
            let count = min(squaredNormChunkSize, gradients.count - start)
            scale(gradients.slice(start, count: count), by: coefficient)
        }
    }

    /// - Returns: the norm before clipping.
    @discardableResult
    public func clip(_ gradients: FloatSlice, pool: WorkerPool) -> Double {
        self.gradients = gradients
        let norm = norm(of: gradients, pool)
        coefficient = Self.coefficient(norm: norm, maximumNorm: maximumNorm)
        if coefficient != 1 {
            pool.runKept(scaleJob, chunkCount: squaredNormChunkCount(of: gradients.count))
        }
        return norm
    }

    /// What gradients of that norm are multiplied by.
    public static func coefficient(norm: Double, maximumNorm: Double) -> Float {
        let coefficient = maximumNorm / (norm + 1e-6)
        // Not `min`: a NaN has to come through.
        return coefficient > 1 ? 1 : Float(coefficient)
    }

    private func norm(of gradients: FloatSlice, _ pool: WorkerPool) -> Double {
        let chunkCount = squaredNormChunkCount(of: gradients.count)
        precondition(
            chunkCount == chunkSums.count,
            "\(gradients.count) gradients, planned were \(chunkSums.count) chunks")
        pool.runKept(sumJob, chunkCount: chunkCount)
        var total = 0.0
        for chunk in 0..<chunkCount { total += chunkSums[chunk] }
        return total.squareRoot()
    }
}
