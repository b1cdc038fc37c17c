import Kernels
import LinearAlgebra

/// A convolution's output on its way to its readers: batch norm (or the convolution's bias), perhaps another
/// map added (a shortcut), perhaps ReLU, a 2×2 max-pool and dropout.
///
/// The pool comes first: batch norm is monotone in each channel, so the largest of a window is
/// known before the statistics are (the smallest where γ < 0), and only the pooled values are read
/// afterwards. Nothing of what lies between two convolutions is ever stored but those values, their
/// argmax, and the gradient in them; where another map is added, also the sums, for all of their
/// readers.
final class NormalizedMap: BatchSums {
    let norm: BatchNorm2d?
    private let bias: Parameter?
    private let dropout: DropoutMasks?
    private let isRectified: Bool
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
    private let identity: NormConstants

    /// What is added before ReLU.
    private let added: MapSource?
    /// Its reading, which takes place when this map is first read.
    private var addend: MapReader?
    /// Readings by others; of several, the first in the order of the graph is the last on the way back.
    private(set) var readerCount = 0
    /// The map that adds this one and is its last reader, whose gradient is then this one's, too.
    private weak var lastAdder: NormalizedMap?

    // Per sample.
    private var outputs = FloatBuffer(count: 0).all
    private var values = FloatBuffer(count: 0).all
    private var gradients = FloatBuffer(count: 0).all
    private var argmaxes = ByteBuffer(count: 0)
    /// With an addend: what readers see, but for dropout.
    private var finals = FloatBuffer(count: 0).all
    /// With several readers: the gradient in what they see, as far as it is known.
    private var pending = FloatBuffer(count: 0).all
    // Per chunk: sums of the forward pass, then of the backward pass.
    private var sums = DoubleBuffer(count: 0)
    private var squares = DoubleBuffer(count: 0)
    // Per channel, of this step.
    private let center: FloatSlice
    private let sign: FloatSlice
    /// Computes a sample's output once more and hands over its rows, some at a time: for a
    /// convolution whose output isn't kept.
    var recompute: ((_ sample: Int, _ take: (ImageView) -> Void) -> Void)?

    /// What follows a convolution.
    struct Tail {
        /// nil for none.
        var norm: BatchNorm2d?
        /// Added before ReLU.
        var addend: MapSource?
        var isRectified = true
        /// By windows of 2×2.
        var isPooled = false
        var dropout: Dropout?
    }

