import Kernels
import LinearAlgebra

/// A convolution's output on its way to the next layer: batch norm, ReLU, perhaps a 2×2 max-pool
/// and dropout.
///
/// The pool comes first: batch norm is monotone in each channel, so the largest of a window is
/// known before the statistics are (the smallest where γ < 0), and only the pooled values are read
/// afterwards. Nothing of what lies between two convolutions is ever stored but those values, which
/// pixel was chosen, and the gradient in them.
final class NormalizedMap {
    let norm: BatchNorm2d
    private let bias: Parameter
    private let dropout: DropoutMasks?
    private let isPooled: Bool
    private let keepsOutput: Bool
    private let height: Int
    private let width: Int
    /// Whole vectors.
    let channels: Int

    // Per sample.
    private var outputs = FloatBuffer(count: 0).all
    private var values = FloatBuffer(count: 0).all
    private var gradients = FloatBuffer(count: 0).all
    private var choices = ByteBuffer(count: 0)
    // Per chunk: sums of the forward pass, then of the backward pass.
    private var sums = DoubleBuffer(count: 0)
    private var squares = DoubleBuffer(count: 0)
    // Per channel, of this step.
    private let center: FloatSlice
    private let sign: FloatSlice

    /// - Parameters:
    ///   - bias: of the convolution, which leaves it out: batch norm takes it away again, and its
    ///     gradient is zero.
    ///   - keepsOutput: whether the gradient will be asked for at every pixel. It needs the
    ///     convolution's output there.
    init(norm: BatchNorm2d, bias: Parameter, dropout: Dropout?, keepsOutput: Bool) {
        self.norm = norm
        self.bias = bias
        self.dropout = dropout?.masks
        self.keepsOutput = keepsOutput
        isPooled = norm.tail == .reluAndMaxPool
        height = norm.inputShape.height
        width = norm.inputShape.width
        channels = ImageView.padded(norm.inputShape.channels)
        center = FloatBuffer(count: channels).all
        sign = FloatBuffer(count: channels).all
        norm.leftOutBias = bias.value
    }

    func plan(_ capacity: Capacity) {
        norm.plan(capacity)
        dropout?.plan(capacity)
        if isPooled {
            choices = ByteBuffer(count: capacity.sampleCount * valueCount)
            if keepsOutput { outputs = FloatBuffer(count: capacity.sampleCount * outputCount).all }
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
        for channel in 0..<norm.inputShape.channels {
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
                    choice: choices, choiceOffset: sample * valueCount + first) : nil,
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
        norm.setMoments(
            chunk, sums: sums, squares: squares, offset: chunk.index * channels, center: center)
    }

    /// Writes a sample as the next layer sees it.
    func writeValues(_ sample: Int, step: UInt64, into image: ImageView) {
        dropout?.draw(place: sample, step: step)
        normReluImage(
            value(sample), scale: norm.paddedConstants.scale, shift: norm.paddedConstants.shift,
            mask: dropout?.paddedMask(sample), into: image)
    }

    // MARK: - Backward

    /// The same once more, with the mask that was drawn then.
    func rewriteValues(_ sample: Int, into image: ImageView) {
        normReluImage(
            value(sample), scale: norm.paddedConstants.scale, shift: norm.paddedConstants.shift,
            mask: dropout?.paddedMask(sample), into: image)
    }

    /// Takes the gradient in what `writeValues` wrote.
    func takeGradient(_ du: ImageView, sample: Int, _ chunk: Chunk) {
        reluGradientSums(
            x: value(sample), du: du, norm.paddedConstants, mask: dropout?.paddedMask(sample),
            into: gradient(sample), sums: sums, sumsX: squares, offset: chunk.index * channels)
    }

    func finishGradientChunk(_ chunk: Chunk) {
        norm.setGradientSums(
            chunk, sums: sums, sumsX: squares, offset: chunk.index * channels)
    }

    /// Writes the gradient in the convolution's output, once batch norm's sums are finished.
    func writeOutputGradient(_ sample: Int, into image: ImageView) {
        let constants = norm.paddedConstants
        if isPooled {
            normPoolGradientImage(
                y: outputs.slice(sample * outputCount, count: outputCount), g: gradient(sample),
                choice: choices, choiceOffset: sample * valueCount, mean: constants.mean,
                norm.paddedGradientConstants, into: image)
        } else {
            normGradientImage(
                y: value(sample), g: gradient(sample), mean: constants.mean,
                norm.paddedGradientConstants, into: image)
        }
    }

    /// The gradient in the normalised values of a sample; at pooled pixels only.
    func gradient(_ sample: Int) -> FloatSlice {
        gradients.slice(sample * valueCount, count: valueCount)
    }

    /// Where a sample's chosen pixels lie.
    func choice(_ sample: Int) -> (buffer: ByteBuffer, offset: Int) {
        (choices, sample * valueCount)
    }

    private func value(_ sample: Int) -> FloatSlice {
        values.slice(sample * valueCount, count: valueCount)
    }
}
