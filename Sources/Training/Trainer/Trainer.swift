import DurableFiles
import LinearAlgebra

/// Trains a network: epochs of steps, validation after each, early stopping, the best weights kept.
/// Tells what happens through events and prints nothing.
///
/// Everything random depends on (seed, epoch, step, sample), so a training continued from a checkpoint
/// ends with the same bits as one that was never interrupted, on any number of threads.
public final class Trainer {
    public let network: Network
    public internal(set) var history: [EpochRecord] = []

    let parts: TrainerParts
    let optimizer: any ParameterUpdate
    let average: WeightAverage?
    var schedule: any LearningRateSchedule
    var stopper: EarlyStopping?
    private let step: TrainingStep
    /// The metric of that name, if it is measured.
    private let accuracy: TrainingMetric?
    private var order: EpochOrder
    /// The samples of the epoch that were trained before this process went on with it.
    private var firstSample = 0
    let best: ModelSnapshot
    let parked: ModelSnapshot
    var progress = TrainingProgress()
    /// The kinds of CPU that trained until now, this one last.
    public internal(set) var cpuKinds: [CPUKind]
    /// Tells the sets apart: going on with other samples would be another training.
    private(set) lazy var trainingSetDigest = parts.digest()

    /// - Parameters:
    ///   - network: trained in place.
    ///   - schedule: gives the learning rate.
    ///   - training: the samples learned from; validation: those that choose the best epoch.
    ///   - metrics: what is measured beside the loss; what the loss proposes if nil.
    /// - Throws: `TrainingError` for options that are none, or for samples, loss and network that don't
    ///   fit one another.
    public convenience init(
        network: Network, loss: any Loss, optimizer: any Optimizer = Adam(),
        schedule: any LearningRateSchedule, training: any SampleSource,
        validation: any SampleSource, options: TrainingOptions = TrainingOptions(),
        metrics: [TrainingMetric]? = nil
    ) throws {
        let metrics = metrics ?? loss.metrics
        try self.init(
            TrainerParts(
                network: network, loss: loss, optimizer: optimizer, schedule: schedule,
                training: training, validation: validation, options: options, metrics: metrics,
                identity: AssembledTraining(
                    network: NetworkIdentity(network), networkSeed: network.seed, loss: loss.record,
                    optimizer: optimizer.record,
                    schedule: schedule.record, options: options, metrics: metrics.map(\.name),
                    plan: network.plan),
                cpuKind: .current(callsBLAS: network.callsBLAS),
                digest: {
                    SHA256.hexDigest(
                        of: Array(
                            (training.contentDigest() + validation.contentDigest()).utf8))
                }))
    }

    init(_ parts: TrainerParts) throws {
        try parts.validate()
        self.parts = parts
        network = parts.network
        cpuKinds = [parts.cpuKind]
        let (network, options) = (parts.network, parts.options)
        let parameterCount = network.parameterValues.count
        optimizer = parts.optimizer.makeUpdate(parameterCount: parameterCount)
        average = options.emaDecay.map {
            WeightAverage(
                parameterCount: parameterCount, statistics: network.runningStatistics, decay: $0)
        }
        step = TrainingStep(
            network, samples: parts.training, loss: parts.loss, metrics: parts.metrics,
            optimizer: optimizer, average: average, options: options)
        accuracy = parts.metrics.first { $0.name == TrainingMetric.accuracy.name }
        schedule = parts.schedule
        stopper = options.earlyStopping
        order = EpochOrder(seed: options.seed)
        best = ModelSnapshot(network)
        parked = ModelSnapshot(network)
    }

    private var options: TrainingOptions { parts.options }

    /// Optimizer steps of an epoch.
    public var batchCount: Int { options.stepsPerEpoch(sampleCount: parts.training.count) }

    /// The epoch that is trained or comes next, counted from 1.
    public var epoch: Int { progress.epoch }
    /// Optimizer steps that were taken.
    public var stepCount: Int { optimizer.stepCount }

    // MARK: - Running

    /// Trains until the last epoch, early stopping, or `shouldStop`.
    ///
    /// - Parameters:
    ///   - onEvent: called on this thread.
    ///   - shouldStop: asked after each batch; true ends the training there.
    ///   - onInterrupt: handed the checkpoint before the best weights are restored.
    ///   - checkpoints: which of the states on the way are handed out, and to whom.
    /// - Returns: how it went; the network holds the best epoch's weights (their moving average, if
    ///   one is kept) whatever ended the training.
    /// - Throws: `TrainingError.nonFiniteLoss`, with the last good weights in the network; and what
    ///   `onInterrupt` and `checkpoints` throw.
    public func run(
        onEvent: (TrainingEvent) -> Void = { _ in }, shouldStop: () -> Bool = { false },
        onInterrupt: (Checkpoint) throws -> Void = { _ in },
        checkpoints: CheckpointSchedule = .none
    ) throws -> TrainingResult {
        onEvent(
            .started(
                parameterCount: network.parameterCount, trainCount: parts.training.count,
                validationCount: parts.validation.count, threads: network.pool.threadCount,
                plan: network.plan))
        var ending = TrainingResult.Ending.completed
        do {
            while progress.epoch <= options.epochs {
                let watch = Stopwatch()
                guard try trainEpoch(watch, onEvent, shouldStop, checkpoints) else {
                    ending = .interrupted(epoch: progress.epoch, batch: progress.nextBatch)
                    break
                }
                if try finishEpoch(watch, onEvent) {
                    ending = .stoppedEarly
                    break
                }
                if checkpoints.isDue(atEpoch: progress.epoch - 1, of: options.epochs) {
                    try checkpoints.write(checkpoint())
                }
            }
            if case .interrupted(let epoch, let batch) = ending {
                onEvent(.interrupted(epoch: epoch, batch: batch))
                try onInterrupt(checkpoint())
            }
        } catch {
            restoreBest(onEvent)
            throw error
        }
        restoreBest(onEvent)
        return TrainingResult(
            history: history, bestEpoch: progress.bestEpoch, ending: ending, plan: network.plan,
            elapsedSeconds: history.reduce(0) { $0 + $1.elapsedSeconds })
    }

