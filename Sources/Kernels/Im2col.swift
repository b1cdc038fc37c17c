import CKernels
import LinearAlgebra

/// Unfolds the padded patches of one image so that convolution becomes a single GEMM.
///
/// - Parameter image: `[H, W, C]`.
/// - Parameter group: which group's channels are unfolded.
/// - Parameter col: overwritten; `[outH·outW, kH·kW·C/groups]`. The caller owns it and may reuse it.
/// - Complexity: O(outH·outW·kH·kW·C/groups), no allocation.
/// - Source: Chellapilla, Puri, Simard (2006), "High Performance Convolutional Neural Networks for
///   Document Processing".
public func im2col(
    _ image: FloatSlice, _ geometry: ConvolutionGeometry, group: Int = 0, into col: FloatSlice
) {
    precondition(image.count == geometry.input.count && col.count == geometry.colCount)
    precondition(group >= 0 && group < geometry.groups, "group \(group) of \(geometry.groups)")
    var window = geometry.groupWindow
    tessera_im2col(image.pointer + group * geometry.groupInputs, &window, col.pointer)
}

/// Adds patches back to the pixels they came from: the adjoint of `im2col`.
///
/// - Parameter image: `[H, W, C]`, accumulated into.
public func col2im(
    _ col: FloatSlice, _ geometry: ConvolutionGeometry, group: Int = 0,
    addingTo image: FloatSlice
) {
    precondition(image.count == geometry.input.count && col.count == geometry.colCount)
    precondition(group >= 0 && group < geometry.groups, "group \(group) of \(geometry.groups)")
    var window = geometry.groupWindow
    tessera_col2im_add(col.pointer, &window, image.pointer + group * geometry.groupInputs)
}
