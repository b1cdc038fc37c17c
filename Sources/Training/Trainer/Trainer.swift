import Foundation
import Kernels
import LinearAlgebra

/// Trains a `DigitCNN`: epochs of steps, validation after each, early stopping, the best weights
/// kept. Tells what happens through events and prints nothing.
///
/// Everything random depends on (seed, epoch, step, image), so a training continued from a
/// checkpoint ends with the same bits as one that was never interrupted.
public final class Trainer {
    public let model: DigitCNN
    public internal(set) var history: [EpochRecord] = []

    let config: ModelConfig
    let training: ImageSamples
    let validation: ImageSamples
    let optimizer: any ParameterUpdate
    let average: WeightAverage?
    var schedule: any LearningRateSchedule
    var stopper: EarlyStopping?
    private let step: TrainingStep
    private var order: EpochOrder
    /// The samples of the epoch that were trained before this process went on with it.
    private var firstSample = 0
    let best: ModelSnapshot
    let parked: ModelSnapshot
    var progress = TrainingProgress()
    /// The kinds of CPU that trained until now, this one last.
    public internal(set) var cpuKinds: [CPUKind]
    /// Tells the sets apart: going on with other images would be another training.
    private(set) lazy var trainingSetDigest = digestOfSets()

    /// - Parameters:
    ///   - model: trained in place.
    ///   - training: the images learned from; validation: those that choose the best epoch.
    /// - Throws: `TrainingError` if a set is empty or doesn't fit the model.
    public init(model: DigitCNN, training: ImageSamples, validation: ImageSamples) throws {
        try Trainer.check(model, training, "training")
        try Trainer.check(model, validation, "validation")
        self.model = model
        self.training = training
        self.validation = validation
        config = model.config
        cpuKinds = [model.cpuKind]
        let parameterCount = model.network.parameterValues.count
        optimizer = config.makeOptimizer(parameterCount: parameterCount)
        average = config.emaDecay.map {
            WeightAverage(
                parameterCount: parameterCount, statistics: model.network.runningStatistics,
                decay: $0)
        }
        step = TrainingStep(model, samples: training, optimizer: optimizer, average: average)
        schedule = config.makeSchedule(
            stepsPerEpoch: Trainer.batchCount(training.count, config.batchSize))
        stopper =
            config.earlyStopping
            ? EarlyStopping(patience: config.patience, minDelta: config.minDelta) : nil
        order = EpochOrder(seed: config.seed)
        best = ModelSnapshot(model.network)
        parked = ModelSnapshot(model.network)
    }

    private static func check(_ model: DigitCNN, _ set: ImageSamples, _ name: String) throws {
        guard set.count > 0 else { throw TrainingError.noSamples(set: name) }
        let shape = model.inputShape
        guard set.height == shape.height && set.width == shape.width else {
            throw TrainingError.imageSize(
                set: name, size: "\(set.height)×\(set.width)",
                expected: "\(shape.height)×\(shape.width)")
        }
        for position in 0..<set.count {
            let label = set.label(position)
            guard label >= 0 && label < model.config.classCount else {
                throw TrainingError.labelOutOfRange(
                    set: name, label: label, classCount: model.config.classCount)
            }
        }
    }

    private static func batchCount(_ sampleCount: Int, _ batchSize: Int) -> Int {
        (sampleCount + batchSize - 1) / batchSize
    }

