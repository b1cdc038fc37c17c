import Foundation
import Orchestration
import TestSupport
import Testing
import Training

@testable import DigitPipeline

@Suite struct MetricLogTests {
    private func recorded(
        _ body: (MetricLog, () throws -> [MetricPoint]) throws -> Void
    ) throws {
        try withTemporaryFolder { folder in
            let store = try RunStore(home: folder)
            let recorder = try store.begin(
                id: runID("log"), job: "training", config: [:], environment: [:])
            try body(MetricLog(recorder)) { try store.metrics(of: runID("log")) }
            try recorder.finish(.succeeded)
        }
    }

    private func batch(_ step: Int, epoch: Int = 1) -> TrainingEvent {
        .batch(
            BatchProgress(
                epoch: epoch, epochCount: 2, batch: step, batchCount: 1000, step: step,
                batchLoss: Double(step) / 100, loss: 1, accuracy: 0.5, imagesPerSecond: 1,
                etaSeconds: 1, learningRate: 0.1))
    }

    private func epoch(_ number: Int) -> EpochRecord {
        EpochRecord(
            epoch: number, trainLoss: 0.1, trainAccuracy: 0.2, validationLoss: 0.3,
            validationAccuracy: 0.4, learningRate: 0.5, elapsedSeconds: 0.6, imagesPerSecond: 0.7,
            isBest: true)
    }

    @Test func everyTenthStepIsRecordedWithItsEpoch() throws {
        try recorded { log, points in
            for step in 1...25 { try log.take(batch(step)) }
            try log.flush()
            let losses = try points().filter { $0.name == "step_loss" }
            #expect(losses.map(\.step) == [10, 20] && losses.map(\.epoch) == [1, 1])
            #expect(losses.map(\.value) == [0.1, 0.2])
            #expect(try points().count { $0.name == "step_learning_rate" } == 2)
        }
    }

    /// Many at a time, and the rest when an epoch ends, so that a killed training lacks little.
    @Test func pointsAreWrittenInBatches() throws {
        try recorded { log, points in
            for step in 1...310 { try log.take(batch(step)) }
            #expect(try points().isEmpty)
            for step in 311...320 { try log.take(batch(step)) }
            #expect(try points().count == 64)
            for step in 321...330 { try log.take(batch(step)) }
            #expect(try points().count == 64)
            try log.take(.epoch(epoch(1)))
            #expect(try points().count == 66 + 7)
        }
    }

    @Test func anEpochHasItsSevenMetricsAtTheLastStep() throws {
        try recorded { log, points in
            try log.take(batch(17))
            try log.take(.epoch(epoch(1)))
            let found = try points()
            #expect(found.allSatisfy { $0.step == 17 && $0.epoch == 1 })
            #expect(
                Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.value) }) == [
                    "train_loss": 0.1, "train_accuracy": 0.2, "validation_loss": 0.3,
                    "validation_accuracy": 0.4, "learning_rate": 0.5, "epoch_seconds": 0.6,
                    "images_per_second": 0.7,
                ])
        }
    }

    /// Those that an earlier process trained come first, each at its own last step.
    @Test func aResumedTrainingHasItsEarlierEpochs() throws {
        try recorded { log, points in
            try log.take([epoch(1), epoch(2)], stepsPerEpoch: 50)
            let losses = try points().filter { $0.name == "validation_loss" }
            #expect(losses.map(\.step) == [50, 100] && losses.map(\.epoch) == [1, 2])
        }
    }

    @Test func otherEventsAreNoMetrics() throws {
        try recorded { log, points in
            try log.take(.restoredBest(epoch: 1))
            try log.flush()
            #expect(try points().isEmpty)
        }
    }
}
