import Kernels
import LinearAlgebra

/// A convolution by small products, one for each row of taps: for a row of outputs the patches' rows lie
/// in the bordered image as they are, kW pixels of all channels, so nothing is unfolded.
///
///     y[oy, ox] = Σ_ky image[oy·s + ky, ox·s ..< ox·s + kW] · W[ky]
///
/// It takes any kernel, stride, padding and dilation; a 1×1 convolution is a plain product.
final class ImplicitGemmBlock: TrainingOperation {
    private let input: MapReader
    private let output: NormalizedMap
    private let title: String
    private let products: TapProducts
    private let padded: PaddedWeights
    private let inputChannels: Int
    private let outputChannels: Int
    private let geometry: ConvolutionGeometry
    /// By tap, [outputs, inputs].
    private let transposed: FloatSlice
    private var workspaces: [Workspace] = []
    private var groupGradients: [FloatSlice] = []
    var sections: SectionGroup?

    private struct Workspace {
        let image: BorderedImage
        let y: FloatSlice
        /// Of the bordered image.
        let gradient: FloatSlice
    }

    init(
        _ convolution: Conv2d, title: String, from input: MapReader, to output: NormalizedMap
    ) {
        self.title = title
        self.input = input
        self.output = output
        geometry = convolution.geometry
        inputChannels = BorderedImage.channels(
            input, paddedChannels: input.wantsGradient)
        outputChannels = output.channels
        padded = PaddedWeights(
            convolution.weight, geometry, padsInputs: inputChannels > geometry.input.channels)
        products = TapProducts(
            geometry, inputChannels: inputChannels, outputChannels: outputChannels)
        transposed = FloatBuffer(count: input.wantsGradient ? padded.count : 0).all
    }

    func plan(_ capacity: Capacity) {
        output.plan(capacity)
        workspaces = (0..<capacity.workerCount).map { _ in
            let image = BorderedImage(input, geometry, paddedChannels: input.wantsGradient)
            return Workspace(
                image: image,
                y: FloatBuffer(count: geometry.output.pixels * outputChannels).all,
                gradient: FloatBuffer(count: input.wantsGradient ? image.image.count : 0).all)
        }
        groupGradients = (0..<capacity.groupCount).map { _ in FloatBuffer(count: padded.count).all }
    }

    var backwardGrain: Grain { .chunksOfGroup }
    var awaitedStatistics: [any BatchSums] { input.awaitedStatistics }
    var gatheredStatistics: [any BatchSums] { output.norm == nil ? [] : [output] }
    var awaitedSums: [any BatchSums] { output.awaitedSums }
    var gatheredSums: [any BatchSums] { input.gatheredSums }

    var sectionCosts: [SectionCost] {
        let flops =
            2 * Double(geometry.output.pixels * outputChannels)
            * Double(geometry.kernel.height * geometry.kernel.width * inputChannels)
        return [
            SectionCost(name: "\(title) forward, moments, pool", flopsPerSample: flops),
            SectionCost(
                name: "\(title) backward",
                flopsPerSample: (input.wantsGradient ? 2 : 1) * flops),
        ]
    }

    func beginStep() {
        padded.update()
        output.beginStep()
    }

    var preparationTaskCount: Int {
        input.wantsGradient ? geometry.kernel.height * geometry.kernel.width : 0
    }

    func prepare(_ task: Int) {
        let count = inputChannels * outputChannels
        transpose(
            padded.values.slice(task * count, count: count), rows: inputChannels,
            columns: outputChannels, stride: outputChannels,
            into: transposed.slice(task * count, count: count), stride: inputChannels)
    }

    // MARK: - Passes

    func forward(_ pass: Pass) {
        measured(0, pass) {
            let workspace = workspaces[pass.worker]
            let y = outputImage(workspace)
            output.beginChunk(pass.chunk)
            for sample in pass.chunk.start..<pass.chunk.start + pass.chunk.count {
                workspace.image.load(sample, step: pass.step, isAgain: false)
                products.forward(workspace.image.image, padded.values, into: workspace.y)
                output.observe(y, sample: sample, firstRow: 0, pass.chunk)
            }
            output.finishChunk(pass.chunk)
        }
    }

    func backward(_ pass: Pass, isFirstOfGroup: Bool) {
        measured(1, pass) {
            let workspace = workspaces[pass.worker]
            let gradient = groupGradients[pass.group]
            if isFirstOfGroup { gradient.fill(0) }
            input.beginGradient(pass.chunk)
            for sample in pass.chunk.start..<pass.chunk.start + pass.chunk.count {
                output.writeOutputGradient(sample, into: outputImage(workspace))
                workspace.image.load(sample, step: pass.step, isAgain: true)
                products.addWeightGradient(
                    workspace.image.image, workspace.y, to: gradient)
                if input.wantsGradient { backward(sample, workspace, pass.chunk) }
            }
            input.finishGradient(pass.chunk)
        }
    }

    /// The gradient in a sample's input, which takes the place of the image's interior.
    private func backward(_ sample: Int, _ workspace: Workspace, _ chunk: Chunk) {
        workspace.gradient.fill(0)
        products.addDataGradient(workspace.y, transposed, to: workspace.gradient)
        input.takeGradient(
            workspace.image.interior(of: workspace.gradient), sample: sample, chunk)
    }

