import Kernels
import LinearAlgebra

/// 2-D cross-correlation, with a bias if wanted, by im2col and GEMM.
///
/// y[n, oy, ox, o] = bias[o] + Σ x[n, oy·s − p + ky·d, ox·s − p + kx·d, c] · w[ky, kx, c, o]
///
/// Groups are multiplied one after another, each with its slice of the channels. Of two kinds the
/// patches are never unfolded: a 1×1 convolution's are the image itself, and a depthwise one has
/// kernels of its own (`Conv2d+Depthwise`).
///
/// Source: PyTorch 2.15, torch.nn.Conv2d; Chellapilla, Puri, Simard (2006) for the method.
public final class Conv2d: Layer {
    public let name: String
    public let geometry: ConvolutionGeometry
    public let hasBias: Bool
    public let weight: Parameter
    /// Zero, and not among `parameters`, where there is none.
    public let bias: Parameter

    /// Unfolded patches up to this many floats are multiplied at once: 256 Ki floats, 1 MiB.
    private static let colLimit = 1 << 18

    private var colBuffers: [FloatSlice] = []
    private var colGradients: [FloatSlice] = []
    /// Gradient sums of each chunk, added up in the order of the chunks by `addGradients`.
    var chunkWeightGradients: [FloatSlice] = []
    private var chunkBiasGradients: [FloatSlice] = []
    /// A sample with each channel as often as it has kernels, and its gradient; for each worker.
    var repeatedInputs: [FloatSlice] = []
    var repeatedGradients: [FloatSlice] = []

    public init(name: String, geometry: ConvolutionGeometry, hasBias: Bool = true) {
        self.name = name
        self.geometry = geometry
        self.hasBias = hasBias
        weight = Parameter(
            name: "\(name).weight",
            layout: .convolution(
                outputs: geometry.outputChannels, inputs: geometry.groupInputs,
                kernelHeight: geometry.kernelHeight, kernelWidth: geometry.kernelWidth))
        bias = Parameter(name: "\(name).bias", layout: .plain([geometry.outputChannels]))
    }

    public var inputShape: SampleShape { geometry.input }
    public var outputShape: SampleShape { geometry.output }
    public var backwardReads: BackwardReads { .input }
    public var parameters: [Parameter] { hasBias ? [weight, bias] : [weight] }

    public func initialize(_ drawing: inout WeightDrawing) { drawing.draw(parameters) }

    public func plan(_ capacity: Capacity) {
        func forEachWorker(_ count: Int) -> [FloatSlice] {
            (0..<capacity.workerCount).map { _ in FloatBuffer(count: count).all }
        }
        if geometry.isDepthwise {
            if channelMultiplier > 1 { repeatedInputs = forEachWorker(repeatedCount) }
        } else if !geometry.isPointwise {
            colBuffers = forEachWorker(samplesPerProduct * geometry.colCount)
        }
        guard capacity.trains else { return }
        if geometry.isDepthwise {
            if channelMultiplier > 1 { repeatedGradients = forEachWorker(repeatedCount) }
        } else if !geometry.isPointwise {
            colGradients = forEachWorker(samplesPerProduct * geometry.colCount)
        }
        chunkWeightGradients = (0..<capacity.chunkCount).map { _ in
            FloatBuffer(count: weight.count).all
        }
        chunkBiasGradients = (0..<(hasBias ? capacity.chunkCount : 0)).map { _ in
            FloatBuffer(count: bias.count).all
        }
    }

