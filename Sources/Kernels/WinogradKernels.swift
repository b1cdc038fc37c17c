import CKernels
import LinearAlgebra

/// Winograd's minimal filtering F(m×m, k×k): the transforms between images and transformed tiles.
///
/// With d a tile of the input, g the weights and ∘ the product by element,
///
///     y = Aᵀ[(G·g·Gᵀ) ∘ (Bᵀ·d·B)]A
///
/// gives m×m outputs from n×n elements, n = m + k − 1. Summed over channels the products are a
/// GEMM for each element. The gradients are the transposed maps in reverse order.
///
/// Source: Lavin, Gray (2016), "Fast Algorithms for Convolutional Neural Networks".
public struct WinogradKernel: Sendable, Equatable {
    /// m: 2 or 4.
    public let outputTile: Int
    /// k: 3 or 5.
    public let kernelSize: Int

    public init(outputTile: Int, kernelSize: Int) {
        precondition(
            [2, 4].contains(outputTile) && [3, 5].contains(kernelSize),
            "F(\(outputTile)×\(outputTile), \(kernelSize)×\(kernelSize))")
        self.outputTile = outputTile
        self.kernelSize = kernelSize
    }

    public var inputTile: Int { outputTile + kernelSize - 1 }
    public var tileElementCount: Int { inputTile * inputTile }
}

/// The tiles of one image, or of some of its channels, and where they lie transformed:
/// `[element][tile][channel]`.
public struct WinogradGrid: @unchecked Sendable {
    let c: tessera_winograd_grid
    /// Owns the memory that `c` points at, and never changes it.
    private let places: WinogradPlaces?

    /// - Parameters:
    ///   - channels: a multiple of 16; of `of` channels that image and elements have, if given.
    ///   - rowStride: floats between rows of the image, whose pixels are compact.
    ///   - elementStep: floats from one element to the next.
    ///   - places: where the tiles lie; one after the other if nil.
    public init(
        rows: Int, columns: Int, channels: Int, of all: Int? = nil, rowStride: Int,
        elementStep: Int, places: WinogradPlaces? = nil
    ) {
        precondition(channels % ImageView.channelMultiple == 0, "\(channels) channels")
        precondition(places.map { $0.count == rows * columns } ?? true, "places of other tiles")
        self.places = places
        c = tessera_winograd_grid(
            rows: rows, columns: columns, channels: channels, image_row: rowStride,
            image_pixel: all ?? channels, element_step: elementStep,
            tile_step: all ?? channels, places: places.map { UnsafePointer($0.values) },
            short_rows: places?.shortRows ?? false ? 1 : 0,
            short_columns: places?.shortColumns ?? false ? 1 : 0)
    }

    public var tileCount: Int { c.rows * c.columns }
    public var channels: Int { c.channels }

    /// Floats that the tiles of an image cover, `size` pixels high and wide each, `step` apart.
    fileprivate func imageCount(size: Int, step: Int) -> Int {
        let (height, width) = ((c.rows - 1) * step + size, (c.columns - 1) * step + size)
        return (height - 1) * c.image_row + (width - 1) * c.image_pixel + c.channels
    }

    fileprivate func tileElementCount(_ kernel: WinogradKernel) -> Int {
        (kernel.tileElementCount - 1) * c.element_step
            + (places?.highest ?? tileCount - 1) * c.tile_step + c.channels
    }
}

extension WinogradKernel {
    /// v = Bᵀ·d·B for each tile of a bordered input image.
    public func transformInput(_ image: FloatSlice, _ grid: WinogradGrid, into v: FloatSlice) {
        check(image, inputTile, v, grid)
        withUnsafePointer(to: grid.c) {
            tessera_winograd_input(
                Int32(outputTile), Int32(kernelSize), image.pointer, $0, v.pointer)
        }
    }

    /// The transpose of `transformInput`, added to the image; tiles overlap.
    public func addInputGradient(_ v: FloatSlice, _ grid: WinogradGrid, to image: FloatSlice) {
        check(image, inputTile, v, grid)
        withUnsafePointer(to: grid.c) {
            tessera_winograd_input_adjoint(
                Int32(outputTile), Int32(kernelSize), v.pointer, $0, image.pointer)
        }
    }

    /// y = Aᵀ·v·A for each tile of an output image.
    public func transformOutput(_ v: FloatSlice, _ grid: WinogradGrid, into image: FloatSlice) {
        check(image, outputTile, v, grid)
        withUnsafePointer(to: grid.c) {
            tessera_winograd_output(
                Int32(outputTile), Int32(kernelSize), v.pointer, $0, image.pointer)
        }
    }

    /// The transpose of `transformOutput`.
    public func transformOutputGradient(
        _ image: FloatSlice, _ grid: WinogradGrid, into v: FloatSlice
    ) {
        check(image, outputTile, v, grid)
        withUnsafePointer(to: grid.c) {
            tessera_winograd_output_adjoint(
                Int32(outputTile), Int32(kernelSize), image.pointer, $0, v.pointer)
        }
    }

    /// u = G·g·Gᵀ for each input and output channel of weights `[k, k, C, O]`.
    ///
    /// - Parameters:
    ///   - rows: the input channels to transform.
    ///   - u: `[element][C][O]` with `step` floats from one element to the next.
    public func transformWeights(
        _ weights: FloatSlice, inputs: Int, outputs: Int, rows: Range<Int>, into u: FloatSlice,
        step: Int
    ) {
        checkWeights(weights, inputs, outputs, rows, u, step)
        let first = rows.lowerBound * outputs
        tessera_winograd_weights(
            Int32(outputTile), Int32(kernelSize), weights.pointer + first, rows.count, outputs,
            outputs, inputs * outputs, u.pointer + first, outputs, step)
    }

    /// The transpose of `transformWeights`: overwrites the gradient of weights `[k, k, C, O]`.
    public func collectWeightGradient(
        _ u: FloatSlice, inputs: Int, outputs: Int, step: Int, into weights: FloatSlice
    ) {
        checkWeights(weights, inputs, outputs, 0..<inputs, u, step)
        tessera_winograd_weights_adjoint(
            Int32(outputTile), Int32(kernelSize), u.pointer, inputs, outputs, outputs, step,
            weights.pointer, outputs, inputs * outputs)
    }

    private func check(_ image: FloatSlice, _ size: Int, _ v: FloatSlice, _ grid: WinogradGrid) {
        precondition(
            grid.imageCount(size: size, step: outputTile) <= image.count
                && grid.tileElementCount(self) <= v.count,
            "\(grid) of \(image.count) and \(v.count) floats")
    }

    private func checkWeights(
        _ weights: FloatSlice, _ inputs: Int, _ outputs: Int, _ rows: Range<Int>, _ u: FloatSlice,
        _ step: Int
    ) {
        precondition(outputs % 16 == 0, "\(outputs) output channels")
        precondition(
            rows.upperBound <= inputs
                && weights.count == kernelSize * kernelSize * inputs * outputs
                && (tileElementCount - 1) * step + inputs * outputs <= u.count,
            "weights \(weights.count), elements \(u.count)")
    }
}
