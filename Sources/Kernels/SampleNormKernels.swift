import CKernels
import LinearAlgebra

/// Mean and sum of squared deviations of `width` neighbouring values in each of some rows.
///
/// - Parameter stride: floats from one row to the next; the first row begins at `start`.
public func groupMoments(
    _ x: FloatSlice, start: Int, rows: Int, stride: Int, width: Int
) -> (mean: Double, m2: Double) {
    precondition(
        start >= 0 && rows > 0 && width > 0 && start + (rows - 1) * stride + width <= x.count,
        "\(rows) rows of \(width) from \(start) on in \(x.count) floats")
    var (mean, m2) = (0.0, 0.0)
    tessera_group_moments(x.pointer + start, rows, stride, width, &mean, &m2)
    return (mean, m2)
}

/// What layer norm's kernels need of a sample.
public struct LayerNormConstants {
    public let mean: Float
    /// 1 / √(variance + ε)
    public let inverseDeviation: Float

    public init(mean: Float, inverseDeviation: Float) {
        self.mean = mean
        self.inverseDeviation = inverseDeviation
    }
}

/// y = (x − mean) · inverse deviation · weight + bias, element by element; `y` may be `x`.
public func layerNorm(
    _ x: FloatSlice, _ constants: LayerNormConstants, weight: FloatSlice, bias: FloatSlice,
    into y: FloatSlice
) {
    precondition(x.count == y.count && weight.count == x.count && bias.count == x.count)
    tessera_layer_norm(
        x.pointer, x.count, constants.mean, constants.inverseDeviation, weight.pointer,
        bias.pointer, y.pointer)
}

/// Σ g and Σ g · (x − mean) with g = dy · weight.
public func layerNormSums(
    x: FloatSlice, dy: FloatSlice, mean: Float, weight: FloatSlice
) -> (sum: Double, sumX: Double) {
    precondition(x.count == dy.count && weight.count == x.count)
    var (sum, sumX) = (0.0, 0.0)
    tessera_layer_norm_sums(
        x.pointer, dy.pointer, x.count, mean, weight.pointer, &sum, &sumX)
    return (sum, sumX)
}

/// dx = a · dy · weight + b · (x − mean) + d; `dx` may be `x` or `dy`.
public func layerNormGradient(
    x: FloatSlice, dy: FloatSlice, mean: Float, weight: FloatSlice, a: Float, b: Float, d: Float,
    into dx: FloatSlice
) {
    precondition(x.count == dy.count && weight.count == x.count && dx.count == x.count)
    tessera_layer_norm_gradient(
        x.pointer, dy.pointer, x.count, mean, weight.pointer, a, b, d, dx.pointer)
}

/// dWeight += dy · (x − mean) · inverse deviation and dBias += dy, element by element.
public func addLayerNormWeightGradient(
    x: FloatSlice, dy: FloatSlice, _ constants: LayerNormConstants, weight: FloatSlice,
    bias: FloatSlice
) {
    precondition(x.count == dy.count && weight.count == x.count && bias.count == x.count)
    tessera_layer_norm_weight_gradient(
        x.pointer, dy.pointer, x.count, constants.mean, constants.inverseDeviation, weight.pointer,
        bias.pointer)
}
