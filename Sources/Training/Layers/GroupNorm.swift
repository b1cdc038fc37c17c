import Kernels
import LinearAlgebra

/// Normalisation of each sample over groups of its channels.
///
/// y = γ · (x − mean) / √(variance + ε) + β, mean and variance over a group's channels and all
/// pixels, γ and β for each channel.
///
/// Source: Wu, He (2018), "Group Normalization"; PyTorch 2.15, torch.nn.GroupNorm.
public final class GroupNorm: Layer {
    public static let epsilon = 1e-5

    public let name: String
    public let inputShape: SampleShape
    public let groups: Int
    public let epsilon: Double
    public let isAffine: Bool
    /// γ; ones, and not among `parameters`, where the norm isn't affine.
    public let weight: Parameter
    /// β; zeros likewise.
    public let bias: Parameter

    /// Mean and inverse deviation of each group of each sample of a batch, from the forward to the
    /// backward pass.
    private var moments = DoubleBuffer(count: 0)
    private var workers: [Scratch] = []
    /// Σ dy·x̂ and Σ dy of each chunk by channel, added up in the order of the chunks.
    private var chunkGradients = DoubleBuffer(count: 0)

    /// The constants of a sample by channel, and its gradient sums.
    private struct Scratch {
        let constants: NormConstants
        let gradientConstants: NormGradientConstants
        let sums: DoubleBuffer
        let sumsX: DoubleBuffer
    }

    /// - Precondition: `groups` divides the channels.
    public init(
        name: String, _ shape: SampleShape, groups: Int, epsilon: Double = GroupNorm.epsilon,
        affine: Bool = true
    ) {
        precondition(
            groups > 0 && shape.channels % groups == 0,
            "\(groups) groups of \(shape.channels) channels: the groups must divide the channels")
        self.name = name
        inputShape = shape
        self.groups = groups
        self.epsilon = epsilon
        isAffine = affine
        weight = Parameter(name: "\(name).weight", layout: .plain([shape.channels]))
        bias = Parameter(name: "\(name).bias", layout: .plain([shape.channels]))
        weight.value.fill(1)
    }

    public var outputShape: SampleShape { inputShape }
    public var backwardReads: BackwardReads { .input }
    public var parameters: [Parameter] { isAffine ? [weight, bias] : [] }

    private var channels: Int { inputShape.channels }
    private var groupChannels: Int { channels / groups }
    /// Values that a mean is taken of.
    private var groupCount: Double { Double(inputShape.pixels * groupChannels) }

    public func plan(_ capacity: Capacity) {
        func perChannel() -> FloatSlice { FloatBuffer(count: channels).all }
        workers = (0..<capacity.workerCount).map { _ in
            Scratch(
                constants: NormConstants(
                    mean: perChannel(), scale: perChannel(), shift: perChannel()),
                gradientConstants: NormGradientConstants(
                    a: perChannel(), b: perChannel(), d: perChannel()),
                sums: DoubleBuffer(count: channels), sumsX: DoubleBuffer(count: channels))
        }
        guard capacity.trains else { return }
        moments = DoubleBuffer(count: 2 * groups * capacity.sampleCount)
        chunkGradients = DoubleBuffer(count: 2 * channels * capacity.chunkCount)
    }

