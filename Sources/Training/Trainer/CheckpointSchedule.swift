/// Which states of a training are handed out on the way, and to whom.
public struct CheckpointSchedule {
    /// Optimizer steps between two; nil for none within an epoch.
    public let everySteps: Int?
    /// Whether there is one at the end of each epoch but the last.
    public let everyEpoch: Bool
    /// Called between two steps, on the training's thread.
    let write: (Checkpoint) throws -> Void

    /// - Precondition: `everySteps` is at least 1.
    public init(
        everySteps: Int?, everyEpoch: Bool = true, write: @escaping (Checkpoint) throws -> Void
    ) {
        precondition(everySteps ?? 1 >= 1, "a checkpoint every \(everySteps ?? 0) steps")
        self.everySteps = everySteps
        self.everyEpoch = everyEpoch
        self.write = write
    }

    /// None at all.
    public static var none: CheckpointSchedule {
        CheckpointSchedule(everySteps: nil, everyEpoch: false, write: { _ in })
    }

    func isDue(atStep step: Int) -> Bool { everySteps.map { step % $0 == 0 } ?? false }

    func isDue(atEpoch epoch: Int, of count: Int) -> Bool { everyEpoch && epoch < count }
}
