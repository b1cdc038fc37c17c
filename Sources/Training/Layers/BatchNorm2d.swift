import Kernels
import LinearAlgebra

/// Batch normalisation by channel, alone or in one pass with what follows it.
///
/// y = γ · (x − mean) / √(variance + ε) + β. In training, mean and biased variance are the batch's,
/// and the running ones move towards the batch's mean and *unbiased* variance by `momentum`.
/// Merging the ReLU and the 2×2 max-pool that follow saves reading and writing the largest maps of
/// the network twice more. A feature vector is an image of one pixel, which makes this PyTorch's
/// `BatchNorm1d` too.
///
/// Source: Ioffe, Szegedy (2015), "Batch Normalization"; PyTorch 2.15, torch.nn.BatchNorm2d.
public final class BatchNorm2d: BatchStatisticsLayer {
    /// What is done in the same pass after normalising.
    public enum Tail: Sendable { case none, relu, reluAndMaxPool }

    public static let epsilon = 1e-5
    public static let momentum = 0.1
    /// ε, which keeps a constant channel's deviation from zero.
    public let epsilon: Double
    /// The share of a batch in the running statistics.
    public let momentum: Double

    public let name: String
    public let inputShape: SampleShape
    public let outputShape: SampleShape
    public let tail: Tail
    /// γ
    public let weight: Parameter
    /// β
    public let bias: Parameter
    public let runningMean: FloatSlice
    public let runningVariance: FloatSlice
    private let batchCount: StateBuffer

    /// What the last batch's statistics make of γ and β, with room for whole vectors of channels.
    let paddedConstants: NormConstants
    let paddedGradientConstants: NormGradientConstants
    private let constants: NormConstants
    private let gradientConstants: NormGradientConstants
    /// What a fused convolution leaves out of its output, and the running mean counts: its bias,
    /// which batch norm takes away again.
    var leftOutBias: FloatSlice?
    private var evaluationConstants: [NormConstants] = []
    // Per chunk, channels each; and the same for the whole batch.
    private var chunkMeans = DoubleBuffer(count: 0)
    private var chunkSquares = DoubleBuffer(count: 0)
    private var batchInverseDeviation: DoubleBuffer
    private var argmax: ByteBuffer?

    /// - Precondition: with the pool in the tail, height and width are at least 2.
    public init(
        name: String, _ shape: SampleShape, tail: Tail = .none,
        epsilon: Double = BatchNorm2d.epsilon, momentum: Double = BatchNorm2d.momentum
    ) {
        self.name = name
        self.epsilon = epsilon
        self.momentum = momentum
        self.tail = tail
        inputShape = shape
        outputShape =
            tail == .reluAndMaxPool ? maxPoolOutput(shape, kernelSize: 2, stride: 2) : shape
        let channels = shape.channels
        weight = Parameter(name: "\(name).weight", layout: .plain([channels]))
        bias = Parameter(name: "\(name).bias", layout: .plain([channels]))
        weight.value.fill(1)
        runningMean = FloatBuffer(count: channels).all
        runningVariance = FloatBuffer(count: channels).all
        runningVariance.fill(1)
        batchCount = StateBuffer(name: "\(name).num_batches_tracked", content: .integer(0))
        let padded = ImageView.padded(channels)
        paddedConstants = BatchNorm2d.makeConstants(padded)
        paddedGradientConstants = NormGradientConstants(
            a: FloatBuffer(count: padded).all, b: FloatBuffer(count: padded).all,
            d: FloatBuffer(count: padded).all)
        constants = paddedConstants.prefix(channels)
        gradientConstants = paddedGradientConstants.prefix(channels)
        batchInverseDeviation = DoubleBuffer(count: channels)
    }

    public var memoryUse: MemoryUse { tail == .reluAndMaxPool ? .gradientOverInput : .separate }
    public var backwardReads: BackwardReads { .input }
    public var parameters: [Parameter] { [weight, bias] }
    public var buffers: [StateBuffer] {
        [
            StateBuffer(name: "\(name).running_mean", content: .floats(runningMean)),
            StateBuffer(name: "\(name).running_var", content: .floats(runningVariance)),
            batchCount,
        ]
    }

    /// One value has no variance; PyTorch refuses it as well ("Expected more than 1 value per channel
    /// when training").
    public var leastSampleCount: Int { inputShape.pixels > 1 ? 1 : 2 }