    /// The epoch's remaining batches; false if asked to stop before its end.
    private func trainEpoch(
        _ watch: Stopwatch, _ onEvent: (TrainingEvent) -> Void, _ shouldStop: () -> Bool,
        _ checkpoints: CheckpointSchedule
    ) throws -> Bool {
        order.shuffle(count: parts.training.count, epoch: progress.epoch)
        // Those before were trained by another process.
        firstSample = progress.sampleCount
        while progress.nextBatch < batchCount {
            let loss = try trainBatch()
            onEvent(.batch(batchProgress(watch, since: firstSample, batchLoss: loss)))
            if shouldStop() { return false }
            if progress.nextBatch < batchCount, checkpoints.isDue(atStep: optimizer.stepCount) {
                try checkpoints.write(checkpoint())
            }
        }
        return true
    }

    /// - Returns: the step's mean loss.
    private func trainBatch() throws -> Double {
        let start = progress.nextBatch * options.stepSize
        let samples = start..<min(start + options.stepSize, parts.training.count)
        let loss = step.computeGradients(
            order.positions, samples, epoch: progress.epoch, step: optimizer.stepCount)
        guard loss.isFinite else {
            step.discardGradients()
            throw TrainingError.nonFiniteLoss(
                loss: loss, epoch: progress.epoch, batch: progress.nextBatch + 1,
                step: optimizer.stepCount + 1, learningRate: schedule.learningRate)
        }
        step.update(learningRate: schedule.learningRate, momentum: schedule.momentum)
        schedule.stepFinished()
        progress.add(step.sums, parts.metrics, sampleCount: samples.count)
        return step.sums.meanLoss
    }

    /// Validates, records and decides; true if the training should stop early.
    private func finishEpoch(
        _ watch: Stopwatch, _ onEvent: (TrainingEvent) -> Void
    ) throws -> Bool {
        let trainingSeconds = watch.seconds
        let result = validate()
        let epoch = progress.epoch
        guard result.loss.isFinite else {
            throw TrainingError.nonFiniteValidationLoss(
                loss: result.loss, epoch: epoch, learningRate: schedule.learningRate)
        }
        let isBest = keepIfBest(result.loss)
        let record = EpochRecord(
            epoch: epoch, trainLoss: progress.meanLoss, validationLoss: result.loss,
            trainMetrics: trainMetrics(), validationMetrics: result.metrics,
            learningRate: schedule.learningRate, elapsedSeconds: watch.seconds,
            imagesPerSecond: Double(progress.sampleCount - firstSample)
                / max(trainingSeconds, 1e-9),
            isBest: isBest)
        history.append(record)
        onEvent(.epoch(record))
        schedule.epochFinished(validationLoss: result.loss)
        progress.startNextEpoch()
        guard stopper?.observe(result.loss) == .stop else { return false }
        onEvent(.stoppedEarly(epoch: epoch, bestEpoch: progress.bestEpoch ?? epoch))
        return true
    }

    private func trainMetrics() -> [String: Double] {
        Dictionary(
            parts.metrics.compactMap { metric in
                progress.value(metric).map { (metric.name, $0) }
            }, uniquingKeysWith: { $1 })
    }

    private func validate() -> Evaluator.Result {
        withEvaluatedWeights {
            Evaluator.measureChecked(
                network, parts.validation, loss: parts.loss.forValidation,
                metrics: parts.metrics)
        }
    }

    /// Keeps the weights that were just validated if none had a lower loss.
    private func keepIfBest(_ loss: Double) -> Bool {
        guard loss < progress.bestLoss else { return false }
        progress.bestLoss = loss
        progress.bestEpoch = progress.epoch
        withEvaluatedWeights { best.take(network) }
        return true
    }

    /// Runs `body` with the weights that count: their moving average if one is kept, with that of the
    /// running statistics.
    private func withEvaluatedWeights<Result>(_ body: () -> Result) -> Result {
        guard let average, average.updateCount > 0 else { return body() }
        parked.take(network)
        average.replace(network.parameterValues)
        defer { parked.restore(network) }
        return body()
    }

    private func restoreBest(_ onEvent: (TrainingEvent) -> Void) {
        best.restore(network)
        if let epoch = progress.bestEpoch { onEvent(.restoredBest(epoch: epoch)) }
    }

    private func batchProgress(
        _ watch: Stopwatch, since firstSample: Int, batchLoss: Double
    ) -> BatchProgress {
        let done = progress.sampleCount
        let rate = Double(done - firstSample) / max(watch.seconds, 1e-9)
        let count = parts.training.count
        let remaining = count - done + (options.epochs - progress.epoch) * count
        return BatchProgress(
            epoch: progress.epoch, epochCount: options.epochs, batch: progress.nextBatch,
            batchCount: batchCount, step: optimizer.stepCount, batchLoss: batchLoss,
            loss: progress.meanLoss, accuracy: accuracy.flatMap(progress.value),
            imagesPerSecond: rate,
            etaSeconds: Double(remaining) / max(rate, 1e-9),
            learningRate: schedule.learningRate)
    }
}
