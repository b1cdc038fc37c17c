import CKernels
import LinearAlgebra

/// A function of one number, applied to each of an activation's.
///
/// Its kernels' largest errors against double precision, in units in the last place of results that
/// are normal numbers, are bounded by `ActivationKernelTests`. Infinities and NaN give what the
/// function itself gives.
public enum ElementwiseFunction: Sendable, CaseIterable {
    case exp, erf, tanh
    /// 1 / (1 + e^−x)
    case sigmoid
    /// x · sigmoid(x)
    case silu
    /// x · (1 + erf(x/√2)) / 2
    case gelu
    /// x · (1 + tanh(√(2/π) · (x + 0.044715·x³))) / 2
    case geluTanh
}

/// y = f(x); `y` may be `x`.
public func apply(_ function: ElementwiseFunction, _ x: FloatSlice, into y: FloatSlice) {
    precondition(x.count == y.count, "\(x.count) values into \(y.count)")
    let (source, count, target) = (x.pointer, x.count, y.pointer)
    switch function {
    case .exp: tessera_exp(source, count, target)
    case .erf: tessera_erf(source, count, target)
    case .tanh: tessera_tanh(source, count, target)
    case .sigmoid: tessera_sigmoid(source, count, target)
    case .silu: tessera_silu(source, count, target)
    case .gelu: tessera_gelu(source, count, target)
    case .geluTanh: tessera_gelu_tanh(source, count, target)
    }
}

/// dx = dy · (1 − y²) with y = tanh x; `dx` may be either.
public func tanhGradient(y: FloatSlice, dy: FloatSlice, into dx: FloatSlice) {
    precondition(y.count == dy.count && dx.count == dy.count)
    tessera_tanh_gradient(y.pointer, dy.pointer, y.count, dx.pointer)
}

/// dx = dy · y · (1 − y) with y = sigmoid x; `dx` may be either.
public func sigmoidGradient(y: FloatSlice, dy: FloatSlice, into dx: FloatSlice) {
    precondition(y.count == dy.count && dx.count == dy.count)
    tessera_sigmoid_gradient(y.pointer, dy.pointer, y.count, dx.pointer)
}

/// dx = dy · silu′(x); `dx` may be either.
public func siluGradient(x: FloatSlice, dy: FloatSlice, into dx: FloatSlice) {
    precondition(x.count == dy.count && dx.count == dy.count)
    tessera_silu_gradient(x.pointer, dy.pointer, x.count, dx.pointer)
}

/// dx = dy · gelu′(x), of the exact form or the one with tanh; `dx` may be either.
public func geluGradient(x: FloatSlice, dy: FloatSlice, tanhForm: Bool, into dx: FloatSlice) {
    precondition(x.count == dy.count && dx.count == dy.count)
    if tanhForm {
        tessera_gelu_tanh_gradient(x.pointer, dy.pointer, x.count, dx.pointer)
    } else {
        tessera_gelu_gradient(x.pointer, dy.pointer, x.count, dx.pointer)
    }
}

/// y = x where x > 0, else slope · x; `y` may be `x`.
public func leakyReLU(_ x: FloatSlice, slope: Float, into y: FloatSlice) {
    precondition(x.count == y.count)
    tessera_leaky_relu(x.pointer, x.count, slope, y.pointer)
}

/// dx = dy where x > 0, else slope · dy; `dx` may be either.
///
/// - Parameter x: the input, or the output where the slope isn't negative: their signs are the same.
public func leakyReLUGradient(x: FloatSlice, dy: FloatSlice, slope: Float, into dx: FloatSlice) {
    precondition(x.count == dy.count && dx.count == dy.count)
    tessera_leaky_relu_gradient(x.pointer, dy.pointer, x.count, slope, dx.pointer)
}