    /// Optimizer steps of an epoch.
    public var batchCount: Int { Trainer.batchCount(training.count, config.batchSize) }

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
    /// - Returns: how it went; the model holds the best epoch's weights (their moving average, if
    ///   one is kept) whatever ended the training.
    /// - Throws: `TrainingError.nonFiniteLoss`, with the last good weights in the model; and what
    ///   `onInterrupt` and `checkpoints` throw.
    public func run(
        onEvent: (TrainingEvent) -> Void = { _ in }, shouldStop: () -> Bool = { false },
        onInterrupt: (Checkpoint) throws -> Void = { _ in },
        checkpoints: CheckpointSchedule = .none
    ) throws -> TrainingResult {
        onEvent(
            .started(
                parameterCount: model.parameterCount, trainCount: training.count,
                validationCount: validation.count, threads: model.network.pool.threadCount,
                plan: model.plan))
        var ending = TrainingResult.Ending.completed
        do {
            while progress.epoch <= config.epochs {
                let watch = Stopwatch()
                guard try trainEpoch(watch, onEvent, shouldStop, checkpoints) else {
                    ending = .interrupted(epoch: progress.epoch, batch: progress.nextBatch)
                    break
                }
                if try finishEpoch(watch, onEvent) {
                    ending = .stoppedEarly
                    break
                }
                if checkpoints.isDue(atEpoch: progress.epoch - 1, of: config.epochs) {
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
            history: history, bestEpoch: progress.bestEpoch, ending: ending, plan: model.plan,
            elapsedSeconds: history.reduce(0) { $0 + $1.elapsedSeconds })
    }

    /// The epoch's remaining batches; false if asked to stop before its end.
    private func trainEpoch(
        _ watch: Stopwatch, _ onEvent: (TrainingEvent) -> Void, _ shouldStop: () -> Bool,
        _ checkpoints: CheckpointSchedule
    ) throws -> Bool {
        order.shuffle(count: training.count, epoch: progress.epoch)
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

    /// - Returns: the batch's mean loss.
    private func trainBatch() throws -> Double {
        let start = progress.nextBatch * config.batchSize
        let batch = start..<min(start + config.batchSize, training.count)
        let sums = step.computeGradients(
            order.positions, batch, epoch: progress.epoch,
            step: UInt64(optimizer.stepCount))
        guard sums.loss.isFinite else {
            step.discardGradients()
            throw TrainingError.nonFiniteLoss(
                loss: sums.loss, epoch: progress.epoch, batch: progress.nextBatch + 1,
                step: optimizer.stepCount + 1, learningRate: schedule.learningRate)
        }
        step.update(learningRate: schedule.learningRate, momentum: schedule.momentum)
        schedule.stepFinished()
        progress.add(sums, sampleCount: batch.count)
        return sums.loss / Double(batch.count)
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
            epoch: epoch, trainLoss: progress.meanLoss, trainAccuracy: progress.accuracy,
            validationLoss: result.loss, validationAccuracy: result.accuracy,
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

    private func validate() -> (loss: Double, accuracy: Double) {
        withEvaluatedWeights { Evaluator.lossAndAccuracy(model, validation) }
    }

    /// Keeps the weights that were just validated if none had a lower loss.
    private func keepIfBest(_ loss: Double) -> Bool {
        guard loss < progress.bestLoss else { return false }
        progress.bestLoss = loss
        progress.bestEpoch = progress.epoch
        withEvaluatedWeights { best.take(model.network) }
        return true
    }

    /// Runs `body` with the weights that count: their moving average if one is kept, with that of the
    /// running statistics.
    private func withEvaluatedWeights<Result>(_ body: () -> Result) -> Result {
        guard let average, average.updateCount > 0 else { return body() }
        parked.take(model.network)
        average.replace(model.network.parameterValues)
        defer { parked.restore(model.network) }
        return body()
    }

    private func restoreBest(_ onEvent: (TrainingEvent) -> Void) {
        best.restore(model.network)
        if let epoch = progress.bestEpoch { onEvent(.restoredBest(epoch: epoch)) }
    }

    private func batchProgress(
        _ watch: Stopwatch, since firstSample: Int, batchLoss: Double
    ) -> BatchProgress {
        let done = progress.sampleCount
        let rate = Double(done - firstSample) / max(watch.seconds, 1e-9)
        let remaining = training.count - done + (config.epochs - progress.epoch) * training.count
        return BatchProgress(
            epoch: progress.epoch, epochCount: config.epochs, batch: progress.nextBatch,
            batchCount: batchCount, step: optimizer.stepCount, batchLoss: batchLoss,
            loss: progress.meanLoss, accuracy: progress.accuracy, imagesPerSecond: rate,
            etaSeconds: Double(remaining) / max(rate, 1e-9),
            learningRate: schedule.learningRate)
    }
}

/// Where a training stands, apart from its arrays.
struct TrainingProgress: Codable, Equatable {
    /// Counted from 1: the epoch that is trained or comes next.
    var epoch = 1
    var nextBatch = 0
    var sampleCount = 0
    var lossSum = 0.0
    var correctSum = 0.0
    var bestLoss = Double.greatestFiniteMagnitude
    var bestEpoch: Int?

    var meanLoss: Double { lossSum / Double(max(sampleCount, 1)) }
    var accuracy: Double { correctSum / Double(max(sampleCount, 1)) }

    mutating func add(_ sums: (loss: Double, correct: Double), sampleCount count: Int) {
        nextBatch += 1
        sampleCount += count
        lossSum += sums.loss
        correctSum += sums.correct
    }

    mutating func startNextEpoch() {
        epoch += 1
        nextBatch = 0
        sampleCount = 0
        lossSum = 0
        correctSum = 0
    }
}

/// Seconds since it was made, by the monotonic clock.
struct Stopwatch {
    private let start = ContinuousClock.now

    var seconds: Double {
        let duration = ContinuousClock.now - start
        return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }
}
