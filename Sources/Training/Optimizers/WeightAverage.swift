import Kernels
import LinearAlgebra

/// The exponential moving average of a model's parameters over its training steps, and of its running
/// statistics, which belong to the weights that made them.
///
/// average += (1 − decay_n)·(value − average) at update n = 1, 2, …, by `rule`.
public final class WeightAverage {
    /// How the decay depends on the count of updates.
    public enum Rule: String, Codable, Sendable {
        /// decay_n = min(decay, n / (n + 9)), and 0 for n = 1, which copies: a short training is
        /// averaged over its last ninth, about, and not held back by its first steps' weights.
        /// Source: `EMAModel.get_decay` of diffusers 0.42, as tf.train.ExponentialMovingAverage with
        /// `num_updates`.
        case warmedUp = "warmed_up"
        /// decay_n = decay, and 0 for n = 1; running statistics stay the model's own. Trainings that a
        /// version before 0.2 began go on by it.
        /// Source: torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn (2.15).
        case constant
    }

    public let decay: Double
    public internal(set) var rule: Rule
    /// The parameters' average, in their order; saved and restored with what follows.
    public let values: FloatSlice
    /// The running statistics' average, one after another.
    public let statistics: FloatSlice
    /// Updates begun so far.
    public var updateCount = 0

    /// Of the model, with their places in `statistics`.
    private let sources: [(model: FloatSlice, average: FloatSlice)]
    private var weight: Float = 1

    /// - Parameters:
    ///   - statistics: the model's running statistics, which are read at each update.
    ///   - decay: the share of the old average that stays in the end, in [0, 1).
    public init(
        parameterCount: Int, statistics: [FloatSlice] = [], decay: Double, rule: Rule = .warmedUp
    ) {
        precondition(decay >= 0 && decay < 1, "a decay of \(decay)")
        self.decay = decay
        self.rule = rule
        values = FloatBuffer(count: parameterCount).all
        let all = FloatBuffer(count: statistics.reduce(0) { $0 + $1.count }).all
        self.statistics = all
        var start = 0
        sources = statistics.map { model in
            defer { start += model.count }
            return (model, all.slice(start, count: model.count))
        }
    }

    /// The share of the old average that stays at an update, counted from 1.
    func decay(atUpdate n: Int) -> Double {
        guard n > 1 else { return 0 }
        return rule == .constant ? decay : min(decay, Double(n) / Double(n + 9))
    }

    /// Starts an update of the parameters, by `update` for ranges that cover them, and does that of the
    /// running statistics.
    public func beginUpdate() {
        updateCount += 1
        weight = Float(1 - decay(atUpdate: updateCount))
        guard rule == .warmedUp else { return }
        for source in sources { lerp(source.average, towards: source.model, weight: weight) }
    }

    /// Updates one range. Workers may call it at once with ranges that don't overlap.
    public func update(from parameters: FloatSlice, range: Range<Int>) {
        lerp(
            values.slice(range.lowerBound, count: range.count),
            towards: parameters.slice(range.lowerBound, count: range.count), weight: weight)
    }

    /// Puts the average in the place of the model's parameters and running statistics.
    func replace(_ parameters: FloatSlice) {
        parameters.update(from: values)
        guard rule == .warmedUp else { return }
        for source in sources { source.model.update(from: source.average) }
    }
}
