import Foundation
import Orchestration
import RunFacts
import Training

/// Trainings ranked by a validation metric (`RankKey`), those that differ by their seed alone as one.
public struct RunComparison: Sendable {
    public let metric: SweepPlan.Metric
    /// The best first; those without a metric last.
    public let rows: [Row]
    /// The configuration keys in which the rows differ.
    public let parameters: [String]

    /// How far a configuration's trainings got.
    public enum Progress: String, Sendable, Encodable {
        /// All of them came to their end.
        case finished
        /// A sweep went on with better ones.
        case dropped
        case unfinished
        /// One of them failed.
        case failed
    }

    /// One configuration, trained with one or more seeds.
    public struct Row: Sendable, Encodable {
        /// From 1; nil without a metric.
        public fileprivate(set) var rank: Int?
        /// Whether others have the same rank.
        public fileprivate(set) var isTied = false
        public fileprivate(set) var progress: Progress
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
        /// Epochs that it would have had at its end, unless it stopped early.
        public let plannedEpochs: Int?
        /// Mean time of a training.
        public let seconds: Double?
        /// Why a training has no metric.
        public let failure: String?
        /// Means over the seeds.
        let curve: [TrainingEpoch]
        let sweep: String?
        /// The epoch to which the last round of a sweep trained it; nil where there are no rounds.
        fileprivate let rung: Int?
        /// Its place in the sweep's file.
        fileprivate let number: Int

        public func score(_ metric: SweepPlan.Metric) -> SampleMean? {
            metric == .validationAccuracy ? validationAccuracy : validationLoss
        }

        /// Nil where it isn't ranked.
        func key(_ metric: SweepPlan.Metric) -> RankKey? {
            RankKey(
                metric, accuracy: validationAccuracy?.mean, loss: validationLoss?.mean,
                stage: stage, hasFailures: progress == .failed)
        }

        /// What it is ranked by before its metric.
        var stage: Int { progress == .finished ? RankKey.end : rung ?? epochs }

        enum CodingKeys: String, CodingKey {
            case name, parameters, variant, runs, seeds, epochs, seconds, failure, rank, progress
            case isTied = "is_tied"
            case plannedEpochs = "planned_epochs"
            case validationAccuracy = "validation_accuracy"
            case validationLoss = "validation_loss"
        }
    }

    /// - Parameter runs: those that trained nothing are passed over.
    /// - Throws: `SweepError.noRuns`, `StoreError`.
    package init(_ runs: [StoredRun], metric: SweepPlan.Metric, in store: RunStore) throws {
        let trainings = try RankedTraining.latest(runs, in: store)
        guard !trainings.isEmpty else { throw SweepError.noRuns("these runs") }
        let groups = Dictionary(grouping: trainings, by: \.configuration)
        let varying = RunComparison.varyingKeys(Array(groups.keys))
        self.metric = metric
        parameters = varying
        let rows = groups.map { Row($0.value, configuration: $0.key, varying: varying) }
            .sorted { ($0.number, $0.name) < ($1.number, $1.name) }
        self.rows = Self.ranked(Self.markingDropped(rows), metric)
    }

    /// Of the rounds of a sweep, whoever wasn't in the last one was dropped.
    private static func markingDropped(_ rows: [Row]) -> [Row] {
        let last = Dictionary(
            rows.compactMap { row in row.sweep.flatMap { name in row.rung.map { (name, $0) } } },
            uniquingKeysWith: max)
        return rows.map { row in
            var row = row
            if let sweep = row.sweep, let rung = row.rung, rung < last[sweep, default: 0],
                row.progress != .failed
            {
                row.progress = .dropped
            }
            return row
        }
    }

    private static func ranked(_ rows: [Row], _ metric: SweepPlan.Metric) -> [Row] {
        let keys = rows.compactMap { $0.key(metric) }
        return rows.ranked { $0.key(metric) }.map { row in
            guard let key = row.key(metric) else { return row }
            var row = row
            row.rank = keys.count { $0 > key } + 1
            row.isTied = keys.count { $0 == key } > 1
            return row
        }
    }

    private static func varyingKeys(_ configurations: [[String: String]]) -> [String] {
        let keys = ConfigSchema.keys.map(\.name)
        return keys.filter { key in Set(configurations.map { $0[key] }).count > 1 }
    }
}

/// The mean of a figure over seeds, with its standard error.
public struct SampleMean: Sendable, Encodable, Equatable {
    public let mean: Double
    /// s/√n with s² = Σ(x − mean)²/(n − 1); nil for one value.
    public let standardError: Double?
    public let count: Int

