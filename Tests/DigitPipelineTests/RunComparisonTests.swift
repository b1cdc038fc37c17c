import Foundation
import Orchestration
import TestSupport
import Testing

@testable import DigitPipeline

/// Which trainings are one configuration, and what is said of it. How they are ranked: `RankingTests`.
@Suite struct RunComparisonTests {
    private func comparison(
        _ trainings: [(config: [String: String?], accuracies: [Double])]
    ) throws -> RunComparison {
        try withTemporaryFolder { folder in
            let store = try RunStore(home: folder)
            for (index, training) in trainings.enumerated() {
                var config = RunConfig().values
                for (key, value) in training.config { config[key] = value }
                let recorder = try store.begin(
                    id: runID("\(index)"), job: "training", config: config, environment: [:])
                for (epoch, accuracy) in training.accuracies.enumerated() {
                    try recorder.record([
                        point("validation_accuracy", epoch + 1, accuracy),
                        point("validation_loss", epoch + 1, 1 - accuracy),
                        point("epoch_seconds", epoch + 1, 2),
                    ])
                }
                try recorder.finish(.succeeded)
            }
            return try RunComparison(store.runs(), metric: .validationAccuracy, in: store)
        }
    }

    private func point(_ name: String, _ epoch: Int, _ value: Double) -> MetricPoint {
        MetricPoint(name, step: epoch, epoch: epoch, value: value)
    }

    @Test func keysThatTheNetworkDoesntReadDontTellTrainingsApart() throws {
        let found = try comparison([
            (["network": "mlp", "seed": "1", "conv1_channels": "8"], [0.5]),
            (["network": "mlp", "seed": "2", "conv1_channels": "16", "depth": "14"], [0.7]),
            (["conv1_channels": "8"], [0.6]),
        ])
        #expect(found.rows.map(\.runs.count).sorted() == [1, 2])
        #expect(found.parameters.contains("network"))
        #expect(!found.parameters.contains("depth"))
    }

    @Test func trainingsThatDifferByTheirSeedAreOneRowWithTheirMeans() throws {
        let found = try comparison([
            (["seed": "1"], [0.5, 0.6]), (["seed": "2"], [0.4, 0.8]),
            (["seed": "1", "epochs": "4"], [0.9]),
        ])
        #expect(found.parameters == ["epochs"])
        let row = try #require(found.rows.first { $0.runs.count == 2 })
        #expect(row.seeds.sorted() == ["1", "2"] && row.epochs == 2 && row.plannedEpochs == 8)
        #expect(abs(row.validationAccuracy!.mean - 0.7) < 1e-12)
        // s/√n of 0.6 and 0.8: 0.1.
        #expect(abs(row.validationAccuracy!.standardError! - 0.1) < 1e-12)
        #expect(row.seconds == 4)
        #expect(row.curve.map(\.validationAccuracy).map { ($0! * 100).rounded() } == [45, 70])
    }

    @Test(arguments: [
        ("threads", "7"), ("home", "elsewhere"), ("data_dir", "data"), ("recipe", "reference"),
        ("accept_other_cpu", "true"), ("checkpoint_steps", "9"), ("checkpoints_kept", "9"),
        ("accuracy_threshold", "0.5"), ("replace_promoted", "true"),
    ])
    func whatDoesntDecideTheResultMakesNoOtherRow(key: String, value: String) throws {
        let found = try comparison([([:], [0.5]), ([key: value, "seed": "2"], [0.6])])
        #expect(found.rows.count == 1 && found.parameters.isEmpty)
    }

    @Test(arguments: [
        ("learning_rate", "0.1"), ("hidden_size", "32"), ("dataset", "fashion-mnist"),
        ("split_seed", "1"), ("validation_fraction", "0.3"), ("normalization", "measured"),
    ])
    func whatDecidesTheResultDoes(key: String, value: String) throws {
        let found = try comparison([([:], [0.5]), ([key: value], [0.6])])
        #expect(found.rows.count == 2 && found.parameters == [key])
        #expect(found.rows[0].parameters == [key: value])
    }

    /// Runs of before a key had what is now its default; of a key that only a later version knows,
    /// nobody can say that it changes nothing.
    @Test func keysOfOtherVersions() throws {
        #expect(try comparison([([:], [0.5]), (["normalization": nil], [0.6])]).rows.count == 1)
        #expect(try comparison([([:], [0.5]), (["lookahead": "5"], [0.6])]).rows.count == 2)
    }

    /// The same training, recorded twice: what went on from a checkpoint counts, not its beginning.
    @Test func ofOneTrainingTheLongestIsTaken() throws {
        let found = try comparison([([:], [0.5, 0.6, 0.7]), ([:], [0.9])])
        #expect(found.rows.count == 1 && found.rows[0].epochs == 3)
        #expect(found.rows[0].runs == [runID("0")])
    }

    @Test func runsThatTrainedNothingAreNoRows() {
        #expect(throws: SweepError.noRuns("these runs")) { try comparison([([:], [])]) }
    }
}
