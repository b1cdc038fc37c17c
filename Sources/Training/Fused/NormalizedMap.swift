import Kernels
import LinearAlgebra

/// A convolution's output on its way to the next layer: batch norm (or the convolution's bias), ReLU,
/// perhaps a 2×2 max-pool and dropout.
///
/// The pool comes first: batch norm is monotone in each channel, so the largest of a window is
/// known before the statistics are (the smallest where γ < 0), and only the pooled values are read
/// afterwards. Nothing of what lies between two convolutions is ever stored but those values, which
/// pixel was chosen, and the gradient in them.
final class NormalizedMap {
    private let norm: BatchNorm2d?
    private let bias: Parameter
    private let dropout: DropoutMasks?
    private let isPooled: Bool
    private let keepsOutput: Bool
    private let height: Int
    private let width: Int
    private let realChannels: Int
    /// Whole vectors.
    let channels: Int
    /// What is done to the values: batch norm, or the addition of the bias.
    private let constants: NormConstants
    /// dy = a·g + b·(y − mean) + d.
    let gradientConstants: NormGradientConstants

    // Per sample.
    private var outputs = FloatBuffer(count: 0).all
    private var values = FloatBuffer(count: 0).all
    private var gradients = FloatBuffer(count: 0).all
    private var argmaxes = ByteBuffer(count: 0)
    // Per chunk: sums of the forward pass, then of the backward pass.
    private var sums = DoubleBuffer(count: 0)
    private var squares = DoubleBuffer(count: 0)
    // Per channel, of this step.
    private let center: FloatSlice
    private let sign: FloatSlice

    /// - Parameters:
    ///   - shape: of the convolution's output.
    ///   - norm: nil for none.
    ///   - bias: of the convolution, which leaves it out: batch norm takes it away again, and its
    ///     gradient is zero then.
    ///   - isFirst: whether the convolution is the first one, whose gradient isn't asked for at every
    ///     pixel. Otherwise it is, and batch norm needs the convolution's output there.
    init(
        _ shape: SampleShape, norm: BatchNorm2d?, bias: Parameter, dropout: Dropout?,
        isPooled: Bool, isFirst: Bool
    ) {
        self.norm = norm
        self.bias = bias
        self.dropout = dropout?.masks
        self.isPooled = isPooled
        keepsOutput = norm != nil && !isFirst
        (height, width, realChannels) = (shape.height, shape.width, shape.channels)
        channels = ImageView.padded(shape.channels)
        center = FloatBuffer(count: channels).all
        sign = FloatBuffer(count: channels).all
        constants = norm?.paddedConstants ?? NormalizedMap.identity(channels)
        gradientConstants =
            norm?.paddedGradientConstants ?? NormalizedMap.identityGradient(channels)
        norm?.leftOutBias = bias.value
    }

    private static func identity(_ channels: Int) -> NormConstants {
        let constants = NormConstants(
            mean: FloatBuffer(count: channels).all, scale: FloatBuffer(count: channels).all,
            shift: FloatBuffer(count: channels).all)
        constants.scale.fill(1)
        return constants
    }

    private static func identityGradient(_ channels: Int) -> NormGradientConstants {
        let constants = NormGradientConstants(
            a: FloatBuffer(count: channels).all, b: FloatBuffer(count: channels).all,
            d: FloatBuffer(count: channels).all)
        constants.a.fill(1)
        return constants
    }

    func plan(_ capacity: Capacity) {
        norm?.plan(capacity)
        dropout?.plan(capacity)
        if isPooled {
            argmaxes = ByteBuffer(count: capacity.sampleCount * valueCount)
            // Without batch norm one sample's zeros stand for all: they are multiplied by zero.
            outputs = FloatBuffer(count: (keepsOutput ? capacity.sampleCount : 1) * outputCount).all
        }
        values = FloatBuffer(count: capacity.sampleCount * valueCount).all
        // Behind a pool nobody reads the values once their gradient is known.
        gradients =
            isPooled ? values : FloatBuffer(count: capacity.sampleCount * valueCount).all
        sums = DoubleBuffer(count: capacity.chunkCount * channels)
        squares = DoubleBuffer(count: capacity.chunkCount * channels)
    }

    private var outputCount: Int { height * width * channels }
    private var valueHeight: Int { isPooled ? height / 2 : height }
    private var valueWidth: Int { isPooled ? width / 2 : width }
    private var valueCount: Int { valueHeight * valueWidth * channels }

    // MARK: - Forward