    // MARK: - Forward

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        let constants = workers[pass.worker].constants
        for sample in 0..<pass.chunk.count {
            let values = x.sample(sample, inputShape)
            for group in 0..<groups {
                let (mean, inverse) = measure(values, group)
                if pass.mode == .training {
                    keep(mean, inverse, sample: pass.chunk.start + sample, group)
                }
                set(constants, group, mean, inverse)
            }
            affineRows(
                values, scale: constants.scale, shift: constants.shift, relu: false,
                into: y.sample(sample, inputShape))
        }
    }

    private func measure(_ sample: FloatSlice, _ group: Int) -> (mean: Double, inverse: Double) {
        let (mean, m2) = groupMoments(
            sample, start: group * groupChannels, rows: inputShape.pixels, stride: channels,
            width: groupChannels)
        return (mean, 1 / (m2 / groupCount + epsilon).squareRoot())
    }

    private func set(
        _ constants: NormConstants, _ group: Int, _ mean: Double, _ inverse: Double
    ) {
        for channel in group * groupChannels..<(group + 1) * groupChannels {
            let scale = Double(weight.value[channel]) * inverse
            constants.mean[channel] = Float(mean)
            constants.scale[channel] = Float(scale)
            constants.shift[channel] = Float(Double(bias.value[channel]) - mean * scale)
        }
    }

    private func keep(_ mean: Double, _ inverse: Double, sample: Int, _ group: Int) {
        let place = 2 * (sample * groups + group)
        moments[place] = mean
        moments[place + 1] = inverse
    }

    private func kept(sample: Int, _ group: Int) -> (mean: Double, inverse: Double) {
        let place = 2 * (sample * groups + group)
        return (moments[place], moments[place + 1])
    }

    // MARK: - Backward

    /// With x̂ = (x − mean)/σ and g = γ·dy: dx = (g − Σg/n − x̂·Σ(g·x̂)/n) / σ, sums over the group.
    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        let scratch = workers[pass.worker]
        chunkGradients.fill(0, from: 2 * channels * pass.chunk.index, count: 2 * channels)
        for sample in 0..<pass.chunk.count {
            let (values, gradient) = (x.sample(sample, inputShape), dy.sample(sample, inputShape))
            let place = pass.chunk.start + sample
            for group in 0..<groups {
                let (mean, inverse) = kept(sample: place, group)
                set(scratch.constants, group, mean, inverse)
            }
            normGradientSums(
                x: values, dy: gradient, scratch.constants, relu: false, sums: scratch.sums,
                sumsX: scratch.sumsX, offset: 0)
            for group in 0..<groups {
                useSums(scratch, group, inverse: kept(sample: place, group).inverse, pass.chunk)
            }
            guard let dx else { continue }
            normGradient(
                x: values, dy: gradient, scratch.constants, relu: false,
                scratch.gradientConstants, into: dx.sample(sample, inputShape))
        }
    }

    /// What a sample's sums add to the gradients of γ and β, and make of the gradient in x.
    private func useSums(_ scratch: Scratch, _ group: Int, inverse: Double, _ chunk: Chunk) {
        let range = group * groupChannels..<(group + 1) * groupChannels
        let first = 2 * channels * chunk.index
        var (sum, sumX) = (0.0, 0.0)
        for channel in range {
            chunkGradients[first + channel] += scratch.sumsX[channel] * inverse
            chunkGradients[first + channels + channel] += scratch.sums[channel]
            sum += Double(weight.value[channel]) * scratch.sums[channel]
            sumX += Double(weight.value[channel]) * scratch.sumsX[channel]
        }
        let b = -inverse * inverse * inverse * sumX / groupCount
        let d = -inverse * sum / groupCount
        for channel in range {
            scratch.gradientConstants.a[channel] = Float(Double(weight.value[channel]) * inverse)
            scratch.gradientConstants.b[channel] = Float(b)
            scratch.gradientConstants.d[channel] = Float(d)
        }
    }

    /// Forward: moments in two passes, then the norm. Backward: two sums, then the gradient.
    public func flops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        elementwiseFlops(phase, forward: 6, backward: 9)
    }

    public var gradientTaskCount: Int { isAffine ? 1 : 0 }

    public func addGradients(task: Int, x: FloatSlice, dy: FloatSlice, _ plan: BatchPlan) {
        for channel in 0..<channels {
            var (weightSum, biasSum) = (0.0, 0.0)
            for chunk in 0..<plan.chunkCount {
                weightSum += chunkGradients[2 * channels * chunk + channel]
                biasSum += chunkGradients[2 * channels * chunk + channels + channel]
            }
            weight.gradient[channel] += Float(weightSum)
            bias.gradient[channel] += Float(biasSum)
        }
    }
}
