import Kernels
import LinearAlgebra

/// y = x · Wᵀ + b on feature vectors.
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

    private var outputCount: Int { outputShape.channels }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        fillRows(y, with: bias.value)
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
        let dyColumns = Matrix(
            dy.slice(first, count: dy.count - first), rows: rows, columns: count,
            leadingDimension: outputCount)
        let dW = weight.gradient.slice(first * inputShape.count, count: count * inputShape.count)
        gemm(
            dyColumns, transposeA: .yes, Matrix(x, rows: rows, columns: inputShape.count),
            into: Matrix(dW, rows: count, columns: inputShape.count), beta: 1)
        guard task == 0 else { return }
        addColumnSums(dy, to: bias.gradient)
    }
}
