import Kernels
import LinearAlgebra

/// The sizes of a Winograd convolution that keeps height and width.
struct WinogradGeometry: Sendable {
    let kernel: WinogradKernel
    let height: Int
    let width: Int
    /// Whole vectors of channels.
    let inputs: Int
    let outputs: Int
    /// Samples whose frequencies are multiplied at once.
    let samplesPerBlock: Int

    init(
        kernel: WinogradKernel, height: Int, width: Int, inputChannels: Int, outputChannels: Int
    ) {
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
    /// few enough for a block's frequencies to stay in a core's caches.
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

    /// Beyond the tiles' channels: without a gap the frequencies' streams would fall into the same
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
            rowStride: inputWidth * inputs, frequencyStep: inputStep)
    }

    /// The grid of some rows of output tiles.
    func outputGrid(tileRows: Int) -> WinogradGrid {
        WinogradGrid(
            rows: tileRows, columns: tileColumns, channels: outputs,
            rowStride: outputWidth * outputs, frequencyStep: outputStep)
    }

    /// The grid of some of the output channels.
    func outputGrid(_ channels: Int) -> WinogradGrid {
        WinogradGrid(
            rows: tileRows, columns: tileColumns, channels: channels, of: outputs,
            rowStride: outputWidth * outputs, frequencyStep: outputStep)
    }

    /// The pixels between the borders of an input image.
    func interior(_ image: FloatSlice) -> ImageView {
        let border = kernel.kernelSize / 2
        let first = (border * inputWidth + border) * inputs
        return ImageView(
            image.slice(first, count: image.count - first), height: height, width: width,
            channels: inputs, rowStride: inputWidth * inputs, pixelStride: inputs)
    }

    /// The pixels of an output image that belong to the output.
    func output(_ image: FloatSlice) -> ImageView {
        ImageView(
            image, height: height, width: width, channels: outputs,
            rowStride: outputWidth * outputs, pixelStride: outputs)
    }
}

/// The frequencies of a convolution's weights, made anew for each step, in tasks for the pool.
final class WinogradWeights {
    private let geometry: WinogradGeometry
    /// `[frequency][input][output]`, and transposed.
    let frequencies: FloatSlice
    let transposed: FloatSlice
    private let transposedWeights: FloatSlice

    /// - Parameter trains: whether the data gradient will need the transposed frequencies.
    init(_ geometry: WinogradGeometry, trains: Bool) {
        self.geometry = geometry
        let count = geometry.kernel.frequencyCount * geometry.weightStep
        frequencies = FloatBuffer(count: count).all
        transposed = FloatBuffer(count: trains ? count : 0).all
        transposedWeights = FloatBuffer(count: trains ? geometry.weightCount : 0).all
    }

    private static let channelsPerTask = 16

    var taskCount: Int {
        (geometry.inputs + (transposed.count > 0 ? geometry.outputs : 0))
            / WinogradWeights.channelsPerTask
    }

    /// - Parameter weights: `[k, k, inputs, outputs]`, padded.
    func prepare(_ task: Int, from weights: FloatSlice) {
        let size = WinogradWeights.channelsPerTask
        let forwardTasks = geometry.inputs / size
        if task < forwardTasks {
            geometry.kernel.transformWeights(
                weights, inputs: geometry.inputs, outputs: geometry.outputs,
                rows: task * size..<(task + 1) * size, into: frequencies,
                step: geometry.weightStep)
        } else {
            let first = (task - forwardTasks) * size
            prepareTransposed(first..<first + size, from: weights)
        }
    }

    private func prepareTransposed(_ outputs: Range<Int>, from weights: FloatSlice) {
        let tapCount = geometry.inputs * geometry.outputs
        for tap in 0..<geometry.kernel.kernelSize * geometry.kernel.kernelSize {
            let start = tap * tapCount
            transpose(
                weights.slice(
                    start + outputs.lowerBound, count: tapCount - outputs.lowerBound),
                rows: geometry.inputs, columns: outputs.count, stride: geometry.outputs,
                into: transposedWeights.slice(
                    start + outputs.lowerBound * geometry.inputs,
                    count: outputs.count * geometry.inputs),
                stride: geometry.inputs)
        }
        geometry.kernel.transformWeights(
            transposedWeights, inputs: geometry.outputs, outputs: geometry.inputs, rows: outputs,
            into: transposed, step: geometry.weightStep)
    }
}

extension WinogradGeometry {
    /// Floats of the padded weights `[k, k, inputs, outputs]`.
    var weightCount: Int { kernel.kernelSize * kernel.kernelSize * inputs * outputs }
}

/// A worker's memory for a Winograd convolution, and its steps on a block of samples.
///
/// Forward: for each sample `loadInput`, then `multiply`, then for each sample `output`. Backward:
/// for each sample `loadInput` and `loadOutputGradient`, then `multiplyWeightGradient` and
/// `multiplyDataGradient`, then for each sample `inputGradient`.
final class WinogradWorkspace {
    private let geometry: WinogradGeometry
    private let inputGrid: WinogradGrid
    private let outputGrid: WinogradGrid
    // Borders are zero, and stay so.
    private let inputImage: FloatSlice
    private let outputImage: FloatSlice
    private let outputGradientImage: FloatSlice
    private let inputGradientImage: FloatSlice
    private let inputFrequencies: FloatSlice
    private let outputFrequencies: FloatSlice
    private let weightFrequencies: FloatSlice

