import Kernels
import LinearAlgebra

/// 2-D cross-correlation with bias, by im2col and GEMM.
///
/// y[n, oy, ox, o] = bias[o] + Σ x[n, oy·s − p + ky, ox·s − p + kx, c] · w[ky, kx, c, o]
///
/// Source: PyTorch 2.15, torch.nn.Conv2d; Chellapilla, Puri, Simard (2006) for the method.
public final class Conv2d: Layer {
    public let name: String
    public let geometry: ConvolutionGeometry
    public let weight: Parameter
    public let bias: Parameter

    /// Unfolded patches up to this many floats are multiplied at once: 256 Ki floats, 1 MiB.
    private static let colLimit = 1 << 18

    private var colBuffers: [FloatSlice] = []
    private var colGradients: [FloatSlice] = []
    /// Gradient sums of each chunk, added up in the order of the chunks by `addGradients`.
    private var chunkWeightGradients: [FloatSlice] = []
    private var chunkBiasGradients: [FloatSlice] = []

    public init(name: String, geometry: ConvolutionGeometry) {
        self.name = name
        self.geometry = geometry
        weight = Parameter(
            name: "\(name).weight",
            layout: .convolution(
                outputs: geometry.outputChannels, inputs: geometry.input.channels,
                kernelHeight: geometry.kernelHeight, kernelWidth: geometry.kernelWidth))
        bias = Parameter(name: "\(name).bias", layout: .plain([geometry.outputChannels]))
    }

    public var inputShape: SampleShape { geometry.input }
    public var outputShape: SampleShape { geometry.output }
    public var parameters: [Parameter] { [weight, bias] }

    public func plan(_ capacity: Capacity) {
        let colCount = samplesPerProduct * geometry.colCount
        colBuffers = (0..<capacity.workerCount).map { _ in FloatBuffer(count: colCount).all }
        guard capacity.trains else { return }
        colGradients = (0..<capacity.workerCount).map { _ in FloatBuffer(count: colCount).all }
        chunkWeightGradients = (0..<capacity.chunkCount).map { _ in
            FloatBuffer(count: weight.count).all
        }
        chunkBiasGradients = (0..<capacity.chunkCount).map { _ in
            FloatBuffer(count: bias.count).all
        }
    }

    // MARK: - Forward

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        fillRows(y, with: bias.value)
        forEachProduct(pass.chunk) { first, count in
            let col = unfold(x, first, count, worker: pass.worker)
            let rows = y.slice(first * outputShape.count, count: count * outputShape.count)
            gemm(col, weightMatrix(weight.value), into: outputMatrix(rows, count), beta: 1)
        }
    }

    // MARK: - Backward

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        let dW = weightMatrix(chunkWeightGradients[pass.chunk.index])
        let db = chunkBiasGradients[pass.chunk.index]
        db.fill(0)
        addColumnSums(dy, to: db)
        dx?.fill(0)
        forEachProduct(pass.chunk) { first, count in
            let rows = dy.slice(first * outputShape.count, count: count * outputShape.count)
            let dyMatrix = outputMatrix(rows, count)
            let col = unfold(x, first, count, worker: pass.worker)
            // y = col · W, so dW = colᵀ · dy ...
            gemm(col, transposeA: .yes, dyMatrix, into: dW, beta: first == 0 ? 0 : 1)
            guard let dx else { return }
            // ... and dcol = dy · Wᵀ, which goes back to the pixels that im2col copied.
            let dcol = colMatrix(colGradients[pass.worker], count)
            gemm(dyMatrix, weightMatrix(weight.value), transposeB: .yes, into: dcol)
            for sample in 0..<count {
                col2im(
                    dcol.elements.slice(sample * geometry.colCount, count: geometry.colCount),
                    geometry, addingTo: dx.sample(first + sample, inputShape))
            }
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
        guard task == 0 else { return }
        for chunk in 0..<plan.chunkCount { add(chunkBiasGradients[chunk], to: bias.gradient) }
    }

    // MARK: - Steps

    /// How many samples' patches are multiplied at once.
    private var samplesPerProduct: Int {
        min(BatchPlan.chunkSize, max(1, Conv2d.colLimit / geometry.colCount))
    }

    private func forEachProduct(_ chunk: Chunk, _ body: (_ first: Int, _ count: Int) -> Void) {
        var first = 0
        while first < chunk.count {
            let count = min(samplesPerProduct, chunk.count - first)
            body(first, count)
            first += count
        }
    }

    private func unfold(_ x: FloatSlice, _ first: Int, _ count: Int, worker: Int) -> Matrix {
        let col = colBuffers[worker]
        for sample in 0..<count {
            im2col(
                x.sample(first + sample, inputShape), geometry,
                into: col.slice(sample * geometry.colCount, count: geometry.colCount))
        }
        return colMatrix(col, count)
    }

    private func colMatrix(_ col: FloatSlice, _ sampleCount: Int) -> Matrix {
        Matrix(col, rows: sampleCount * outputShape.pixels, columns: geometry.patchCount)
    }

    private func outputMatrix(_ y: FloatSlice, _ sampleCount: Int) -> Matrix {
        Matrix(y, rows: sampleCount * outputShape.pixels, columns: geometry.outputChannels)
    }

    private func weightMatrix(_ values: FloatSlice) -> Matrix {
        Matrix(values, rows: geometry.patchCount, columns: geometry.outputChannels)
    }
}
