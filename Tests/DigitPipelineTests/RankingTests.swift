import Foundation
import Orchestration
import RunFacts
import TestSupport
import Testing

@testable import DigitPipeline

/// How trainings of different length, failed ones and ties are ranked.
@Suite struct RankingTests {
    /// A training in the store: each epoch's accuracy and loss.
    private func train(
        _ store: RunStore, rate: String, _ epochs: [(accuracy: Double, loss: Double)],
        planned: Int = 3, seed: String = "1", rung: Int? = nil, number: Int? = nil,
        status: RunStatus = .succeeded, sweep: String? = "s"
    ) throws {
        var config = RunConfig().values
        config["learning_rate"] = rate
        config["epochs"] = "\(planned)"
        config["seed"] = seed
        var tags = ["trial_name": "rate \(rate)"]
        tags["sweep"] = sweep
        tags["rung"] = rung.map(String.init)
        tags["trial_number"] = number.map(String.init)
        let recorder = try store.begin(
            id: runID("\(rate) \(seed) \(rung ?? 0)"), job: "sweep", config: config,
            environment: [:], tags: tags)
        for (index, epoch) in epochs.enumerated() {
            try recorder.record([
                MetricPoint(
                    "validation_accuracy", step: index + 1, epoch: index + 1, value: epoch.accuracy),
                MetricPoint(
                    "validation_loss", step: index + 1, epoch: index + 1, value: epoch.loss),
            ])
        }
        try recorder.finish(status, failure: status == .failed ? "the loss became NaN" : nil)
    }

    private func ranking(
        _ metric: SweepPlan.Metric = .validationAccuracy, _ body: (RunStore) throws -> Void
    ) throws -> RunComparison {
        try withTemporaryFolder { folder in
            let store = try RunStore(home: folder)
            try body(store)
            return try RunComparison(store.runs(), metric: metric, in: store)
        }
    }

    private func summary(_ comparison: RunComparison) -> [String] {
        comparison.rows.map {
            "\($0.rank.map { "\($0)" } ?? "-")\($0.isTied ? "=" : "") \($0.name) \($0.progress)"
        }
    }

    @Test func whatWasDroppedIsBelowWhatWentOn() throws {
        let comparison = try ranking { store in
            try train(store, rate: "0.1", [(0.261, 2.2)], rung: 1, status: .cancelled)
            try train(store, rate: "0.2", [(0.15, 2.1)], rung: 1, status: .cancelled)
            try train(
                store, rate: "0.3", [(0.1, 2), (0.15, 1.9), (0.207, 1.8)], rung: 3)
        }
        #expect(
            summary(comparison) == [
                "1 rate 0.3 finished", "2 rate 0.1 dropped", "3 rate 0.2 dropped",
            ])
    }

    /// Its own configuration ended where the round did, and the sweep went on with others.
    @Test func aShortTrainingThatWasDroppedIsBelowAsWell() throws {
        let comparison = try ranking { store in
            try train(store, rate: "0.1", [(0.9, 0.4)], planned: 1, rung: 1)
            try train(store, rate: "0.2", [(0.5, 1), (0.6, 0.9), (0.7, 0.8)], rung: 3)
        }
        #expect(summary(comparison) == ["1 rate 0.2 finished", "2 rate 0.1 dropped"])
    }

    @Test func anInterruptedTrainingIsBelowOneThatEnded() throws {
        let comparison = try ranking { store in
            try train(
                store, rate: "0.1", [(0.9, 0.4), (0.91, 0.3)], status: .interrupted, sweep: nil)
            try train(store, rate: "0.2", [(0.95, 0.2)], status: .cancelled, sweep: nil)
            try train(store, rate: "0.3", [(0.5, 1)], planned: 1, sweep: nil)
        }
        #expect(
            summary(comparison) == [
                "1 rate 0.3 finished", "2 rate 0.1 unfinished", "3 rate 0.2 unfinished",
            ])
    }

    /// A mean over the seeds that happened not to fail is no better than the others' means.
    @Test func aConfigurationWithAFailedSeedIsLast() throws {
        let comparison = try ranking { store in
            try train(store, rate: "0.1", [(0.99, 0.1)], seed: "1")
            try train(store, rate: "0.1", [], seed: "2", status: .failed)
            try train(store, rate: "0.2", [(0.5, 1)], seed: "1")
            try train(store, rate: "0.2", [(0.6, 1)], seed: "2")
            try train(store, rate: "0.3", [], seed: "1", status: .failed)
        }
        #expect(
            summary(comparison) == [
                "1 rate 0.2 finished", "2 rate 0.1 failed", "- rate 0.3 failed",
            ])
    }

    @Test(arguments: [
        (
            SweepPlan.Metric.validationAccuracy,
            ["1 rate 0.1", "2= rate 0.4", "2= rate 0.3", "4 rate 0.2"]
        ),
        (.validationLoss, ["1 rate 0.1", "2= rate 0.4", "2= rate 0.3", "4 rate 0.2"]),
    ]) func tiesAreBrokenByTheOtherMetricAndElseShown(
        _ metric: SweepPlan.Metric, _ expected: [String]
    ) throws {
        let comparison = try ranking(metric) { store in
            try train(store, rate: "0.1", [(0.9, 0.3)], number: 4)
            try train(store, rate: "0.2", [(0.8, 0.5)], number: 3)
            try train(store, rate: "0.3", [(0.9, 0.4)], number: 2)
            try train(store, rate: "0.4", [(0.9, 0.4)], number: 1)
        }
        #expect(
            summary(comparison).map { $0.replacing(" finished", with: "") } == expected)
    }

    /// The page ranks as the terminal does.
    @Test func thePageHasTheSameOrder() throws {
        let comparison = try ranking { store in
            try train(store, rate: "0.1", [(0.9, 0.4)], rung: 1, status: .cancelled)
            try train(store, rate: "0.2", [(0.5, 1), (0.6, 0.9), (0.7, 0.8)], rung: 3)
            try train(store, rate: "0.3", [(0.5, 1), (0.6, 0.9), (0.7, 0.7)], rung: 3)
        }
        let page = try comparison.report(title: "t", summary: "s").html
        let places = try ["rate 0.3", "rate 0.2", "rate 0.1"].map {
            try #require(page.range(of: ">\($0)")).lowerBound
        }
        #expect(places == places.sorted())
        #expect(page.contains("dropped after epoch 1"))
    }

    @Test func sumsDontDependOnTheOrderOfTheSeeds() throws {
        let values = [0.1, 0.7, 0.3, 0.9, 0.2]
        let mean = try #require(SampleMean(values))
        #expect(SampleMean(values.reversed()) == mean)
        #expect(SampleMean([0.9, 0.2, 0.1, 0.3, 0.7]) == mean)
    }
}
