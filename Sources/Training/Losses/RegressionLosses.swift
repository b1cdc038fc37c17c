/// The mean of squared differences.
///
/// Source: PyTorch 2.15, torch.nn.MSELoss.
public struct MeanSquaredError: ElementwiseLoss {
    public init() {}

    public var title: String { "the mean squared error" }
    public var record: ComponentRecord { ComponentRecord("mean_squared_error") }
    public var metrics: [TrainingMetric] { [.meanAbsoluteError] }

    public func element(
        _ output: Double, target: Double, index: Int
    ) -> (loss: Double, gradient: Double) {
        let difference = output - target
        return (difference * difference, 2 * difference)
    }
}

/// Half the squared difference up to delta, and from there on a straight line of slope delta, so that
/// outliers pull no harder than the rest.
///
/// Sources: Huber (1964), "Robust Estimation of a Location Parameter"; PyTorch 2.15, torch.nn.HuberLoss.
public struct Huber: ElementwiseLoss {
    public let delta: Double

    /// - Precondition: delta is finite and above 0.
    public init(delta: Double = 1) {
        precondition(delta > 0 && delta.isFinite, "a delta of \(delta)")
        self.delta = delta
    }

    public var title: String { "Huber's loss" }
    public var record: ComponentRecord { ComponentRecord("huber", ["delta": delta]) }
    public var metrics: [TrainingMetric] { [.meanAbsoluteError] }

    public func element(
        _ output: Double, target: Double, index: Int
    ) -> (loss: Double, gradient: Double) {
        let difference = output - target
        if abs(difference) <= delta { return (difference * difference / 2, difference) }
        return (delta * (abs(difference) - delta / 2), difference > 0 ? delta : -delta)
    }
}
