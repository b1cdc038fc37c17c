import Dispatch
import Foundation
import Kernels
import Orchestration
import Synchronization
import Training

/// What a sweep tells while it goes on.
package enum SweepEvent: Sendable {
    case started(trials: Int, trainings: Int)
    /// What was measured, the fastest first, which is taken.
    case parallelism([TrialParallelism])
    case round(number: Int, trials: Int, epochs: Int)
    case finished(TrialOutcome, number: Int, of: Int)
    case dataset(PipelineEvent)
    /// A batch of one of the trainings under way: a sign of life.
    case trained
}

/// What came of one training of a sweep.
public struct TrialOutcome: Sendable {
    public let trial: SweepTrial
    public let seed: UInt64
    /// Nil where it was begun by no run, as after an error.
    public let run: String?
    /// Of the epoch with the lowest validation loss; nil for a training that failed.
    public let validationAccuracy: Double?
    public let validationLoss: Double?
    public let seconds: Double
    public let failure: String?

    func score(_ metric: SweepPlan.Metric) -> Double? {
        metric == .validationAccuracy ? validationAccuracy : validationLoss
    }
}

/// Trains the trials of a sweep, several at a time where that is faster, each as a run of its own.
///
/// A sweep that was killed goes on where it stopped: trainings that ended are taken from the store,
/// and one that was interrupted is resumed from its latest checkpoint.
public final class SweepRunner: Sendable {
    private let plan: SweepPlan
    private let home: URL
    private let cache: URL
    private let threads: Int
    private let observer: @Sendable (SweepEvent) -> Void
    private let shouldStop: @Sendable () -> Bool
    private let datasets = DatasetMemo()

    /// - Parameters:
    ///   - threads: of all trials together; 0 takes every core.
    ///   - shouldStop: asked after each training batch; true ends the sweep, to be gone on with later.
    package init(
        _ plan: SweepPlan, home: URL, cache: URL, threads: Int,
        observer: @escaping @Sendable (SweepEvent) -> Void,
        shouldStop: @escaping @Sendable () -> Bool = { false }
    ) {
        self.plan = plan
        self.home = home
        self.cache = cache
        self.threads = threads == 0 ? WorkerPool.availableCoreCount : threads
        self.observer = observer
        self.shouldStop = shouldStop
    }

    /// - Returns: the last outcome of each trial and seed; failed ones included.
    /// - Throws: `SweepError` and `RunConfigError` before anything is trained; `PipelineError.cancelled`
    ///   when stopped; what ends a run for another reason than its training's failure.
    public func run() throws -> [TrialOutcome] {
        let trials = try plan.trials()
        observer(.started(trials: trials.count, trainings: trials.count * plan.seeds.count))
        try prepareData(trials)
        let parallelism = try parallelism(trials)
        guard plan.method == .halving else {
            return try train(tasks(trials), until: nil, parallelism)
        }
        return try halve(trials, parallelism)
    }

    private func tasks(_ trials: [SweepTrial], rung: Int? = nil) -> [Task] {
        trials.flatMap { trial in plan.seeds.map { Task(trial: trial, seed: $0, rung: rung) } }
    }

    private struct Task: Sendable {
        let trial: SweepTrial
        let seed: UInt64
        /// The last epoch of the round; nil where there are no rounds.
        let rung: Int?
    }

    // MARK: - Preparing

    /// Makes the data's assets once, before several trials ask for them at the same time.
    private func prepareData(_ trials: [SweepTrial]) throws {
        var known: Set<[String: String]> = []
        for trial in trials {
            let data = trial.config.values(affecting: [.data, .preparation, .location])
            guard known.insert(data).inserted else { continue }
            var request = RunRequest(select: "+\(DigitAsset.processedData.rawValue)")
            request.job = "sweep data"
            request.tags = [SweepTags.sweep: plan.name]
            _ = try pipeline(trial.config, threads: threads).run(request)
        }
    }

    private func pipeline(
        _ config: RunConfig, threads: Int, shouldStop: (@Sendable () -> Bool)? = nil
    ) -> Pipeline {
        var config = config
        config.home = home.path
        config.threads = threads
        return Pipeline(
            config: config, cache: cache, datasets: datasets,
            observer: { [observer] event in
                if case .dataset = event { observer(.dataset(event)) }
                if case .training(.batch) = event { observer(.trained) }
            }, shouldStop: shouldStop ?? self.shouldStop)
    }

