import Kernels
import LinearAlgebra

/// Inverted dropout: in training each element is zero with probability `rate`, else scaled by
/// 1/(1 − rate); the identity in evaluation.
///
/// The mask is a function of (seed, step, place in the batch, element), so it doesn't depend on
/// which worker draws it. Source: PyTorch 2.15, torch.nn.Dropout.
public class Dropout: Layer {
    public let inputShape: SampleShape
    public let rate: Double
    let masks: DropoutMasks

    /// - Parameter index: tells the dropout layers of one network apart.
    public convenience init(_ shape: SampleShape, rate: Double, seed: UInt64, index: UInt32) {
        self.init(shape, rate: rate, seed: seed, index: index, maskWidth: shape.count)
    }

    /// - Parameter maskWidth: neighbouring floats that are drawn for; the mask repeats over the rest.
    fileprivate init(
        _ shape: SampleShape, rate: Double, seed: UInt64, index: UInt32, maskWidth: Int
    ) {
        inputShape = shape
        self.rate = rate
        masks = DropoutMasks(width: maskWidth, rate: rate, seed: seed, index: index)
    }

    public var outputShape: SampleShape { inputShape }
    public var memoryUse: MemoryUse { .inPlace }
    public var backwardReads: BackwardReads { [] }
    /// What is dropped has no gradient.
    public var inPlaceEffect: InPlaceEffect { .keepsSigns }
    public func plan(_ capacity: Capacity) { masks.plan(capacity) }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        masks.forward(x, into: y, inputShape, pass)
    }

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        masks.backward(dy, into: dx, inputShape, pass)
    }
}

/// Dropout of whole channels of a sample.
///
/// Source: PyTorch 2.15, torch.nn.Dropout2d.
public final class Dropout2d: Dropout {
    /// - Parameter index: tells the dropout layers of one network apart.
    public convenience init(_ shape: SampleShape, rate: Double, seed: UInt64, index: UInt32) {
        self.init(shape, rate: rate, seed: seed, index: index, maskWidth: shape.channels)
    }
}

/// The masks of a batch, `width` floats a sample, each repeated over the sample's rows.
final class DropoutMasks {
    private let width: Int
    /// Floats from one sample's mask to the next: whole vectors, zero beyond the mask.
    let stride: Int
    private let rate: Double
    private let index: UInt32
    private let random: Philox
    private var masks = FloatBuffer(count: 0).all

    init(width: Int, rate: Double, seed: UInt64, index: UInt32) {
        precondition(rate >= 0 && rate < 1, "a dropout rate of \(rate)")
        self.width = width
        stride = ImageView.padded(width)
        self.rate = rate
        self.index = index
        random = Philox(key: seed)
    }

    func plan(_ capacity: Capacity) {
        if capacity.trains { masks = FloatBuffer(count: capacity.sampleCount * stride).all }
    }

    func forward(_ x: FloatSlice, into y: FloatSlice, _ shape: SampleShape, _ pass: Pass) {
        guard pass.mode == .training && rate > 0 else {
            if x.pointer != y.pointer { y.update(from: x) }
            return
        }
        for sample in 0..<pass.chunk.count {
            let place = pass.chunk.start + sample
            draw(place: place, step: pass.step)
            scaleRows(x.sample(sample, shape), by: mask(place), into: y.sample(sample, shape))
        }
    }

    func backward(_ dy: FloatSlice, into dx: FloatSlice, _ shape: SampleShape, _ pass: Pass) {
        guard rate > 0 else {
            if dx.pointer != dy.pointer { dx.update(from: dy) }
            return
        }
        for sample in 0..<pass.chunk.count {
            scaleRows(
                dy.sample(sample, shape), by: mask(pass.chunk.start + sample),
                into: dx.sample(sample, shape))
        }
    }

    private func mask(_ place: Int) -> FloatSlice { masks.slice(place * stride, count: width) }

    /// A sample's mask with the zeros behind it; nil where nothing is dropped.
    func paddedMask(_ place: Int) -> FloatSlice? {
        rate > 0 ? masks.slice(place * stride, count: stride) : nil
    }

    /// Draws a sample's mask.
    func draw(place: Int, step: UInt64) {
        if rate > 0 { draw(into: mask(place), place: place, step: step) }
    }

    /// The counter's words: block of four elements, place in the batch, step, purpose.
    private func draw(into mask: FloatSlice, place: Int, step: UInt64) {
        let keep = Float(1 / (1 - rate))
        let threshold = Float(rate)
        for block in 0..<(width + 3) / 4 {
            let draws = random.uniform(
                SIMD4(
                    UInt32(block) | UInt32(truncatingIfNeeded: step >> 32) << 24, UInt32(place),
                    UInt32(truncatingIfNeeded: step), RandomPurpose.dropout + index))
            let first = block * 4
            for lane in 0..<min(4, width - first) {
                mask[first + lane] = draws[lane] < threshold ? 0 : keep
            }
        }
    }
}
