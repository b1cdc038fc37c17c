import Kernels
import LinearAlgebra

/// Normalisation of each sample over all of its elements.
///
/// y = γ · (x − mean) / √(variance + ε) + β, with γ and β for each element. Of an image this is
/// PyTorch's `LayerNorm([C, H, W])`, of a feature vector `LayerNorm(features)`.
///
/// Source: Ba, Kiros, Hinton (2016), "Layer Normalization"; PyTorch 2.15, torch.nn.LayerNorm.
public final class LayerNorm: Layer {
    public static let epsilon = 1e-5

    public let name: String
    public let inputShape: SampleShape
    public let epsilon: Double
    public let isAffine: Bool
    /// γ; ones, and not among `parameters`, where the norm isn't affine.
    public let weight: Parameter
    /// β; zeros likewise.
    public let bias: Parameter

    /// Mean and inverse deviation of each sample of a batch, from the forward to the backward pass.
    private var constants = FloatBuffer(count: 0).all

    public init(
        name: String, _ shape: SampleShape, epsilon: Double = LayerNorm.epsilon,
        affine: Bool = true
    ) {
        self.name = name
        inputShape = shape
        self.epsilon = epsilon
        isAffine = affine
        let layout: ParameterLayout = shape.pixels > 1 ? .image(shape) : .plain([shape.channels])
        weight = Parameter(name: "\(name).weight", layout: layout)
        bias = Parameter(name: "\(name).bias", layout: layout)
        weight.value.fill(1)
    }

    public var outputShape: SampleShape { inputShape }
    public var backwardReads: BackwardReads { .input }
    public var parameters: [Parameter] { isAffine ? [weight, bias] : [] }

    public func plan(_ capacity: Capacity) {
        if capacity.trains { constants = FloatBuffer(count: 2 * capacity.sampleCount).all }
    }

    // MARK: - Forward

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        for sample in 0..<pass.chunk.count {
            let values = x.sample(sample, inputShape)
            let measured = measure(values)
            if pass.mode == .training { keep(measured, pass.chunk.start + sample) }
            layerNorm(
                values, measured, weight: weight.value, bias: bias.value,
                into: y.sample(sample, inputShape))
        }
    }

    private func measure(_ sample: FloatSlice) -> LayerNormConstants {
        let count = sample.count
        let (mean, m2) = groupMoments(sample, start: 0, rows: 1, stride: count, width: count)
        return LayerNormConstants(
            mean: Float(mean),
            inverseDeviation: Float(1 / (m2 / Double(count) + epsilon).squareRoot()))
    }

    private func keep(_ measured: LayerNormConstants, _ place: Int) {
        constants[2 * place] = measured.mean
        constants[2 * place + 1] = measured.inverseDeviation
    }

    private func kept(_ place: Int) -> LayerNormConstants {
        LayerNormConstants(
            mean: constants[2 * place], inverseDeviation: constants[2 * place + 1])
    }

    // MARK: - Backward

    /// With x̂ = (x − mean)/σ and g = γ·dy: dx = (g − Σg/n − x̂·Σ(g·x̂)/n) / σ.
    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        let count = Double(inputShape.count)
        for sample in 0..<pass.chunk.count {
            let measured = kept(pass.chunk.start + sample)
            let (values, gradient) = (x.sample(sample, inputShape), dy.sample(sample, inputShape))
            let (sum, sumX) = layerNormSums(
                x: values, dy: gradient, mean: measured.mean, weight: weight.value)
            let inverse = Double(measured.inverseDeviation)
            layerNormGradient(
                x: values, dy: gradient, mean: measured.mean, weight: weight.value,
                a: measured.inverseDeviation,
                b: Float(-inverse * inverse * inverse * sumX / count),
                d: Float(-inverse * sum / count),
                into: dx.sample(sample, inputShape))
        }
    }

    /// Forward: moments in two passes, then the norm. Backward: two sums, then the gradient.
    public func flops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        elementwiseFlops(phase, forward: 8, backward: 11, gradients: isAffine ? 5 : 0)
    }

    public var gradientFloatsPerSample: Double { isAffine ? Double(2 * inputShape.count) : 0 }

    /// Elements whose γ and β one task sums the gradients of.
    private static let elementsPerTask = 1024

    public var gradientTaskCount: Int {
        guard isAffine else { return 0 }
        return (inputShape.count + LayerNorm.elementsPerTask - 1) / LayerNorm.elementsPerTask
    }

    /// dγ += Σ dy·x̂ and dβ += Σ dy over the samples in their order, for this task's elements.
    public func addGradients(task: Int, x: FloatSlice, dy: FloatSlice, _ plan: BatchPlan) {
        let first = task * LayerNorm.elementsPerTask
        let count = min(LayerNorm.elementsPerTask, inputShape.count - first)
        for sample in 0..<plan.sampleCount {
            addLayerNormWeightGradient(
                x: x.sample(sample, inputShape).slice(first, count: count),
                dy: dy.sample(sample, inputShape).slice(first, count: count), kept(sample),
                weight: weight.gradient.slice(first, count: count),
                bias: bias.gradient.slice(first, count: count))
        }
    }
}