    private func parallelism(_ trials: [SweepTrial]) throws -> TrialParallelism {
        if let asked = plan.parallelTrials {
            return TrialParallelism(trials: max(1, min(asked, threads)), cores: threads)
        }
        let candidates = TrialParallelism.candidates(
            cores: threads, trialCount: trials.count * plan.seeds.count)
        let data = try pipeline(trials[0].config, threads: threads).preparedData()
        // One that the data don't fit fails later, as a trial.
        guard let config = trials.map(\.config.model).first(where: { $0.fits(data) }) else {
            return TrialParallelism(trials: 1, cores: threads)
        }
        let measured = try TrialParallelism.measured(candidates, config: config, data: data)
        observer(.parallelism(measured))
        return measured[0]
    }

    // MARK: - Rounds of halving

    /// Trains all a little, then the better part of them on, until few are left for all the epochs.
    ///
    /// Source: Jamieson and Talwalkar (2016), "Non-stochastic Best Arm Identification and
    /// Hyperparameter Optimization".
    private func halve(
        _ trials: [SweepTrial], _ parallelism: TrialParallelism
    ) throws -> [TrialOutcome] {
        var (alive, epochs, round) = (trials, plan.firstEpochs, 1)
        var latest: [String: [TrialOutcome]] = [:]
        while true {
            let lastEpoch = alive.map(\.config.model.epochs).max() ?? 0
            let isLast = epochs >= lastEpoch || alive.count == 1
            observer(
                .round(number: round, trials: alive.count, epochs: isLast ? lastEpoch : epochs))
            let outcomes = try train(
                tasks(alive, rung: isLast ? lastEpoch : epochs), until: isLast ? nil : epochs,
                parallelism)
            for (id, group) in Dictionary(grouping: outcomes, by: \.trial.id) { latest[id] = group }
            // Who failed doesn't go on, however few are left.
            let ranked = ranked(alive, latest)
            guard !isLast, !ranked.isEmpty else { break }
            alive = Array(ranked.prefix(max(1, alive.count / plan.factor)))
            epochs *= plan.factor
            round += 1
        }
        return trials.flatMap { latest[$0.id] ?? [] }
    }

    /// The best first, without those that failed with every seed.
    private func ranked(
        _ trials: [SweepTrial], _ outcomes: [String: [TrialOutcome]]
    ) -> [SweepTrial] {
        let keys = outcomes.compactMapValues(key)
        return trials.filter { keys[$0.id] != nil }.ranked { keys[$0.id] }
    }

    private func key(_ outcomes: [TrialOutcome]) -> RankKey? {
        RankKey(
            plan.metric, accuracy: SampleMean(outcomes.compactMap(\.validationAccuracy))?.mean,
            loss: SampleMean(outcomes.compactMap(\.validationLoss))?.mean, stage: RankKey.end,
            hasFailures: outcomes.contains { $0.score(plan.metric) == nil })
    }

    // MARK: - Training

