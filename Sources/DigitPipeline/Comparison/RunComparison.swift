import Foundation
import Orchestration

/// Trainings ranked by a validation figure, those that differ by their seed alone as one.
public struct RunComparison: Sendable {
    public let metric: SweepPlan.Metric
    /// The best first; those without a figure last.
    public let rows: [Row]
    /// The configuration keys in which the rows differ.
    public let parameters: [String]

    /// One configuration, trained with one or more seeds.
    public struct Row: Sendable, Encodable {
        public let name: String
        /// Values of the keys in which the rows differ.
        public let parameters: [String: String]
        public let variant: String?
        public let runs: [String]
        public let seeds: [String]
        public let validationAccuracy: SampleMean?
        public let validationLoss: SampleMean?
        /// Epochs that were trained, of the longest training.
        public let epochs: Int
        /// Mean time of a training.
        public let seconds: Double?
        /// Why there is no figure.
        public let failure: String?
        /// Means over the seeds.
        let curve: [TrainingCurve.Epoch]

        public func score(_ metric: SweepPlan.Metric) -> SampleMean? {
            metric == .validationAccuracy ? validationAccuracy : validationLoss
        }

        enum CodingKeys: String, CodingKey {
            case name, parameters, variant, runs, seeds, epochs, seconds, failure
            case validationAccuracy = "validation_accuracy"
            case validationLoss = "validation_loss"
        }
    }

    /// - Parameter runs: those that trained nothing are passed over.
    /// - Throws: `SweepError.noRuns`, `StoreError`.
    public init(_ runs: [StoredRun], metric: SweepPlan.Metric, in store: RunStore) throws {
        let trainings = try Training.latest(runs, in: store)
        guard !trainings.isEmpty else { throw SweepError.noRuns("these runs") }
        let groups = Dictionary(grouping: trainings, by: \.configuration)
        let varying = RunComparison.varyingKeys(Array(groups.keys))
        self.metric = metric
        parameters = varying
        rows = groups.map { Row($0.value, configuration: $0.key, varying: varying) }
            .sorted { RunComparison.isBefore($0, $1, metric) }
    }

    private static func varyingKeys(_ configurations: [[String: String]]) -> [String] {
        let keys = ConfigSchema.keys.map(\.name)
        return keys.filter { key in Set(configurations.map { $0[key] }).count > 1 }
    }

    private static func isBefore(_ first: Row, _ second: Row, _ metric: SweepPlan.Metric) -> Bool {
        switch (first.score(metric)?.mean, second.score(metric)?.mean) {
        case (let a?, let b?) where a != b: metric.isBetter(a, than: b)
        case (_?, nil): true
        case (nil, _?): false
        default: first.name < second.name
        }
    }
}

/// The mean of a figure over seeds, with its standard error.
public struct SampleMean: Sendable, Encodable, Equatable {
    public let mean: Double
    /// s/√n with s² = Σ(x − mean)²/(n − 1); nil for one value.
    public let standardError: Double?
    public let count: Int

    /// - Returns: nil for no values.
    public init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        let n = Double(values.count)
        let mean = values.reduce(0, +) / n
        self.mean = mean
        count = values.count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        standardError = values.count > 1 ? (squares / (n - 1) / n).squareRoot() : nil
    }

    enum CodingKeys: String, CodingKey {
        case mean, count
        case standardError = "standard_error"
    }
}

/// A run that trained, or took, a model.
private struct Training {
    let run: StoredRun
    let curve: TrainingCurve

    /// What decides the result besides the seed.
    var configuration: [String: String] {
        run.config.filter { !Training.otherKeys.contains($0.key) }
    }

    private static let otherKeys = Set([
        "seed", "home", "threads", "accept_other_cpu", "recipe", "data_dir", "checkpoint_steps",
        "checkpoints_kept",
    ]).union(ConfigSchema.gateKeys.map(\.name))

    /// One training for each configuration and seed: the one that went farthest, then one that came to
    /// its end, then the first, which is the one that trained.
    static func latest(_ runs: [StoredRun], in store: RunStore) throws -> [Training] {
        var found: [[String: String]: Training] = [:]
        // Whatever their clocks said: the store gives the latest first.
        let order = Dictionary(
            uniqueKeysWithValues: try store.runIDs().enumerated().map { ($1, $0) })
        for run in runs.sorted(by: { order[$0.id, default: 0] > order[$1.id, default: 0] }) {
            let curve = try TrainingCurve(of: run.id, in: store)
            let hasFailed = run.status == .failed && run.tags["sweep"] != nil
            guard !curve.epochs.isEmpty || hasFailed else { continue }
            let training = Training(run: run, curve: curve)
            var key = training.configuration
            key["seed"] = run.config["seed"]
            if found[key].map({ training.isFarther(than: $0) }) ?? true { found[key] = training }
        }
        return found.values.sorted { $0.run.id < $1.run.id }
    }

    private func isFarther(than other: Training) -> Bool {
        let (epochs, others) = (curve.epochs.count, other.curve.epochs.count)
        guard epochs == others else { return epochs > others }
        return run.status == .succeeded && other.run.status != .succeeded
    }
}

extension RunComparison.Row {
    fileprivate init(
        _ trainings: [Training], configuration: [String: String], varying: [String]
    ) {
        let first = trainings[0].run
        parameters = configuration.filter { varying.contains($0.key) }
        variant = first.tags["variant"]
        let values = varying.map { "\($0) \(configuration[$0] ?? "-")" }
        name =
            first.tags["trial_name"] ?? (values.isEmpty ? first.id : values.joined(separator: ", "))
        runs = trainings.map(\.run.id)
        seeds = trainings.compactMap { $0.run.config["seed"] }
        let best = trainings.filter { $0.run.status != .failed }.compactMap(\.curve.best)
        validationAccuracy = SampleMean(best.compactMap(\.validationAccuracy))
        validationLoss = SampleMean(best.compactMap(\.validationLoss))
        epochs = trainings.map(\.curve.epochs.count).max() ?? 0
        seconds = SampleMean(trainings.map(\.curve.seconds))?.mean
        failure =
            trainings.lazy.compactMap { $0.run.status == .failed ? $0.run.failure : nil }.first
        curve = Self.mean(trainings.map(\.curve))
    }

    /// Epoch by epoch, over the trainings that have it.
    private static func mean(_ curves: [TrainingCurve]) -> [TrainingCurve.Epoch] {
        let all = Dictionary(grouping: curves.flatMap(\.epochs), by: \.number)
        return all.sorted { $0.key < $1.key }.map { number, epochs in
            var mean = TrainingCurve.Epoch(number: number)
            mean.validationLoss = SampleMean(epochs.compactMap(\.validationLoss))?.mean
            mean.validationAccuracy = SampleMean(epochs.compactMap(\.validationAccuracy))?.mean
            return mean
        }
    }
}
