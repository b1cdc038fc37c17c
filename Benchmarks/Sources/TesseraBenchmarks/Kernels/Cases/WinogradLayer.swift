import Kernels
import LinearAlgebra

/// A Winograd convolution of DigitCNN as the engine lays it out in memory.
///
/// `WinogradGeometry` in Sources/Training/Convolution says why; what it decides is repeated here,
/// because a benchmark sees public names only.
struct WinogradLayer {
    let name: String
    let side: Int
    let inputs: Int
    let outputs: Int
    let kernel: WinogradKernel

    /// conv2 and conv3 by each tile that a plan can ask for.
    static let all = [4, 2].flatMap { tile in
        [
            WinogradLayer(
                name: "conv2", side: 14, inputs: 32, outputs: 64,
                kernel: WinogradKernel(outputTile: tile, kernelSize: 5)),
            WinogradLayer(
                name: "conv3", side: 7, inputs: 64, outputs: 128,
                kernel: WinogradKernel(outputTile: tile, kernelSize: 3)),
        ]
    }

    /// `conv2 forward N2 32→64 14×14 k5 F(4×4)`
    func title(_ pass: String, samples: Int) -> String {
        "\(name) \(pass) N\(samples) \(inputs)→\(outputs) \(side)×\(side) "
            + "k\(kernel.kernelSize) F(\(kernel.outputTile)×\(kernel.outputTile))"
    }

    /// Equal products of a block: so many elements, each with so many tiles.
    struct Products {
        let samples: Int
        let elements: Int
        var tiles: Int
    }

    /// `conv2 forward N2 32→64 14×14 k5 F(4×4), 24 tiles`
    func title(_ pass: String, _ products: Products) -> String {
        title(pass, samples: products.samples)
            + ", \(products.tiles) tile\(products.tiles == 1 ? "" : "s")"
    }

    /// What the engine multiplies for a block of samples, by the number of tiles.
    func products(samples: Int) -> [Products] {
        let tiling = WinogradTiling(
            kernel, rows: tilesPerSide, columns: tilesPerSide, height: side, width: side,
            images: samples)
        let byTiles = Dictionary(grouping: tiling.products, by: \.tiles.count)
        return byTiles.keys.sorted(by: >).map { tiles in
            Products(
                samples: samples,
                elements: byTiles[tiles]!.reduce(0) { $0 + $1.tileElementCount }, tiles: tiles)
        }
    }

    // MARK: - Tiles

    private static let chunkSize = 8
    private static let tilesPerBlock = 32
    private static let gap = 16

    var tilesPerSide: Int { (side + kernel.outputTile - 1) / kernel.outputTile }
    var tiles: Int { tilesPerSide * tilesPerSide }
    var samplesPerBlock: Int {
        min(WinogradLayer.chunkSize, max(1, WinogradLayer.tilesPerBlock / tiles))
    }
    /// Whole blocks, and what is left at the end of a batch.
    var sampleCounts: [Int] { [1, 2, 8].filter { $0 <= samplesPerBlock } }

    // MARK: - Memory

    var inputSide: Int { tilesPerSide * kernel.outputTile + kernel.kernelSize - 1 }
    var outputSide: Int { tilesPerSide * kernel.outputTile }
    var inputCount: Int { inputSide * inputSide * inputs }
    var outputCount: Int { outputSide * outputSide * outputs }
    var weightCount: Int { kernel.kernelSize * kernel.kernelSize * inputs * outputs }

    var inputStep: Int { samplesPerBlock * tiles * inputs + WinogradLayer.gap }
    var outputStep: Int { samplesPerBlock * tiles * outputs + WinogradLayer.gap }
    var weightStep: Int { inputs * outputs + WinogradLayer.gap }

    var inputGrid: WinogradGrid {
        WinogradGrid(
            rows: tilesPerSide, columns: tilesPerSide, channels: inputs,
            rowStride: inputSide * inputs, elementStep: inputStep)
    }
    var outputGrid: WinogradGrid {
        WinogradGrid(
            rows: tilesPerSide, columns: tilesPerSide, channels: outputs,
            rowStride: outputSide * outputs, elementStep: outputStep)
    }

    /// The pixels between the borders of an input image.
    func interior(_ image: FloatSlice) -> ImageView {
        let border = kernel.kernelSize / 2
        let first = (border * inputSide + border) * inputs
        return ImageView(
            image.slice(first, count: image.count - first), height: side, width: side,
            channels: inputs, rowStride: inputSide * inputs, pixelStride: inputs)
    }

    /// The pixels of an output image that belong to the output.
    func output(_ image: FloatSlice) -> ImageView {
        ImageView(
            image, height: side, width: side, channels: outputs,
            rowStride: outputSide * outputs, pixelStride: outputs)
    }
}
