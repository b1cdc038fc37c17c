import Kernels
import LinearAlgebra

/// The sizes of a Winograd convolution of stride 1.
struct WinogradGeometry: Sendable {
    let kernel: WinogradKernel
    /// Of the output.
    let height: Int
    let width: Int
    /// Zeros around the input.
    let padding: Int
    /// Whole vectors of channels.
    let inputs: Int
    let outputs: Int
    /// Samples whose transformed tiles are multiplied at once.
    let samplesPerBlock: Int

    /// - Parameter padding: what keeps height and width if nil.
    init(
        kernel: WinogradKernel, height: Int, width: Int, inputChannels: Int, outputChannels: Int,
        padding: Int? = nil
    ) {
        self.padding = padding ?? kernel.kernelSize / 2
        self.kernel = kernel
        self.height = height
        self.width = width
        inputs = ImageView.padded(inputChannels)
        outputs = ImageView.padded(outputChannels)
        let tile = kernel.outputTile
        let tiles = ((height + tile - 1) / tile) * ((width + tile - 1) / tile)
        samplesPerBlock = min(
            BatchPlan.chunkSize, max(1, WinogradGeometry.tilesPerBlock / tiles))
    }

    /// Rows of the products: enough for the weights' gradient, whose inner dimension they are, and
    /// few enough for a block's transformed tiles to stay in a core's caches.
    private static let tilesPerBlock = 32

    var tileRows: Int { (height + kernel.outputTile - 1) / kernel.outputTile }
    var tileColumns: Int { (width + kernel.outputTile - 1) / kernel.outputTile }
    var tiles: Int { tileRows * tileColumns }

    // Bordered images that whole tiles can be read from and written to.
    var inputHeight: Int { tileRows * kernel.outputTile + kernel.kernelSize - 1 }
    var inputWidth: Int { tileColumns * kernel.outputTile + kernel.kernelSize - 1 }
    var outputWidth: Int { tileColumns * kernel.outputTile }
    var inputCount: Int { inputHeight * inputWidth * inputs }
    var outputCount: Int { tileRows * kernel.outputTile * outputWidth * outputs }

    /// Beyond the tiles' channels: without a gap the elements' streams would fall into the same
    /// sets of the first-level cache, and transforms would be several times slower.
    private static let gap = 16
    var inputStep: Int { samplesPerBlock * tiles * inputs + WinogradGeometry.gap }
    var outputStep: Int { samplesPerBlock * tiles * outputs + WinogradGeometry.gap }
    var weightStep: Int { inputs * outputs + WinogradGeometry.gap }

    var inputGrid: WinogradGrid { inputGrid(tileRows: tileRows) }
    var outputGrid: WinogradGrid { outputGrid(outputs) }

    /// The grid of some rows of input tiles.
    func inputGrid(tileRows: Int) -> WinogradGrid {
        WinogradGrid(
            rows: tileRows, columns: tileColumns, channels: inputs,
            rowStride: inputWidth * inputs, elementStep: inputStep)
    }

    /// The grid of some rows of output tiles.
    func outputGrid(tileRows: Int) -> WinogradGrid {
        WinogradGrid(
            rows: tileRows, columns: tileColumns, channels: outputs,
            rowStride: outputWidth * outputs, elementStep: outputStep)
    }

    /// The grid of some of the output channels.
    func outputGrid(_ channels: Int) -> WinogradGrid {
        WinogradGrid(
            rows: tileRows, columns: tileColumns, channels: channels, of: outputs,
            rowStride: outputWidth * outputs, elementStep: outputStep)
    }

    /// The pixels between the borders of an input image.
    func interior(_ image: FloatSlice) -> ImageView {
        let first = (padding * inputWidth + padding) * inputs
        let shrinkage = kernel.kernelSize - 1 - 2 * padding
        return ImageView(
            image.slice(first, count: image.count - first), height: height + shrinkage,
            width: width + shrinkage, channels: inputs, rowStride: inputWidth * inputs,
            pixelStride: inputs)
    }

    /// The pixels of an output image that belong to the output.
    func output(_ image: FloatSlice) -> ImageView {
        ImageView(
            image, height: height, width: width, channels: outputs,
            rowStride: outputWidth * outputs, pixelStride: outputs)
    }
}

extension WinogradGeometry {
    /// Whether a convolution can be computed so: a square kernel of 3 or 5 that moves by single pixels,
    /// all channels in one group.
    static func fits(_ geometry: ConvolutionGeometry) -> Bool {
        let size = geometry.kernelHeight
        return (size == 3 || size == 5) && geometry.kernelWidth == size
            && geometry.strides == HeightWidth(1) && geometry.dilations == HeightWidth(1)
            && geometry.groups == 1 && geometry.paddings.both != nil
            && geometry.paddings.height <= size - 1
    }

    /// - Precondition: `fits`.
    init(_ geometry: ConvolutionGeometry, outputTile: Int) {
        precondition(WinogradGeometry.fits(geometry))
        self.init(
            kernel: WinogradKernel(outputTile: outputTile, kernelSize: geometry.kernelHeight),
            height: geometry.outputHeight, width: geometry.outputWidth,
            inputChannels: geometry.input.channels, outputChannels: geometry.outputChannels,
            padding: geometry.paddings.height)
    }

    /// Floats of the padded weights `[k, k, inputs, outputs]`.
    var weightCount: Int { kernel.kernelSize * kernel.kernelSize * inputs * outputs }
}