    // MARK: - Forward

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        if geometry.isDepthwise {
            depthwiseForward(x, into: y, pass)
            return
        }
        fillRows(y, with: bias.value)
        forEachProduct(pass.chunk) { first, count, group in
            let col = patches(x, first, count, group, worker: pass.worker)
            gemm(
                col, weightMatrix(weight.value, group),
                into: outputMatrix(y, first, count, group), beta: 1)
        }
    }

    // MARK: - Backward

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        if hasBias {
            let db = chunkBiasGradients[pass.chunk.index]
            db.fill(0)
            addColumnSums(dy, to: db)
        }
        if geometry.isDepthwise {
            depthwiseBackward(x: x, dy: dy, into: dx, pass)
            return
        }
        let chunkGradient = chunkWeightGradients[pass.chunk.index]
        if !geometry.isPointwise { dx?.fill(0) }
        forEachProduct(pass.chunk) { first, count, group in
            let dyMatrix = outputMatrix(dy, first, count, group)
            let col = patches(x, first, count, group, worker: pass.worker)
            // y = col · W, so dW = colᵀ · dy ...
            gemm(
                col, transposeA: .yes, dyMatrix, into: weightMatrix(chunkGradient, group),
                beta: first == 0 ? 0 : 1)
            // ... and dcol = dy · Wᵀ, which goes back to the pixels that im2col copied.
            if let dx { addInputGradient(dyMatrix, to: dx, first, count, group, pass.worker) }
        }
    }

    private func addInputGradient(
        _ dy: Matrix, to dx: FloatSlice, _ first: Int, _ count: Int, _ group: Int, _ worker: Int
    ) {
        let weights = weightMatrix(weight.value, group)
        if geometry.isPointwise {
            gemm(dy, weights, transposeB: .yes, into: inputMatrix(dx, first, count, group))
            return
        }
        let dcol = colMatrix(colGradients[worker], count)
        gemm(dy, weights, transposeB: .yes, into: dcol)
        for sample in 0..<count {
            col2im(
                dcol.elements.slice(sample * geometry.colCount, count: geometry.colCount),
                geometry, group: group, addingTo: dx.sample(first + sample, inputShape))
        }
    }

    /// Rows of the weight's gradient that one task adds up.
    private static let rowsPerTask = 64

    public var gradientTaskCount: Int {
        (geometry.patchCount + Conv2d.rowsPerTask - 1) / Conv2d.rowsPerTask
    }

    public func addGradients(task: Int, x: FloatSlice, dy: FloatSlice, _ plan: BatchPlan) {
        let start = task * Conv2d.rowsPerTask * geometry.outputChannels
        let count = min(Conv2d.rowsPerTask * geometry.outputChannels, weight.count - start)
        let target = weight.gradient.slice(start, count: count)
        for chunk in 0..<plan.chunkCount {
            add(chunkWeightGradients[chunk].slice(start, count: count), to: target)
        }
        guard task == 0 && hasBias else { return }
        for chunk in 0..<plan.chunkCount { add(chunkBiasGradients[chunk], to: bias.gradient) }
    }

    // MARK: - Cost

    public func flops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        let products = 2 * Double(geometry.patchCount) * Double(outputShape.count)
        return switch phase {
        case .forward: products
        // The weights' gradient, and the inputs' unless nobody wants it.
        case .backward: isFirst ? products : 2 * products
        // The chunks' weight gradients are added up.
        case .gradients: gradientFloatsPerSample
        case .statistics, .gradientSums: 0
        }
    }

    public var gradientFloatsPerSample: Double {
        Double(weight.count + (hasBias ? bias.count : 0)) / Double(BatchPlan.chunkSize)
    }

    // MARK: - Steps

    /// How many samples' patches are multiplied at once.
    private var samplesPerProduct: Int {
        geometry.isPointwise
            ? BatchPlan.chunkSize
            : min(BatchPlan.chunkSize, max(1, Conv2d.colLimit / geometry.colCount))
    }

    private func forEachProduct(
        _ chunk: Chunk, _ body: (_ first: Int, _ count: Int, _ group: Int) -> Void
    ) {
        var first = 0
        while first < chunk.count {
            let count = min(samplesPerProduct, chunk.count - first)
            for group in 0..<geometry.groups { body(first, count, group) }
            first += count
        }
    }

    /// The patches of a group's channels, `[count·outH·outW, kH·kW·C/groups]`.
    private func patches(
        _ x: FloatSlice, _ first: Int, _ count: Int, _ group: Int, worker: Int
    ) -> Matrix {
        if geometry.isPointwise { return inputMatrix(x, first, count, group) }
        let col = colBuffers[worker]
        for sample in 0..<count {
            im2col(
                x.sample(first + sample, inputShape), geometry, group: group,
                into: col.slice(sample * geometry.colCount, count: geometry.colCount))
        }
        return colMatrix(col, count)
    }

    private func colMatrix(_ col: FloatSlice, _ sampleCount: Int) -> Matrix {
        Matrix(col, rows: sampleCount * outputShape.pixels, columns: geometry.patchCount)
    }

    /// A group's channels of some samples' pixels.
    private func inputMatrix(
        _ x: FloatSlice, _ first: Int, _ count: Int, _ group: Int
    ) -> Matrix {
        channels(x, inputShape, first, count, group, of: geometry.groupInputs)
    }

    private func outputMatrix(
        _ y: FloatSlice, _ first: Int, _ count: Int, _ group: Int
    ) -> Matrix {
        channels(y, outputShape, first, count, group, of: geometry.groupOutputs)
    }

    private func channels(
        _ values: FloatSlice, _ shape: SampleShape, _ first: Int, _ count: Int, _ group: Int,
        of width: Int
    ) -> Matrix {
        let start = first * shape.count + group * width
        return Matrix(
            values.slice(start, count: count * shape.count - group * width),
            rows: count * shape.pixels, columns: width, leadingDimension: shape.channels)
    }

    private func weightMatrix(_ values: FloatSlice, _ group: Int) -> Matrix {
        let start = group * geometry.groupOutputs
        return Matrix(
            values.slice(start, count: values.count - start), rows: geometry.patchCount,
            columns: geometry.groupOutputs, leadingDimension: geometry.outputChannels)
    }
}
