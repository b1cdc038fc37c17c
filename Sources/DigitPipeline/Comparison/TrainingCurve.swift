import Orchestration

/// The epochs of the training of a run's model, whichever run trained it.
public struct TrainingCurve: Sendable, Equatable {
    public struct Epoch: Sendable, Equatable {
        /// Counted from 1.
        public let number: Int
        public var trainLoss: Double?
        public var trainAccuracy: Double?
        public var validationLoss: Double?
        public var validationAccuracy: Double?
        public var learningRate: Double?
        public var seconds: Double?
    }

    public let epochs: [Epoch]

    /// The epoch with the lowest validation loss, whose weights a training keeps.
    public var best: Epoch? {
        epochs.filter { $0.validationLoss?.isFinite == true }
            .min { $0.validationLoss! < $1.validationLoss! }
    }

    public var seconds: Double { epochs.reduce(0) { $0 + ($1.seconds ?? 0) } }

    /// - Throws: `StoreError`.
    public init(of run: String, in store: RunStore) throws {
        let model = try store.materializations(of: run).first { $0.asset == "model" }
        var epochs: [Int: Epoch] = [:]
        for point in try store.metrics(of: model?.run ?? run) {
            guard let path = TrainingCurve.paths[point.name], let number = point.epoch else {
                continue
            }
            epochs[number, default: Epoch(number: number)][keyPath: path] = point.value
        }
        self.epochs = epochs.values.sorted { $0.number < $1.number }
    }

    private static var paths: [String: WritableKeyPath<Epoch, Double?>] {
        [
            "train_loss": \.trainLoss, "train_accuracy": \.trainAccuracy,
            "validation_loss": \.validationLoss, "validation_accuracy": \.validationAccuracy,
            "learning_rate": \.learningRate, "epoch_seconds": \.seconds,
        ]
    }
}
