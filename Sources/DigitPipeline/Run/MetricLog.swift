import Orchestration
import Training

/// Writes a training's metrics into the run store: each epoch's when it ends, and every tenth step's
/// loss and learning rate, many at a time.
final class MetricLog {
    private let recorder: RunRecorder
    private var waiting: [MetricPoint] = []
    private var step = 0

    private static let stepInterval = 10
    /// Points that are written in one transaction, unless an epoch ends before.
    private static let batchSize = 64

    init(_ recorder: RunRecorder) { self.recorder = recorder }

    /// - Throws: `StoreError`.
    func take(_ event: TrainingEvent) throws {
        switch event {
        case .batch(let progress): try take(progress)
        case .epoch(let record): try take(record)
        default: break
        }
    }

    /// Epochs that an earlier process trained.
    func take(_ history: [EpochRecord], stepsPerEpoch: Int) throws {
        for record in history {
            step = record.epoch * stepsPerEpoch
            try take(record)
        }
    }

    private func take(_ progress: BatchProgress) throws {
        step = progress.step
        guard step % MetricLog.stepInterval == 0 else { return }
        waiting.append(point(.stepLoss, progress.epoch, progress.batchLoss))
        waiting.append(point(.stepLearningRate, progress.epoch, progress.learningRate))
        if waiting.count >= MetricLog.batchSize { try flush() }
    }

    private func take(_ record: EpochRecord) throws {
        waiting.append(point(.trainLoss, record.epoch, record.trainLoss))
        waiting += points(.train, record.epoch, record.trainMetrics)
        waiting.append(point(.validationLoss, record.epoch, record.validationLoss))
        waiting += points(.validation, record.epoch, record.validationMetrics)
        waiting += [
            point(.learningRate, record.epoch, record.learningRate),
            point(.epochSeconds, record.epoch, record.elapsedSeconds),
            point(.imagesPerSecond, record.epoch, record.imagesPerSecond),
        ]
        try flush()
    }

    private func points(
        _ set: MetricSet, _ epoch: Int, _ metrics: [String: Double]
    ) -> [MetricPoint] {
        metrics.sorted { $0.key < $1.key }.map { point(set.name($0.key), epoch, $0.value) }
    }

    private func point(_ name: MetricName, _ epoch: Int, _ value: Double) -> MetricPoint {
        point(name.rawValue, epoch, value)
    }

    private func point(_ name: String, _ epoch: Int, _ value: Double) -> MetricPoint {
        MetricPoint(name, step: step, epoch: epoch, value: value)
    }

    /// Writes what is waiting.
    func flush() throws {
        guard !waiting.isEmpty else { return }
        try recorder.record(waiting)
        waiting.removeAll(keepingCapacity: true)
    }
}