    /// Once a step, before the first chunk.
    func beginStep() {
        for channel in 0..<realChannels {
            guard let norm else {
                constants.shift[channel] = bias.value[channel]
                sign[channel] = 1
                continue
            }
            center[channel] = norm.runningMean[channel] - bias.value[channel]
            let gamma = norm.weight.value[channel]
            sign[channel] = gamma > 0 ? 1 : gamma < 0 ? -1 : 0
        }
    }

    func beginChunk(_ chunk: Chunk) {
        sums.fill(0, from: chunk.index * channels, count: channels)
        squares.fill(0, from: chunk.index * channels, count: channels)
    }

    /// Takes some rows of a sample of the convolution's output, from an even row on.
    func observe(_ image: ImageView, sample: Int, firstRow: Int, _ chunk: Chunk) {
        let first = firstRow / 2 * valueWidth * channels
        let count = image.height / 2 * valueWidth * channels
        Kernels.observe(
            image, center: center, sign: sign,
            pooled: isPooled
                ? PooledOutput(
                    values: values.slice(sample * valueCount + first, count: count),
                    argmax: argmaxes, argmaxOffset: sample * valueCount + first) : nil,
            kept: kept(sample, firstRow: firstRow, rows: image.height), sums: sums,
            squares: squares, offset: chunk.index * channels)
    }

    private func kept(_ sample: Int, firstRow: Int, rows: Int) -> FloatSlice? {
        guard keepsOutput || !isPooled else { return nil }
        let storage = isPooled ? outputs : values
        return storage.slice(
            sample * outputCount + firstRow * width * channels, count: rows * width * channels)
    }

    func finishChunk(_ chunk: Chunk) {
        norm?.setMoments(
            chunk, sums: sums, squares: squares, offset: chunk.index * channels, center: center)
    }

    /// Once all chunks were observed.
    func finishStatistics(_ plan: BatchPlan) { norm?.finishStatistics(plan) }

    /// Writes a sample as the next layer sees it.
    func writeValues(_ sample: Int, step: UInt64, into image: ImageView) {
        dropout?.draw(place: sample, step: step)
        normReluImage(
            value(sample), scale: constants.scale, shift: constants.shift,
            mask: dropout?.paddedMask(sample), into: image)
    }

    // MARK: - Backward

    /// The same once more, with the mask that was drawn then.
    func rewriteValues(_ sample: Int, into image: ImageView) {
        normReluImage(
            value(sample), scale: constants.scale, shift: constants.shift,
            mask: dropout?.paddedMask(sample), into: image)
    }

    /// Takes the gradient in what `writeValues` wrote.
    func takeGradient(_ du: ImageView, sample: Int, _ chunk: Chunk) {
        reluGradientSums(
            x: value(sample), du: du, constants, mask: dropout?.paddedMask(sample),
            into: gradient(sample), sums: sums, sumsX: squares, offset: chunk.index * channels)
    }

    func finishGradientChunk(_ chunk: Chunk) {
        norm?.setGradientSums(
            chunk, sums: sums, sumsX: squares, offset: chunk.index * channels)
    }

    /// Once all chunks' gradients were taken.
    func finishGradientSums(_ plan: BatchPlan) {
        guard norm == nil else {
            norm?.finishGradientSums(plan)
            return
        }
        for channel in 0..<realChannels {
            var total = 0.0
            for chunk in 0..<plan.chunkCount { total += sums[chunk * channels + channel] }
            bias.gradient[channel] += Float(total)
        }
    }

    /// Writes the gradient in the convolution's output, once batch norm's sums are finished.
    func writeOutputGradient(_ sample: Int, into image: ImageView) {
        if isPooled {
            let place = keepsOutput ? sample : 0
            normPoolGradientImage(
                y: outputs.slice(place * outputCount, count: outputCount), g: gradient(sample),
                argmax: argmaxes, argmaxOffset: sample * valueCount, mean: constants.mean,
                gradientConstants, into: image)
        } else {
            normGradientImage(
                y: value(sample), g: gradient(sample), mean: constants.mean,
                gradientConstants, into: image)
        }
    }

    /// The gradient in the normalised values of a sample; at pooled pixels only.
    func gradient(_ sample: Int) -> FloatSlice {
        gradients.slice(sample * valueCount, count: valueCount)
    }

    /// Where a sample's chosen pixels lie.
    func argmax(_ sample: Int) -> (buffer: ByteBuffer, offset: Int) {
        (argmaxes, sample * valueCount)
    }

    private func value(_ sample: Int) -> FloatSlice {
        values.slice(sample * valueCount, count: valueCount)
    }
}
