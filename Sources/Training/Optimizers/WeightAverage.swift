import Kernels
import LinearAlgebra

/// The exponential moving average of a model's parameters over its training steps.
///
/// ema += (1 − decay)·(p − ema); the first update copies, so that the average starts from trained
/// values. Running statistics aren't averaged: whoever evaluates with `values` copies the model's.
/// Source: torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn (2.15).
public final class WeightAverage {
    public let decay: Double
    /// The average, in the order of the parameters; saved and restored with `updateCount`.
    public let values: FloatSlice
    /// Updates begun so far.
    public var updateCount = 0

    private var weight: Float = 1

    /// - Parameter decay: the share of the old average that stays, in [0, 1).
    public init(parameterCount: Int, decay: Double) {
        precondition(decay >= 0 && decay < 1, "a decay of \(decay)")
        self.decay = decay
        values = FloatBuffer(count: parameterCount).all
    }

    /// Starts an update; `update` for ranges that cover the parameters follows.
    public func beginUpdate() {
        weight = updateCount == 0 ? 1 : Float(1 - decay)
        updateCount += 1
    }

    /// Updates one range. Workers may call it at once with ranges that don't overlap.
    public func update(from parameters: FloatSlice, range: Range<Int>) {
        lerp(
            values.slice(range.lowerBound, count: range.count),
            towards: parameters.slice(range.lowerBound, count: range.count), weight: weight)
    }
}