    /// - Returns: nil for no values; the same for the same values in any order.
    public init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        let values = values.sorted()
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
private struct RankedTraining {
    let run: StoredRun
    let curve: TrainingCurve

    /// The epoch to which its sweep's round trained it.
    var rung: Int? { run.tags[SweepTags.rung].flatMap { Int($0) } }

    /// What decides the result besides chance.
    let configuration: [String: String]

    /// What tells it from others of the same configuration.
    var seed: [String: String] {
        run.config.filter { ConfigSchema.key(named: $0.key)?.effect == .randomness }
    }

    /// One training for each configuration and seed: the one that went farthest, then the one of the
    /// later round, then one that came to its end, then the first, which is the one that trained.
    static func latest(_ runs: [StoredRun], in store: RunStore) throws -> [RankedTraining] {
        var found: [[String: String]: RankedTraining] = [:]
        // Whatever their clocks said: the store gives the latest first.
        let order = Dictionary(
            uniqueKeysWithValues: try store.runIDs().enumerated().map { ($1, $0) })
        for run in runs.sorted(by: { order[$0.id, default: 0] > order[$1.id, default: 0] }) {
            let curve = try TrainingCurve(of: run.id, in: store)
            let hasFailed = run.status == .failed && run.tags[SweepTags.sweep] != nil
            guard !curve.epochs.isEmpty || hasFailed else { continue }
            let training = RankedTraining(
                run: run, curve: curve,
                configuration: RunConfig.recorded(run.config, affecting: .configuration))
            let key = training.configuration.merging(training.seed) { first, _ in first }
            if found[key].map({ training.isFarther(than: $0) }) ?? true { found[key] = training }
        }
        return found.values.sorted { $0.run.id < $1.run.id }
    }

    private func isFarther(than other: RankedTraining) -> Bool {
        let (epochs, others) = (curve.epochs.count, other.curve.epochs.count)
        guard epochs == others else { return epochs > others }
        guard rung == other.rung else { return rung ?? 0 > other.rung ?? 0 }
        return run.status == .succeeded && other.run.status != .succeeded
    }
}

extension RunComparison.Row {
    fileprivate init(
        _ trainings: [RankedTraining], configuration: [String: String], varying: [String]
    ) {
        let first = trainings[0].run
        parameters = configuration.filter { varying.contains($0.key) }
        variant = first.tags[SweepTags.variant]
        let values = varying.map { "\($0) \(configuration[$0] ?? "-")" }
        name =
            first.tags[SweepTags.trialName]
            ?? (values.isEmpty ? first.id : values.joined(separator: ", "))
        runs = trainings.map(\.run.id)
        seeds = trainings.flatMap(\.seed.values)
        let best = trainings.filter { $0.run.status != .failed }.compactMap(\.curve.best)
        validationAccuracy = SampleMean(best.compactMap(\.validationAccuracy))
        validationLoss = SampleMean(best.compactMap(\.validationLoss))
        epochs = trainings.map(\.curve.epochs.count).max() ?? 0
        seconds = SampleMean(trainings.map(\.curve.seconds))?.mean
        failure =
            trainings.lazy.compactMap { $0.run.status == .failed ? $0.run.failure : nil }.first
        curve = Self.mean(trainings.map(\.curve))
        plannedEpochs = configuration[ModelConfig.epochsKey.name].flatMap { Int($0) }
        sweep = first.tags[SweepTags.sweep]
        rung = trainings.compactMap(\.rung).max()
        number = first.tags[SweepTags.number].flatMap { Int($0) } ?? .max
        let statuses = trainings.map(\.run.status)
        progress =
            statuses.contains(.failed)
            ? .failed : statuses.allSatisfy { $0 == .succeeded } ? .finished : .unfinished
    }

    /// Epoch by epoch, over the trainings that have it.
    private static func mean(_ curves: [TrainingCurve]) -> [TrainingEpoch] {
        let all = Dictionary(grouping: curves.flatMap(\.epochs), by: \.number)
        return all.sorted { $0.key < $1.key }.map { number, epochs in
            var mean = TrainingEpoch(number: number)
            mean.validationLoss = SampleMean(epochs.compactMap(\.validationLoss))?.mean
            mean.validationAccuracy = SampleMean(epochs.compactMap(\.validationAccuracy))?.mean
            return mean
        }
    }
}