    private func outputImage(_ workspace: Workspace) -> ImageView {
        ImageView(
            workspace.y, height: geometry.outputHeight, width: geometry.outputWidth,
            channels: outputChannels)
    }

    // MARK: - Gradients

    private static let rowsPerTask = 64

    var gradientTaskCount: Int {
        (padded.rowCount + ImplicitGemmBlock.rowsPerTask - 1) / ImplicitGemmBlock.rowsPerTask
    }

    /// Adds the groups' gradients in their order.
    func addGradients(_ task: Int, _ plan: BatchPlan, worker: Int) {
        let first = task * ImplicitGemmBlock.rowsPerTask
        let rows = first..<min(first + ImplicitGemmBlock.rowsPerTask, padded.rowCount)
        for group in 0..<plan.groupCount {
            padded.addGradient(groupGradients[group], rows: rows)
        }
    }
}

/// The products of a convolution that goes by rows of taps.
struct TapProducts {
    private let geometry: ConvolutionGeometry
    private let rowStride: Int
    private let inputs: Int
    private let outputs: Int
    /// Taps that are neighbours in the image and multiplied at once.
    private let tapsAtOnce: Int

    /// - Parameters: channels as they lie in memory; the outputs' in whole vectors.
    init(_ geometry: ConvolutionGeometry, inputChannels: Int, outputChannels: Int) {
        self.geometry = geometry
        inputs = inputChannels
        outputs = outputChannels
        rowStride = (geometry.input.width + 2 * geometry.paddings.width) * inputChannels
        tapsAtOnce = geometry.dilations.width == 1 ? geometry.kernel.width : 1
    }

    /// Rows of outputs that are neighbours in the image: all of them for 1×1 without gaps.
    private var isPlainProduct: Bool {
        geometry.kernel == 1 && geometry.strides == 1 && geometry.paddings == 0
    }

    /// Calls `body` with the first float of each run of taps in the image and its first tap.
    private func forEachRun(_ body: (_ image: Int, _ tap: Int) -> Void) {
        let kernel = geometry.kernel
        for ky in 0..<kernel.height {
            for kx in stride(from: 0, to: kernel.width, by: tapsAtOnce) {
                body(
                    ky * geometry.dilations.height * rowStride
                        + kx * geometry.dilations.width * inputs, ky * kernel.width + kx)
            }
        }
    }

    private var rows: (count: Int, m: Int) {
        isPlainProduct
            ? (1, geometry.output.pixels) : (geometry.outputHeight, geometry.outputWidth)
    }

    /// - Parameters:
    ///   - image: bordered.
    ///   - weights: `[kH, kW, inputs, outputs]`.
    ///   - y: overwritten; `[outH, outW, outputs]`.
    func forward(_ image: FloatSlice, _ weights: FloatSlice, into y: FloatSlice) {
        let (count, m) = rows
        var isFirst = true
        forEachRun { start, tap in
            smallGemm(
                image, weights, into: y,
                SmallGemmShape(
                    count: count, m: m, n: outputs, k: tapsAtOnce * inputs,
                    aRow: geometry.strides.width * inputs, bRow: outputs, cRow: outputs,
                    aStart: start, bStart: tap * inputs * outputs,
                    aStep: geometry.strides.height * rowStride, cStep: m * outputs),
                accumulating: !isFirst)
            isFirst = false
        }
    }

    /// - Parameter dW: added to; as the weights.
    func addWeightGradient(_ image: FloatSlice, _ dy: FloatSlice, to dW: FloatSlice) {
        let (count, k) = rows
        for row in 0..<count {
            forEachRun { start, tap in
                smallGemm(
                    image, dy, into: dW,
                    SmallGemmShape(
                        m: tapsAtOnce * inputs, n: outputs, k: k, aRow: 1,
                        aColumn: geometry.strides.width * inputs, bRow: outputs, cRow: outputs,
                        aStart: start + row * geometry.strides.height * rowStride,
                        bStart: row * k * outputs, cStart: tap * inputs * outputs),
                    accumulating: true)
            }
        }
    }

    /// - Parameters:
    ///   - transposed: `[kH, kW, outputs, inputs]`, the inputs in whole vectors.
    ///   - image: the bordered image's gradient, added to.
    func addDataGradient(
        _ dy: FloatSlice, _ transposed: FloatSlice, to image: FloatSlice
    ) {
        let (count, m) = rows
        let kernel = geometry.kernel
        for ky in 0..<kernel.height {
            for kx in 0..<kernel.width {
                smallGemm(
                    dy, transposed, into: image,
                    SmallGemmShape(
                        count: count, m: m, n: inputs, k: outputs, aRow: outputs, bRow: inputs,
                        cRow: geometry.strides.width * inputs,
                        bStart: (ky * kernel.width + kx) * outputs * inputs,
                        cStart: ky * geometry.dilations.height * rowStride
                            + kx * geometry.dilations.width * inputs, aStep: m * outputs,
                        cStep: geometry.strides.height * rowStride),
                    accumulating: true)
            }
        }
    }
}
