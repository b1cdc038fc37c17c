/// Stops a training whose validation loss no longer falls.
///
/// A loss counts as improvement if it is lower than the best one by more than `minDelta`, strictly:
/// loss + minDelta < best. As many checks in a row without improvement as `patience` says stop the
/// training; so does a loss that isn't finite, which is tested first. Its state is all of it: a
/// checkpoint keeps it whole. Source: lightning.pytorch.callbacks.EarlyStopping (mode "min").
public struct EarlyStopping: Codable, Equatable, Sendable {
    public enum Outcome: Equatable, Sendable {
        case improved
        /// No improvement, for that many checks so far.
        case waiting(Int)
        case stop
        /// The loss is NaN or infinite; nothing was changed.
        case nonFinite
    }

    public let patience: Int
    public let minDelta: Double
    /// The lowest loss that counted as improvement; nil before the first check.
    public private(set) var bestLoss: Double?
    /// Checks since then.
    public private(set) var waitCount = 0

    public init(patience: Int, minDelta: Double) {
        precondition(patience >= 1 && minDelta >= 0, "patience \(patience), min delta \(minDelta)")
        self.patience = patience
        self.minDelta = minDelta
    }

    /// Takes the validation loss of another epoch.
    public mutating func observe(_ loss: Double) -> Outcome {
        guard loss.isFinite else { return .nonFinite }
        if loss + minDelta < bestLoss ?? .infinity {
            bestLoss = loss
            waitCount = 0
            return .improved
        }
        waitCount += 1
        return waitCount >= patience ? .stop : .waiting(waitCount)
    }

    enum CodingKeys: String, CodingKey {
        case patience
        case minDelta = "min_delta"
        case bestLoss = "best_loss"
        case waitCount = "wait_count"
    }

    /// - Throws: `TrainingError.checkpointMismatch` for what no training can have written.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        patience = try values.decode(Int.self, forKey: .patience)
        minDelta = try values.decode(Double.self, forKey: .minDelta)
        bestLoss = try values.decodeIfPresent(Double.self, forKey: .bestLoss)
        waitCount = try values.decode(Int.self, forKey: .waitCount)
        let largest = ScheduleState.largestCount
        try ScheduleState.check(patience, "stopper.patience", 1...largest)
        try ScheduleState.check(waitCount, "stopper.wait_count", 0...largest)
        guard minDelta >= 0 else {
            throw TrainingError.checkpointMismatch(
                field: "stopper.min_delta", found: "\(minDelta)", expected: "at least 0")
        }
    }
}