    init(_ geometry: WinogradGeometry, trains: Bool) {
        self.geometry = geometry
        inputGrid = geometry.inputGrid
        outputGrid = geometry.outputGrid
        let frequencyCount = geometry.kernel.frequencyCount
        inputImage = FloatBuffer(count: geometry.inputCount).all
        outputImage = FloatBuffer(count: geometry.outputCount).all
        inputFrequencies = FloatBuffer(count: frequencyCount * geometry.inputStep).all
        outputFrequencies = FloatBuffer(count: frequencyCount * geometry.outputStep).all
        outputGradientImage = FloatBuffer(count: trains ? geometry.outputCount : 0).all
        inputGradientImage = FloatBuffer(count: trains ? geometry.inputCount : 0).all
        weightFrequencies =
            FloatBuffer(count: trains ? frequencyCount * geometry.weightStep : 0).all
    }

    // MARK: - Forward

    /// Takes a block's sample in; `fill` writes its pixels.
    func loadInput(_ sample: Int, fill: (ImageView) -> Void) {
        fill(geometry.interior(inputImage))
        geometry.kernel.transformInput(inputImage, inputGrid, into: inputPart(sample))
    }

    /// The products of all frequencies.
    func multiply(samples: Int, by weights: WinogradWeights) {
        smallGemm(
            inputFrequencies, weights.frequencies, into: outputFrequencies,
            SmallGemmShape(
                count: geometry.kernel.frequencyCount, m: samples * geometry.tiles,
                n: geometry.outputs, k: geometry.inputs, aRow: geometry.inputs,
                bRow: geometry.outputs, cRow: geometry.outputs, aStep: geometry.inputStep,
                bStep: geometry.weightStep, cStep: geometry.outputStep))
    }

    /// A block's sample of the output, without bias; valid until the next call.
    func output(_ sample: Int) -> ImageView {
        geometry.kernel.transformOutput(outputPart(sample), outputGrid, into: outputImage)
        return geometry.output(outputImage)
    }

    // MARK: - Backward

    /// Takes the gradient in a sample's output in; `fill` writes its pixels.
    func loadOutputGradient(_ sample: Int, fill: (ImageView) -> Void) {
        fill(geometry.output(outputGradientImage))
        geometry.kernel.transformOutputGradient(
            outputGradientImage, outputGrid, into: outputPart(sample))
    }

    /// With V the input's frequencies and D the gradient's: dU (+)= Vᵀ·D.
    ///
    /// - Parameter accumulating: whether dU goes on from the block before.
    func multiplyWeightGradient(samples: Int, accumulating: Bool) {
        smallGemm(
            inputFrequencies, outputFrequencies, into: weightFrequencies,
            SmallGemmShape(
                count: geometry.kernel.frequencyCount, m: geometry.inputs, n: geometry.outputs,
                k: samples * geometry.tiles, aRow: 1, aColumn: geometry.inputs,
                bRow: geometry.outputs, cRow: geometry.outputs, aStep: geometry.inputStep,
                bStep: geometry.outputStep, cStep: geometry.weightStep),
            accumulating: accumulating)
    }

    /// D·Uᵀ takes V's place.
    func multiplyDataGradient(samples: Int, by weights: WinogradWeights) {
        smallGemm(
            outputFrequencies, weights.transposed, into: inputFrequencies,
            SmallGemmShape(
                count: geometry.kernel.frequencyCount, m: samples * geometry.tiles,
                n: geometry.inputs, k: geometry.outputs, aRow: geometry.outputs,
                bRow: geometry.inputs, cRow: geometry.inputs, aStep: geometry.outputStep,
                bStep: geometry.weightStep, cStep: geometry.inputStep))
    }

    /// The gradient in a sample's input; valid until the next call.
    func inputGradient(_ sample: Int) -> ImageView {
        inputGradientImage.fill(0)
        geometry.kernel.addInputGradient(inputPart(sample), inputGrid, to: inputGradientImage)
        return geometry.interior(inputGradientImage)
    }

    /// Overwrites the padded gradient `[k, k, inputs, outputs]` with what was summed in dU.
    func weightGradient(into gradient: FloatSlice) {
        geometry.kernel.collectWeightGradient(
            weightFrequencies, inputs: geometry.inputs, outputs: geometry.outputs,
            step: geometry.weightStep, into: gradient)
    }

    // MARK: - Parts

    private func inputPart(_ sample: Int) -> FloatSlice {
        let first = sample * geometry.tiles * geometry.inputs
        return inputFrequencies.slice(first, count: inputFrequencies.count - first)
    }

    private func outputPart(_ sample: Int) -> FloatSlice {
        let first = sample * geometry.tiles * geometry.outputs
        return outputFrequencies.slice(first, count: outputFrequencies.count - first)
    }
}
