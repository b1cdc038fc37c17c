import CKernels
import LinearAlgebra

// Update rules and sums over flat parameters. Elements are independent of one another, so several
// workers may call with disjoint ranges of the same slices, and where ranges are cut changes no bit.

/// The scalars of one step, rounded once from double.
public typealias SGDScalars = tessera_sgd_scalars
public typealias AdamScalars = tessera_adam_scalars
public typealias RMSpropScalars = tessera_rmsprop_scalars

/// d = g + wd·p; buffer = μ·buffer + d; p −= lr·buffer, or lr·(d + μ·buffer) in Nesterov's form.
///
/// `buffer` is left alone when μ is 0.
public func sgdStep(
    _ parameters: FloatSlice, gradients: FloatSlice, buffer: FloatSlice, range: Range<Int>,
    scalars: SGDScalars
) {
    withUnsafePointer(to: scalars) {
        tessera_sgd(
            address(parameters, range), address(gradients, range), address(buffer, range),
            range.count, $0)
    }
}

/// One step of Adam or AdamW; `mean` and `square` are the running moments of the gradient.
public func adamStep(
    _ parameters: FloatSlice, gradients: FloatSlice, mean: FloatSlice, square: FloatSlice,
    range: Range<Int>, scalars: AdamScalars
) {
    withUnsafePointer(to: scalars) {
        tessera_adam(
            address(parameters, range), address(gradients, range), address(mean, range),
            address(square, range), range.count, $0)
    }
}

/// One step of RMSprop; `mean` is touched only when centered, `buffer` only with momentum.
public func rmspropStep(
    _ parameters: FloatSlice, gradients: FloatSlice, square: FloatSlice, mean: FloatSlice,
    buffer: FloatSlice, range: Range<Int>, scalars: RMSpropScalars
) {
    withUnsafePointer(to: scalars) {
        tessera_rmsprop(
            address(parameters, range), address(gradients, range), address(square, range),
            address(mean, range), address(buffer, range), range.count, $0)
    }
}

/// x *= factor
public func scale(_ x: FloatSlice, by factor: Float) {
    tessera_scale(x.pointer, x.count, factor)
}

/// y += weight·(x − y); exactly x at weight 1.
public func lerp(_ y: FloatSlice, towards x: FloatSlice, weight: Float) {
    precondition(x.count == y.count, "\(x.count) floats towards \(y.count)")
    tessera_lerp(y.pointer, x.pointer, x.count, weight)
}

/// Sums of squares are taken a chunk at a time, so that the total doesn't depend on how many
/// workers share the chunks.
public let squaredNormChunkSize = 16_384

public func squaredNormChunkCount(of count: Int) -> Int {
    (count + squaredNormChunkSize - 1) / squaredNormChunkSize
}

/// The sum of squares of one chunk of `x`, in double precision and the same on every CPU.
public func squaredNorm(of x: FloatSlice, chunk: Int) -> Double {
    let start = chunk * squaredNormChunkSize
    let part = x.slice(start, count: min(squaredNormChunkSize, x.count - start))
    var sum = 0.0
    tessera_squared_sum(part.pointer, part.count, &sum)
    return sum
}

/// The sum of squares of all of `x`.
public func squaredNorm(of x: FloatSlice) -> Double {
    var total = 0.0
    for chunk in 0..<squaredNormChunkCount(of: x.count) {
        total += squaredNorm(of: x, chunk: chunk)
    }
    return total
}

/// Where `range` of `x` begins, after checking that it lies inside.
private func address(_ x: FloatSlice, _ range: Range<Int>) -> UnsafeMutablePointer<Float> {
    x.slice(range.lowerBound, count: range.count).pointer
}