    /// - Parameters:
    ///   - shape: of the convolution's output.
    ///   - bias: of the convolution, which leaves it out: batch norm takes it away again, and its
    ///     gradient is zero then.
    ///   - isSparse: whether the convolution asks for the gradient at argmaxes only. Otherwise it
    ///     does at every pixel, and batch norm needs the convolution's output there.
    /// - Precondition: nothing is both added and pooled.
    init(_ shape: SampleShape, bias: Parameter?, tail: Tail, isSparse: Bool = false) {
        precondition(!(tail.isPooled && tail.addend != nil))
        norm = tail.norm
        self.bias = bias
        dropout = tail.dropout?.masks
        isRectified = tail.isRectified
        isPooled = tail.isPooled
        added = tail.addend
        keepsOutput = tail.norm != nil && !isSparse
        (height, width, realChannels) = (shape.height, shape.width, shape.channels)
        channels = ImageView.padded(shape.channels)
        center = FloatBuffer(count: channels).all
        sign = FloatBuffer(count: channels).all
        identity = NormalizedMap.identity(channels)
        constants = tail.norm?.paddedConstants ?? NormalizedMap.identity(channels)
        gradientConstants =
            tail.norm?.paddedGradientConstants ?? NormalizedMap.identityGradient(channels)
        norm?.leftOutBias = bias?.value
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

    /// Announces one more reading; readers are made in the order in which they read.
    ///
    /// - Parameter adder: the map that reads this one to add it.
    func makeReader(adder: NormalizedMap? = nil) -> MapReader {
        if readerCount == 0 { addend = added?.makeReader(adder: self) }
        lastAdder = adder
        readerCount += 1
        return MapReader(.map(self), order: readerCount - 1)
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
        if added != nil { finals = FloatBuffer(count: capacity.sampleCount * valueCount).all }
        if readerCount > 1 && !sharesPending {
            pending = FloatBuffer(count: capacity.sampleCount * valueCount).all
        }
        sums = DoubleBuffer(count: capacity.chunkCount * channels)
        squares = DoubleBuffer(count: capacity.chunkCount * channels)
    }

    /// With two readers, the second of which adds this map: its gradient is read where it lies.
    private var sharesPending: Bool { readerCount == 2 && lastAdder != nil }

    private var outputCount: Int { height * width * channels }
    var valueHeight: Int { isPooled ? height / 2 : height }
    var valueWidth: Int { isPooled ? width / 2 : width }
    private var valueCount: Int { valueHeight * valueWidth * channels }
    /// Of what readers see.
    var valueShape: SampleShape {
        SampleShape(height: valueHeight, width: valueWidth, channels: realChannels)
    }

    // MARK: - Forward

    /// Once a step, before the first chunk.
    func beginStep() {
        for channel in 0..<realChannels {
            let bias = bias?.value[channel] ?? 0
            guard let norm else {
                constants.shift[channel] = bias
                sign[channel] = 1
                continue
            }
            center[channel] = norm.runningMean[channel] - bias
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
    func finishStatistics(_ plan: BatchPlan) {
        guard let norm else { return }
        for channel in 0..<realChannels where hasLostDigits(channel, norm, plan) {
            sumAgain(channel, norm, plan)
        }
        norm.finishStatistics(plan)
    }

    /// How large the squares' mean may be beside the variance: that of float32 squares then keeps
    /// some six digits.
    private static let largestRatio = 100.0

    /// Whether a channel's center, the running mean, lies so far from the batch's mean that the
    /// variance, a small difference of large sums, is little but their rounding.
    private func hasLostDigits(_ channel: Int, _ norm: BatchNorm2d, _ plan: BatchPlan) -> Bool {
        var (sum, square) = (0.0, 0.0)
        for chunk in 0..<plan.chunkCount {
            sum += sums[chunk * channels + channel]
            square += squares[chunk * channels + channel]
        }
        let count = Double(plan.sampleCount * height * width)
        let spread = square - sum * sum / count + norm.epsilon * count
        return square > NormalizedMap.largestRatio * spread
    }

    /// Takes a channel's sums once more, in double precision.
    private func sumAgain(_ channel: Int, _ norm: BatchNorm2d, _ plan: BatchPlan) {
        let center = Double(center[channel])
        for index in 0..<plan.chunkCount {
            let chunk = plan.chunk(index)
            var (sum, square) = (0.0, 0.0)
            for sample in chunk.start..<chunk.start + chunk.count {
                readOutput(sample) { row in
                    for pixel in 0..<row.height * row.width {
                        let place =
                            pixel / row.width * row.rowStride + pixel % row.width * row.pixelStride
                        let deviation = Double(row.values[place + channel]) - center
                        sum += deviation
                        square += deviation * deviation
                    }
                }
            }
            sums[index * channels + channel] = sum
            squares[index * channels + channel] = square
            finishChunk(chunk)
        }
    }

    /// Hands over a sample of the convolution's output.
    private func readOutput(_ sample: Int, _ take: (ImageView) -> Void) {
        if let kept = kept(sample, firstRow: 0, rows: height) {
            take(ImageView(kept, height: height, width: width, channels: channels))
        } else {
            recompute!(sample, take)
        }
    }

    /// What must be finished before the first reader reads.
    var awaitedStatistics: [any BatchSums] {
        (norm == nil ? [] : [self]) + (addend?.awaitedStatistics ?? [])
    }

    /// Writes a sample as a reader sees it.
    ///
    /// - Parameter order: of the reader.
    func writeValues(_ sample: Int, step: UInt64, order: Int, into image: ImageView) {
        if order == 0 { dropout?.draw(place: sample, step: step) }
        guard let addend, order == 0 else { return rewriteValues(sample, into: image) }
        let operands = MapOperands(
            x: value(sample), constants: constants, other: addend.addend(sample, step: step),
            isRectified: isRectified, mask: dropout?.paddedMask(sample))
        mapValues(
            operands, height: valueHeight, width: valueWidth, channels: channels,
            values: final(sample), into: image)
    }

    /// The same once more, with the mask that was drawn then.
    func rewriteValues(_ sample: Int, into image: ImageView) {
        let mask = dropout?.paddedMask(sample)
        if addend == nil && isRectified {
            normReluImage(
                value(sample), scale: constants.scale, shift: constants.shift, mask: mask,
                into: image)
            return
        }
        let operands =
            addend == nil
            ? MapOperands(x: value(sample), constants: constants, isRectified: false, mask: mask)
            : MapOperands(x: final(sample), constants: identity, isRectified: false, mask: mask)
        mapValues(
            operands, height: valueHeight, width: valueWidth, channels: channels, values: nil,
            into: image)
    }

    /// A sample as a map that adds it sees it.
    func addend(_ sample: Int, step: UInt64, order: Int) -> MapAddend {
        guard let addend else {
            return MapAddend(x: value(sample), constants: constants, isRectified: isRectified)
        }
        if order == 0 {
            let operands = MapOperands(
                x: value(sample), constants: constants, other: addend.addend(sample, step: step),
                isRectified: isRectified)
            mapValues(
                operands, height: valueHeight, width: valueWidth, channels: channels,
                values: final(sample), into: nil)
        }
        return MapAddend(x: final(sample))
    }

    // MARK: - Backward

    func beginGradient(_ chunk: Chunk, order: Int) {
        guard order == 0 else { return }
        beginChunk(chunk)
        addend?.beginGradient(chunk)
    }

    /// Takes the gradient in what a reader saw.
    func takeGradient(_ du: ImageView, sample: Int, _ chunk: Chunk, order: Int) {
        guard order == 0 else {
            keepImage(
                du, adding: order < readerCount - 1, into: pendingGradient(sample))
            return
        }
        let offset = chunk.index * channels
        let mask = dropout?.paddedMask(sample)
        if addend == nil && isRectified && readerCount == 1 {
            reluGradientSums(
                x: value(sample), du: du, constants, mask: mask, into: gradient(sample),
                sums: sums, sumsX: squares, offset: offset)
            return
        }
        mapGradient(
            MapOperands(
                x: value(sample), constants: constants, isRectified: isRectified, mask: mask),
            values: addend == nil ? nil : final(sample), du: du,
            extra: readerCount > 1 ? pendingGradient(sample) : nil, height: valueHeight,
            width: valueWidth, channels: channels, into: gradient(sample), sums: sums,
            sumsX: squares, offset: offset)
        addend?.takeAddendGradient(gradient(sample), sample: sample, chunk)
    }

    /// The same from a map that adds this one: a compact image.
    func takeAddendGradient(_ g: FloatSlice, sample: Int, _ chunk: Chunk, order: Int) {
        if sharesPending && order == 1 { return }
        takeGradient(
            ImageView(g, height: valueHeight, width: valueWidth, channels: channels),
            sample: sample, chunk, order: order)
    }

    private func pendingGradient(_ sample: Int) -> FloatSlice {
        if sharesPending, let lastAdder { return lastAdder.gradient(sample) }
        return pending.slice(sample * valueCount, count: valueCount)
    }

    func finishGradient(_ chunk: Chunk, order: Int) {
        guard order == 0 else { return }
        norm?.setGradientSums(
            chunk, sums: sums, sumsX: squares, offset: chunk.index * channels)
        addend?.finishGradient(chunk)
    }

    /// What is gathered when the gradient from a reader was taken.
    func gatheredSums(order: Int) -> [any BatchSums] {
        order == 0 ? [self] + (addend?.gatheredSums ?? []) : []
    }

    /// What must be finished before the gradient in the convolution's output is written.
    var awaitedSums: [any BatchSums] { norm == nil ? [] : [self] }

    /// Once all chunks' gradients were taken.
    func finishGradientSums(_ plan: BatchPlan) {
        guard norm == nil else {
            norm?.finishGradientSums(plan)
            return
        }
        guard let bias else { return }
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

    /// A sample's argmaxes.
    func argmax(_ sample: Int) -> (buffer: ByteBuffer, offset: Int) {
        (argmaxes, sample * valueCount)
    }

    private func value(_ sample: Int) -> FloatSlice {
        values.slice(sample * valueCount, count: valueCount)
    }

    private func final(_ sample: Int) -> FloatSlice {
        finals.slice(sample * valueCount, count: valueCount)
    }
}