    private var channels: Int { inputShape.channels }

    public func plan(_ capacity: Capacity) {
        evaluationConstants = (0..<capacity.workerCount).map { _ in
            BatchNorm2d.makeConstants(channels)
        }
        guard capacity.trains else { return }
        chunkMeans = DoubleBuffer(count: capacity.chunkCount * channels)
        chunkSquares = DoubleBuffer(count: capacity.chunkCount * channels)
        if tail == .reluAndMaxPool {
            argmax = ByteBuffer(count: capacity.sampleCount * outputShape.count)
        }
    }

    // MARK: - Forward

    public func collectStatistics(_ x: FloatSlice, _ chunk: Chunk) {
        rowMoments(
            x, channels: channels, mean: chunkMeans, m2: chunkSquares,
            offset: chunk.index * channels)
    }

    /// Takes a chunk's moments from sums that another pass made: Σ (x − center) and its squares.
    func setMoments(
        _ chunk: Chunk, sums: DoubleBuffer, squares: DoubleBuffer, offset: Int, center: FloatSlice
    ) {
        let count = Double(chunk.count * inputShape.pixels)
        for channel in 0..<channels {
            let (sum, square) = (sums[offset + channel], squares[offset + channel])
            let place = chunk.index * channels + channel
            chunkMeans[place] = Double(center[channel]) + sum / count
            chunkSquares[place] = square - sum * sum / count
        }
    }

    /// Takes a chunk's gradient sums from another pass: Σ dy and Σ dy·(x − mean).
    func setGradientSums(_ chunk: Chunk, sums: DoubleBuffer, sumsX: DoubleBuffer, offset: Int) {
        for channel in 0..<channels {
            let place = chunk.index * channels + channel
            chunkMeans[place] = sums[offset + channel]
            chunkSquares[place] = sumsX[offset + channel]
        }
    }

    /// Merges the chunks' moments in their order.
    ///
    /// Source: Chan, Golub, LeVeque (1983), "Algorithms for Computing the Sample Variance".
    public func finishStatistics(_ plan: BatchPlan) {
        let total = Double(plan.sampleCount * inputShape.pixels)
        precondition(total > 1, "batch norm needs more than one value a channel in training")
        for channel in 0..<channels {
            var (count, mean, m2) = (0.0, 0.0, 0.0)
            for index in 0..<plan.chunkCount {
                let added = Double(plan.chunk(index).count * inputShape.pixels)
                let difference = chunkMeans[index * channels + channel] - mean
                let sum = count + added
                mean += difference * added / sum
                m2 +=
                    chunkSquares[index * channels + channel]
                    + difference * difference * count * added / sum
                count = sum
            }
            useBatch(channel, mean: mean, variance: m2 / total)
            track(
                channel, mean: mean + Double(leftOutBias?[channel] ?? 0),
                unbiasedVariance: m2 / (total - 1))
        }
        if case .integer(let count) = batchCount.content {
            batchCount.content = .integer(count + 1)
        }
    }

    private func useBatch(_ channel: Int, mean: Double, variance: Double) {
        let inverseDeviation = 1 / (variance + epsilon).squareRoot()
        batchInverseDeviation[channel] = inverseDeviation
        constants.set(
            channel, mean: mean, inverseDeviation: inverseDeviation, gamma: weight.value[channel],
            beta: bias.value[channel])
    }