    /// - Parameter epoch: where each training pauses; nil for its end.
    private func train(
        _ tasks: [Task], until epoch: Int?, _ parallelism: TrialParallelism
    ) throws -> [TrialOutcome] {
        let state = Mutex(Progress(outcomes: Array(repeating: nil, count: tasks.count)))
        DispatchQueue.concurrentPerform(iterations: min(parallelism.trials, tasks.count)) { _ in
            while let index = state.withLock({ $0.takeNext() }) {
                do {
                    let outcome = try train(tasks[index], until: epoch, parallelism.threads)
                    let done = state.withLock { $0.finish(index, outcome) }
                    observer(.finished(outcome, number: done, of: tasks.count))
                } catch {
                    state.withLock { $0.failure = $0.failure ?? error }
                }
            }
        }
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.outcomes.compactMap { $0 }
        }
    }

    private struct Progress {
        var outcomes: [TrialOutcome?]
        var failure: (any Error)?
        private var next = 0
        private var done = 0

        init(outcomes: [TrialOutcome?]) { self.outcomes = outcomes }

        mutating func takeNext() -> Int? {
            guard failure == nil, next < outcomes.count else { return nil }
            defer { next += 1 }
            return next
        }

        mutating func finish(_ index: Int, _ outcome: TrialOutcome) -> Int {
            outcomes[index] = outcome
            done += 1
            return done
        }
    }

    private func train(
        _ task: Task, until epoch: Int?, _ threads: Int
    ) throws -> TrialOutcome {
        let store = try RunStore(
            home: home,
            onWait: { [observer] in observer(.dataset(.note(Waiting.text($0)))) })
        let start = ContinuousClock.now
        if let epoch, let paused = try earlier(task, store, reaching: epoch) { return paused }
        var request = RunRequest(select: "+\(DigitAsset.model.rawValue)")
        request.job = "sweep"
        request.tags = tags(task)
        request.tags[SweepTags.number] = "\(task.trial.number)"
        request.tags[SweepTags.rung] = task.rung.map { "\($0)" }
        request.pauseAfterEpoch = epoch
        request.resumption = try resumption(task, store)
        let config = task.trial.config(seed: task.seed)
        func outcome(_ run: String?, _ failure: String? = nil) throws -> TrialOutcome {
            try TrialOutcome(
                task.trial, task.seed, run: run, failure: failure,
                seconds: (ContinuousClock.now - start) / .seconds(1), store)
        }
        do {
            let run = try pipeline(config, threads: threads).run(request).id
            // Nobody goes on from them, and a sweep has many.
            try CheckpointFolder(RunFolder(home: home, id: run, startedAt: Date())).remove()
            return try outcome(run)
        } catch PipelineError.paused(let run, _) {
            return try outcome(run)
        } catch PipelineError.interrupted {
            throw PipelineError.cancelled
        } catch let error as PipelineError {
            guard case .trainingFailed = error else { throw error }
            return try outcome(nil, "\(error)")
        } catch let error as ConfigError {
            // A network that the data don't fit; the others may.
            return try outcome(nil, "\(error)")
        } catch let error as AssetError {
            if case .otherVariant = error { throw error }
            return try outcome(nil, "\(error)")
        }
    }

    private func tags(_ task: Task) -> [String: String] {
        var tags = [
            SweepTags.sweep: plan.name, SweepTags.trial: task.trial.id,
            SweepTags.trialName: task.trial.name, SweepTags.seed: "\(task.seed)",
        ]
        tags[SweepTags.variant] = task.trial.variant
        return tags
    }

    /// The runs of a trial with a seed, the latest first.
    private func runs(_ task: Task, _ store: RunStore) throws -> [StoredRun] {
        let tags = tags(task)
        return try store.runs().filter { run in tags.allSatisfy { run.tags[$0.key] == $0.value } }
    }

    /// A training that was trained that far before.
    private func earlier(
        _ task: Task, _ store: RunStore, reaching epoch: Int
    ) throws -> TrialOutcome? {
        for run in try runs(task, store) {
            let epochs = try store.metrics(of: run.id).filter {
                $0.name == MetricName.validationLoss.rawValue
            }
            guard epochs.contains(where: { $0.epoch ?? 0 >= epoch }) else { continue }
            try checkCPU(of: run, task, store)
            return try TrialOutcome(
                task.trial, task.seed, run: run.id, failure: nil, seconds: run.seconds ?? 0, store,
                upTo: epoch)
        }
        return nil
    }

    /// - Throws: `AssetError.otherVariant` for a run on another kind of CPU, unless that is accepted.
    private func checkCPU(of run: StoredRun, _ task: Task, _ store: RunStore) throws {
        let config = task.trial.config
        guard !config.acceptOtherCPU,
            let made = try store.materializations(of: run.id).first(of: .rawData)
        else { return }
        let data = try RawData(artifact: ArtifactStore(home: home).read(made.artifact))
        let here = CPUKind.current(callsBLAS: try config.callsBLAS(data, level: .current))
        let there = try CPUKind(environment: run.environment) {
            try config.callsBLAS(data, level: $0)
        }
        guard let there, there != here else { return }
        throw AssetError.otherVariant(
            DigitAsset.model.rawValue, stored: "\(there)", run: run.id, here: "\(here)")
    }

    private func resumption(_ task: Task, _ store: RunStore) throws -> Resumption? {
        for run in try runs(task, store) {
            guard [.interrupted, .cancelled].contains(run.status),
                try FoundCheckpoint.exists(of: run, in: home)
            else { continue }
            return try Resumption(FoundCheckpoint(run.id, home: home))
        }
        return nil
    }
}

extension ModelConfig {
    fileprivate func fits(_ data: PreparedData) -> Bool {
        var network = network
        network.classCount = data.classNames.count
        do { try network.validate(for: data.training.shape) } catch { return false }
        return true
    }
}

extension TrialOutcome {
    /// - Parameter upTo: epochs after this one don't count.
    fileprivate init(
        _ trial: SweepTrial, _ seed: UInt64, run: String?, failure: String?, seconds: Double,
        _ store: RunStore, upTo epoch: Int = .max
    ) throws {
        self.trial = trial
        self.seed = seed
        self.run = run
        self.failure = failure
        self.seconds = seconds
        let curve = try run.map { try TrainingCurve(of: $0, in: store) }
        let best = curve?.epochs.filter { $0.number <= epoch }.min {
            $0.validationLoss ?? .infinity < $1.validationLoss ?? .infinity
        }
        validationLoss = best?.validationLoss
        validationAccuracy = best?.validationAccuracy
    }
}
