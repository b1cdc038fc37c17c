import Kernels
import LinearAlgebra

/// y = x · Wᵀ + b on feature vectors.
///
/// Where inputs and outputs are whole vectors of 16, a chunk's products are small ones without
/// packing, with the weights transposed once a step by `prepare`; else, and in the reference
/// network, OpenBLAS computes them.
///
/// Source: PyTorch 2.15, torch.nn.Linear.
public final class Linear: Layer {
    public let name: String
    public let inputShape: SampleShape
    public let outputShape: SampleShape
    public let weight: Parameter
    public let bias: Parameter

    /// - Parameter input: a feature vector, or an image whose flattened pixels are the features.
    public init(name: String, input: SampleShape, outputCount: Int) {
        self.name = name
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

    public var parameters: [Parameter] { [weight, bias] }

    /// Wᵀ of this step, `[I, O]`; empty where OpenBLAS is used.
    private var transposed = FloatBuffer(count: 0).all

    /// Computes with small products from now on, if the shapes allow it.
    func useSmallProducts() {
        let multiple = ImageView.channelMultiple
        guard inputShape.count % multiple == 0 && outputCount % multiple == 0 else { return }
        transposed = FloatBuffer(count: weight.count).all
    }

    private var usesSmallProducts: Bool { transposed.count > 0 }

    /// Outputs whose weights one task transposes.
    private static let outputsPerPreparation = 16

    var preparationTaskCount: Int {
        usesSmallProducts ? outputCount / Linear.outputsPerPreparation : 0
    }

    /// Takes some of the weights as they are now.
    func prepare(_ task: Int) {
        let size = Linear.outputsPerPreparation
        let rows = weight.value.slice(
            task * size * inputShape.count, count: size * inputShape.count)
        let first = task * size
        transpose(
            rows, rows: size, columns: inputShape.count, stride: inputShape.count,
            into: transposed.slice(first, count: transposed.count - first), stride: outputCount)
    }

    private var outputCount: Int { outputShape.channels }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        fillRows(y, with: bias.value)
        if usesSmallProducts {
            smallGemm(
                x, transposed, into: y,
                SmallGemmShape(
                    m: pass.chunk.count, n: outputCount, k: inputShape.count,
                    aRow: inputShape.count, bRow: outputCount, cRow: outputCount),
                accumulating: true)
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
        if usesSmallProducts {
            smallGemm(
                dy, weight.value, into: dx,
                SmallGemmShape(
                    m: pass.chunk.count, n: inputShape.count, k: outputCount, aRow: outputCount,
                    bRow: inputShape.count, cRow: inputShape.count))
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
        defer { if task == 0 { addColumnSums(dy, to: bias.gradient) } }
        if usesSmallProducts {
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
}
