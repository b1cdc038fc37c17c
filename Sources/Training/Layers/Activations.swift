import Kernels
import LinearAlgebra

/// max(x, 0), in place.
public final class ReLU: Layer {
    public let inputShape: SampleShape

    public init(_ shape: SampleShape) { inputShape = shape }

    public var outputShape: SampleShape { inputShape }
    public var memoryUse: MemoryUse { .inPlace }
    public var backwardReads: BackwardReads { .outputSign }
    public var inPlaceEffect: InPlaceEffect { .keepsSigns }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) { relu(x, into: y) }

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        reluGradient(y: y, dy: dy, into: dx)
    }
}

/// `[H, W, C]` seen as features.
///
/// Nothing moves: the engine's order of a flattened image is H·W·C, and `Linear` translates its
/// weights at the border to PyTorch, which flattens C·H·W.
public final class Flatten: Layer {
    public let inputShape: SampleShape

    public init(_ shape: SampleShape) { inputShape = shape }

    public var outputShape: SampleShape { inputShape }
    public var memoryUse: MemoryUse { .inPlace }
    public var backwardReads: BackwardReads { [] }
    public var inPlaceEffect: InPlaceEffect { .keepsValues }

    public func flops(_ phase: LayerPhase, isFirst: Bool) -> Double { 0 }

    public func forward(_ x: FloatSlice, into y: FloatSlice, _ pass: Pass) {
        if y.pointer != x.pointer { y.update(from: x) }
    }

    public func backward(
        x: FloatSlice, y: FloatSlice, dy: FloatSlice, into dx: FloatSlice?, _ pass: Pass
    ) {
        guard let dx else { return }
        if dx.pointer != dy.pointer { dx.update(from: dy) }
    }
}
