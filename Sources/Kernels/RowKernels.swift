import CKernels
import LinearAlgebra

// Loops over rows of `channels` floats: pixels of NHWC activations, or samples of feature vectors.

/// Sets each row of `x` to `bias`.
public func fillRows(_ x: FloatSlice, with bias: FloatSlice) {
    precondition(x.count % bias.count == 0, "\(x.count) floats in rows of \(bias.count)")
    tessera_fill_rows(x.pointer, x.count / bias.count, bias.count, bias.pointer)
}

/// sums += the sum over the rows of `x`.
public func addColumnSums(_ x: FloatSlice, to sums: FloatSlice) {
    precondition(x.count % sums.count == 0, "\(x.count) floats in rows of \(sums.count)")
    tessera_add_column_sums(x.pointer, x.count / sums.count, sums.count, sums.pointer)
}

/// y += x, element by element.
public func add(_ x: FloatSlice, to y: FloatSlice) {
    precondition(x.count == y.count, "\(x.count) floats to \(y.count)")
    tessera_add(x.pointer, y.pointer, x.count)
}

/// y = x · mask in each row; `y` may be `x`.
public func scaleRows(_ x: FloatSlice, by mask: FloatSlice, into y: FloatSlice) {
    precondition(x.count == y.count && x.count % mask.count == 0)
    tessera_scale_rows(x.pointer, x.count / mask.count, mask.count, mask.pointer, y.pointer)
}

/// y = max(x, 0), NaN kept; `y` may be `x`.
public func relu(_ x: FloatSlice, into y: FloatSlice) {
    precondition(x.count == y.count)
    tessera_relu(x.pointer, x.count, y.pointer)
}

/// dx = dy where y > 0, else 0; `dx` may be `dy`.
public func reluGradient(y: FloatSlice, dy: FloatSlice, into dx: FloatSlice) {
    precondition(y.count == dy.count && dx.count == dy.count)
    tessera_relu_gradient(y.pointer, dy.pointer, y.count, dx.pointer)
}