    private func track(_ channel: Int, mean: Double, unbiasedVariance: Double) {
        runningMean[channel] = Float(
            (1 - momentum) * Double(runningMean[channel]) + momentum * mean)
        runningVariance[channel] = Float(
            (1 - momentum) * Double(runningVariance[channel]) + momentum * unbiasedVariance)
    }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        switch pass.mode {
        case .training: apply(constants, x, into: y, pass.chunk, argmax: argmax)
        case .evaluation:
            let running = evaluationConstants[pass.worker]
            for channel in 0..<channels {
                let deviation = (Double(runningVariance[channel]) + epsilon).squareRoot()
                running.set(
                    channel, mean: Double(runningMean[channel]), inverseDeviation: 1 / deviation,
                    gamma: weight.value[channel], beta: bias.value[channel])
            }
            apply(running, x, into: y, pass.chunk, argmax: nil)
        }
    }

    private func apply(
        _ constants: NormConstants, _ x: FloatSlice, into y: FloatSlice, _ chunk: Chunk,
        argmax: ByteBuffer?
    ) {
        guard tail == .reluAndMaxPool else {
            affineRows(
                x, scale: constants.scale, shift: constants.shift, relu: tail == .relu, into: y)
            return
        }
        for sample in 0..<chunk.count {
            normReluPool(
                x.sample(sample, inputShape), inputShape, scale: constants.scale,
                shift: constants.shift, into: y.sample(sample, outputShape), argmax: argmax,
                argmaxOffset: (chunk.start + sample) * outputShape.count)
        }
    }

    // MARK: - Backward

    public func collectGradientSums(x: FloatSlice, y: FloatSlice, dy: FloatSlice, _ chunk: Chunk) {
        guard tail == .reluAndMaxPool, let argmax else {
            normGradientSums(
                x: x, dy: dy, constants, relu: tail == .relu, sums: chunkMeans, sumsX: chunkSquares,
                offset: chunk.index * channels)
            return
        }
        normReluPoolGradientSums(
            x: x, dy: dy, inputShape, mean: constants.mean, argmax: argmax,
            argmaxOffset: chunk.start * outputShape.count, sums: chunkMeans, sumsX: chunkSquares,
            offset: chunk.index * channels)
    }

    /// With x̂ = (x − mean)/σ: dβ = Σ dy, dγ = Σ dy·x̂ and
    /// dx = γ/σ · (dy − dβ/n − x̂·dγ/n).
    public func finishGradientSums(_ plan: BatchPlan) {
        let total = Double(plan.sampleCount * inputShape.pixels)
        for channel in 0..<channels {
            var (sum, sumX) = (0.0, 0.0)
            for index in 0..<plan.chunkCount {
                sum += chunkMeans[index * channels + channel]
                sumX += chunkSquares[index * channels + channel]
            }
            let inverseDeviation = batchInverseDeviation[channel]
            let scale = Double(weight.value[channel]) * inverseDeviation
            weight.gradient[channel] += Float(sumX * inverseDeviation)
            bias.gradient[channel] += Float(sum)
            gradientConstants.a[channel] = Float(scale)
            gradientConstants.b[channel] = Float(
                -scale * inverseDeviation * inverseDeviation * sumX / total)
            gradientConstants.d[channel] = Float(-scale * sum / total)
        }
    }

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        guard tail == .reluAndMaxPool, let argmax else {
            normGradient(
                x: x, dy: dy, constants, relu: tail == .relu, gradientConstants, into: dx)
            return
        }
        for sample in 0..<pass.chunk.count {
            normReluPoolGradient(
                x: x.sample(sample, inputShape), dy: dy.sample(sample, outputShape), inputShape,
                mean: constants.mean, argmax: argmax,
                argmaxOffset: (pass.chunk.start + sample) * outputShape.count, gradientConstants,
                into: dx.sample(sample, inputShape))
        }
    }

    public func flops(_ phase: LayerPhase, isFirst: Bool) -> Double {
        elementwiseFlops(phase, forward: 2, statistics: 3, backward: 4, sums: 3)
    }

    private static func makeConstants(_ channels: Int) -> NormConstants {
        NormConstants(
            mean: FloatBuffer(count: channels).all, scale: FloatBuffer(count: channels).all,
            shift: FloatBuffer(count: channels).all)
    }
}

extension NormConstants {
    fileprivate func prefix(_ channels: Int) -> NormConstants {
        NormConstants(
            mean: mean.slice(0, count: channels), scale: scale.slice(0, count: channels),
            shift: shift.slice(0, count: channels))
    }
}

extension NormGradientConstants {
    fileprivate func prefix(_ channels: Int) -> NormGradientConstants {
        NormGradientConstants(
            a: a.slice(0, count: channels), b: b.slice(0, count: channels),
            d: d.slice(0, count: channels))
    }
}

extension NormConstants {
    fileprivate func set(
        _ channel: Int, mean: Double, inverseDeviation: Double, gamma: Float, beta: Float
    ) {
        let scale = Double(gamma) * inverseDeviation
        self.mean[channel] = Float(mean)
        self.scale[channel] = Float(scale)
        shift[channel] = Float(Double(beta) - mean * scale)
    }
}
