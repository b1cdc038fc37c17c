import Kernels
import LinearAlgebra

/// y = x · Wᵀ + b on feature vectors, with b if wanted.
///
/// Where inputs and outputs are whole panels of 32, a chunk's products are small ones without
/// packing, with the weights brought into panels once a step by `prepare`; else, and in the
/// reference network, OpenBLAS computes them.
///
/// Source: PyTorch 2.15, torch.nn.Linear.
public final class Linear: Layer {
    public let name: String
    public let inputShape: SampleShape
    public let outputShape: SampleShape
    public let hasBias: Bool
    public let weight: Parameter
    /// Zero, and not among `parameters`, where there is none.
    public let bias: Parameter

    /// - Parameter input: a feature vector, or an image whose flattened pixels are the features.
    public init(name: String, input: SampleShape, outputCount: Int, hasBias: Bool = true) {
        self.name = name
        self.hasBias = hasBias
        inputShape = input
        outputShape = SampleShape(features: outputCount)
        let isImage = input.pixels > 1
        weight = Parameter(
            name: "\(name).weight",
            layout: isImage
                ? .linearOfImage(outputs: outputCount, image: input)
                : .plain([outputCount, input.count]))
        bias = Parameter(name: "\(name).bias", layout: .plain([outputCount]))
    }

    public var backwardReads: BackwardReads { .input }
    public var parameters: [Parameter] { hasBias ? [weight, bias] : [weight] }

    public func initialize(_ drawing: inout WeightDrawing) { drawing.draw(parameters) }

    /// Wᵀ and W of this step; nil where OpenBLAS is used.
    private var panels: (forward: PanelMatrix, backward: PanelMatrix?)?

    /// Whether the shapes allow small products; the inputs' gradient needs whole panels of inputs.
    static func hasWholePanels(
        inputs: Int, outputs: Int, wantsInputGradient: Bool
    ) -> Bool {
        outputs % PanelMatrix.panelWidth == 0
            && (!wantsInputGradient || inputs % PanelMatrix.panelWidth == 0)
    }

    /// Whether training one that uses small products where it can calls OpenBLAS all the same.
    static func callsBLAS(
        inputs: Int, outputs: Int, wantsInputGradient: Bool, level: CPULevel
    ) -> Bool {
        !hasWholePanels(
            inputs: inputs, outputs: outputs, wantsInputGradient: wantsInputGradient)
            || !hasSmallGradientProducts(inputs: inputs, level: level)
    }

    /// Whether the weights' gradient is a small product, where the others are.
    ///
    /// Measured at these shapes: with AVX2 and below OpenBLAS is 5 to 25 % faster, as its packing pays
    /// for a whole batch; with AVX-512 it is a fifth slower.
    private static func hasSmallGradientProducts(inputs: Int, level: CPULevel) -> Bool {
        inputs % 16 == 0 && level == .avx512
    }

    /// Computes with small products from now on, if the shapes allow it.
    ///
    /// - Parameter wantsInputGradient: false for a first layer.
    func useSmallProducts(wantsInputGradient: Bool) {
        let fits = Linear.hasWholePanels(
            inputs: inputShape.count, outputs: outputCount, wantsInputGradient: wantsInputGradient)
        guard fits else { return }
        panels = (
            PanelMatrix(rows: inputShape.count, columns: outputCount),
            wantsInputGradient
                ? PanelMatrix(rows: outputCount, columns: inputShape.count) : nil
        )
    }

    var preparationTaskCount: Int {
        panels.map { $0.forward.panelCount + ($0.backward?.panelCount ?? 0) } ?? 0
    }

    /// Takes some of the weights as they are now.
    func prepare(_ task: Int) {
        guard let (forward, backward) = panels else { return }
        if task < forward.panelCount {
            forward.fill(panel: task, fromTranspose: weight.value)
        } else {
            backward?.fill(panel: task - forward.panelCount, from: weight.value)
        }
    }

    private var outputCount: Int { outputShape.channels }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        fillRows(y, with: bias.value)
        if let forward = panels?.forward {
            forward.product(
                x, m: pass.chunk.count, aRow: inputShape.count, into: y, cRow: outputCount,
                panels: 0..<forward.panelCount, accumulating: true)
            return
        }
        gemm(
            Matrix(x, rows: pass.chunk.count, columns: inputShape.count),
            Matrix(weight.value, rows: outputCount, columns: inputShape.count), transposeB: .yes,
            into: Matrix(y, rows: pass.chunk.count, columns: outputCount), beta: 1)
    }

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        // y = x · Wᵀ, so dx = dy · W; dW waits for the whole batch.
        if let backward = panels?.backward {
            backward.product(
                dy, m: pass.chunk.count, aRow: outputCount, into: dx, cRow: inputShape.count,
                panels: 0..<backward.panelCount, accumulating: false)
            return
        }
        gemm(
            Matrix(dy, rows: pass.chunk.count, columns: outputCount),
            Matrix(weight.value, rows: outputCount, columns: inputShape.count),
            into: Matrix(dx, rows: pass.chunk.count, columns: inputShape.count))
    }

    /// Outputs whose weights' gradients one task computes.
    private static let outputsPerTask = 32

    public var gradientTaskCount: Int {
        (outputCount + Linear.outputsPerTask - 1) / Linear.outputsPerTask
    }

    /// dW[o, i] += Σₙ dy[n, o] · x[n, i] over the whole batch, for this task's outputs.
    ///
    /// Splitting by outputs instead of samples needs no sums of chunks: most of the network's
    /// weights lie here.
    public func addGradients(task: Int, x: FloatSlice, dy: FloatSlice, _ plan: BatchPlan) {
        let first = task * Linear.outputsPerTask
        let count = min(Linear.outputsPerTask, outputCount - first)
        let rows = plan.sampleCount
        defer { if task == 0 && hasBias { addColumnSums(dy, to: bias.gradient) } }
        if panels != nil
            && Linear.hasSmallGradientProducts(inputs: inputShape.count, level: .current)
        {
            smallGemm(
                dy.slice(first, count: dy.count - first), x,
                into: weight.gradient.slice(
                    first * inputShape.count, count: count * inputShape.count),
                SmallGemmShape(
                    m: count, n: inputShape.count, k: rows, aRow: 1, aColumn: outputCount,
                    bRow: inputShape.count, cRow: inputShape.count), accumulating: true)
            return
        }
        let dyColumns = Matrix(
            dy.slice(first, count: dy.count - first), rows: rows, columns: count,
            leadingDimension: outputCount)
        let dW = weight.gradient.slice(first * inputShape.count, count: count * inputShape.count)
        gemm(
            dyColumns, transposeA: .yes, Matrix(x, rows: rows, columns: inputShape.count),
            into: Matrix(dW, rows: count, columns: inputShape.count), beta: 1)
    }

    // MARK: - Cost

    public func flops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        let products = 2 * Double(inputShape.count) * Double(outputShape.count)
        return switch phase {
        case .forward, .gradients: products
        case .backward: isFirst ? 0 : products
        case .statistics, .gradientSums: 0
        }
    }

    public var gradientFloatsPerSample: Double { Double(inputShape.count + outputShape.count) }
}
