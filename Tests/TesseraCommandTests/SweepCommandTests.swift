import Foundation
import Glibc
import Orchestration
import TestSupport
import Testing

@testable import DigitPipeline
@testable import tessera

@Suite struct SweepCommandTests {
    private func write(_ text: String, _ workspace: Workspace) throws {
        let base = """
            config:
              dataset: "\(workspace.digits.dataset)"
              recipe: reference
              conv1_channels: 4
              conv2_channels: 6
              conv3_channels: 8
              hidden_size: 16
              epochs: 3

            """
        try Data((base + text).utf8).write(
            to: workspace.folder.appendingPathComponent("sweep.yaml"))
    }

    private func rows(_ result: ProgramResult) throws -> [[String: Any]] {
        let answer =
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        return try #require(
            answer?["rows"] as? [[String: Any]], "\(result.output) \(result.errors)")
    }

    private let grid = """
        seeds: [1, 2]
        parameters:
          learning_rate: [0.001, 0.01]
        variants:
          Adam: {optimizer_type: adam}
          Nesterov: {optimizer_type: sgd, nesterov: true}
        """

    @Test func aGridIsTrainedRankedAndNotTrainedAgain() throws {
        try Workspace.within { workspace in
            try write(grid, workspace)
            let first = try workspace.run(["sweep", "--config", "sweep.yaml", "--json"])
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.errors.contains("4 configurations, 8 trainings"))
            #expect(first.errors.contains("images/s, taken"), "\(first.errors)")
            let ranked = try rows(first)
            #expect(
                Set(ranked.compactMap { $0["name"] as? String }) == [
                    "Adam, learning_rate 0.001", "Adam, learning_rate 0.01",
                    "Nesterov, learning_rate 0.001", "Nesterov, learning_rate 0.01",
                ])
            let means = try ranked.map { row in
                let mean = try #require(row["validation_accuracy"] as? [String: Any])
                #expect(mean["count"] as? Int == 2 && mean["standard_error"] is Double)
                return try #require(mean["mean"] as? Double)
            }
            #expect(means == means.sorted(by: >))
            let page = try String(
                contentsOf: workspace.home.appendingPathComponent("sweeps/sweep.html"),
                encoding: .utf8)
            #expect(page.contains("Nesterov, learning_rate 0.01") && !page.contains("<script"))

            let store = try RunStore(home: workspace.home)
            let trained = try store.runs().filter { run in
                try store.materializations(of: run.id).contains {
                    $0.asset == "model" && $0.run == run.id
                }
            }.count
            #expect(trained == 8)
            let again = try workspace.run(
                ["sweep", "--config", "sweep.yaml", "--json", "--parallel", "2"])
            #expect(again.output == first.output)
            let compared = try workspace.run(["compare", "--tag", "sweep=sweep", "--json"])
            #expect(try rows(compared) as NSArray == rows(first) as NSArray)
            let byLoss = try workspace.run(
                ["compare", "--metric", "validation_loss", "--html", "c.html"])
            #expect(byLoss.status == 0, "\(byLoss.errors)")
            #expect(byLoss.output.contains("1  ") && byLoss.output.contains("±"))
        }
    }

    /// Killed again and again, and the same in the end as one that wasn't.
    @Test func aKilledSweepGoesOnWhereItStopped() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        try Workspace.within { workspace in
            try write(grid.replacing("[1, 2]", with: "[1]") + "\n", workspace)
            let flags = ["sweep", "--config", "sweep.yaml", "--json", "--parallel", "2"]
            let whole = try workspace.run(flags + ["--home", "reference"])
            #expect(whole.status == 0, "\(whole.errors)")
            for _ in 0..<5 {
                let process = try startTessera(flags, in: workspace.folder)
                Thread.sleep(forTimeInterval: Double.random(in: 0.2...1.2, using: &random))
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
            }
            let last = try workspace.run(flags)
            #expect(last.status == 0, "seed \(seed): \(last.errors)")
            let (expected, found) = (try rows(whole), try rows(last))
            for (one, other) in zip(expected, found) {
                #expect(one["name"] as? String == other["name"] as? String, "seed \(seed)")
                let means = [one, other].map {
                    ($0["validation_loss"] as? [String: Any])?["mean"] as? Double
                }
                #expect(means[0] != nil && means[0] == means[1], "seed \(seed)")
            }
        }
    }

    @Test func halvingTrainsFewToTheEnd() throws {
        try Workspace.within { workspace in
            try write(
                """
                method: halving
                factor: 2
                parameters:
                  learning_rate: [0.0001, 0.001, 0.003, 0.01]
                """, workspace)
            let flags = ["sweep", "--config", "sweep.yaml", "--json", "--parallel", "2"]
            let result = try workspace.run(flags)
            #expect(result.status == 0, "\(result.errors)")
            let epochs = try rows(result).map { $0["epochs"] as? Int ?? 0 }
            #expect(epochs.sorted() == [1, 1, 2, 3], "\(result.errors)")
            for text in [
                "round 1: 4 configurations to epoch 1", "round 3: 1 configuration to epoch 3",
            ] {
                #expect(result.errors.contains(text), "\(result.errors)")
            }
            // Whoever got farther is ranked above.
            #expect(epochs == [3, 2, 1, 1], "\(result.output)")
            // One that was trained in rounds is as good as one that was trained at once.
            let best = try #require(try rows(result).first { $0["epochs"] as? Int == 3 })
            let rate = try #require((best["parameters"] as? [String: Double])?["learning_rate"])
            try write("parameters: {learning_rate: [\(rate)]}\nname: once\n", workspace)
            let once = try rows(workspace.run(flags + ["--home", "other"]))
            let losses = [best, once[0]].map {
                ($0["validation_loss"] as? [String: Any])?["mean"] as? Double
            }
            #expect(losses[0] != nil && losses[0] == losses[1])
            #expect(try workspace.run(flags).status == 0)
        }
    }

    @Test func aTrainingThatDivergesIsARowWithoutAFigure() throws {
        try Workspace.within { workspace in
            try write(
                """
                parameters:
                  learning_rate: [0.01, 1.0e+30]
                  optimizer_type: [sgd]
                """, workspace)
            let result = try workspace.run(["sweep", "--config", "sweep.yaml", "--parallel", "1"])
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("failed: the loss became"), "\(result.output)")
            #expect(result.errors.contains("1 of 2 trainings failed"), "\(result.errors)")
            let list = try workspace.run(["runs"]).output
            #expect(
                list.contains("sweep sweep: best ") && list.contains("of 2 configurations"),
                "\(list)")
            let row = try #require(list.split(separator: "\n").first { $0.contains("succeeded") })
            #expect(row.contains(" %"), "\(list)")
        }
    }

    /// The first one as well, by which the sweep measures how many trainings to run at once.
    @Test func aVariantThatTheDataDoNotFitIsARowWithItsReason() throws {
        try Workspace.within { workspace in
            try write(
                """
                variants:
                  narrow: {network: [flatten, {linear: {outputs: 9}}]}
                  wide: {network: [{conv2d: {channels: 2, kernel: 40}}, flatten, {linear: {outputs: 10}}]}
                  good: {network: [flatten, {linear: {outputs: 10}}]}
                """, workspace)
            let result = try workspace.run(["sweep", "--config", "sweep.yaml"])
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.errors.contains("2 of 3 trainings failed"), "\(result.errors)")
            #expect(result.output.contains("10 classes, not 9"), "\(result.output)")
            let list = try workspace.run(["runs"]).output
            #expect(list.contains("succeeded") && list.contains("best "), "\(list)")
        }
    }

    @Test(arguments: ["grid", "halving"])
    func aSweepOfWhichEveryTrainingFailsIsAFailure(_ method: String) throws {
        try Workspace.within { workspace in
            try write(
                "method: \(method)\nparameters: {learning_rate: [1.0e+30, 1.0e+31], "
                    + "optimizer_type: [sgd]}\n", workspace)
            let result = try workspace.run(["sweep", "--config", "sweep.yaml", "--parallel", "1"])
            #expect(result.status == 1, "\(result.errors)")
            #expect(result.output.contains("failed: the loss became"), "\(result.output)")
            #expect(
                result.errors.contains("all 2 trainings failed, the first one: the loss became"),
                "\(result.errors)")
        }
    }

    @Test(arguments: [
        (
            "method: gird",
            "1: method gird: must be one of grid, random, halving; did you mean grid?"
        ),
        ("parameter: {epochs: [1]}", "1: unknown field parameter"),
        ("parameters: {learning_rat: [1]}", "did you mean learning_rate"),
        ("parameters: {learning_rate: []}", "the list is empty"),
        ("parameters: {learning_rate: {low: 1, high: 0.1}}", "low must be less"),
        ("parameters: {learning_rate: {low: 0, high: 0.1, scale: log}}", "above 0"),
        ("seeds: 3", "seeds: expected a list"),
        ("seeds: [1.5]", "whole numbers"),
        ("- a", "expected lines"),
        ("a: [", "not YAML"),
    ]) func faultsOfTheFileAreNamed(_ text: String, _ message: String) throws {
        let error = try #require(throws: SweepError.self) {
            try SweepFile(text: text, path: "s.yaml")
        }
        #expect("\(error)".hasPrefix("s.yaml") && "\(error)".contains(message), "\(error)")
    }

    @Test(arguments: [
        ("name: a b\nparameters: {epochs: [1]}", "letters"),
        ("method: grid", "parameters or variants"),
        ("method: random\nparameters: {epochs: [1, 2]}", "trials is missing"),
        ("parameters: {learning_rate: {low: 0.1, high: 1}}", "a list, or method random"),
        ("parameters: {seed: [1, 2]}", "seeds"),
        ("seeds: [1, 1]\nparameters: {epochs: [1]}", "different"),
        ("parameters: {epochs: [0]}", "s.yaml:1: epochs 0: must be a whole number"),
    ]) func faultsOfThePlanAreNamed(_ text: String, _ message: String) throws {
        let plan = try SweepFile(text: text, path: "s.yaml").plan
        let error = try #require(throws: (any Error).self) { try plan.trials() }
        #expect("\(error)".contains(message), "\(error)")
    }

    @Test func randomPointsAreRepeatableAndWithinTheirRanges() throws {
        let text = """
            method: random
            trials: 200
            parameters:
              learning_rate: {low: 0.0001, high: 0.1, scale: log}
              batch_size: [32, 64]
            """
        let plan = try SweepFile(text: text, path: "s.yaml").plan
        let (first, second) = (try plan.trials(), try plan.trials())
        #expect(first.map(\.id) == second.map(\.id))
        // Some are drawn twice.
        #expect((190...200).contains(first.count))
        let rates = try first.map { trial in
            try #require(Double(trial.name.split(separator: " ")[1].dropLast()))
        }
        #expect(rates.allSatisfy { (0.0001...0.1).contains($0) })
        // Half of them below the middle of the logarithmic scale, within five standard deviations.
        let low = rates.filter { $0 < 0.00316 }.count
        #expect((65...135).contains(low), "\(low)")
        var other = plan
        other.randomSeed = 43
        #expect(try other.trials().map(\.id) != first.map(\.id))
    }

    @Test func aRangeOfAWholeNumberGivesWholeNumbers() throws {
        let text = """
            method: random
            trials: 30
            parameters:
              batch_size: {low: 32, high: 128}
              hidden_size: {low: 16, high: 256, scale: log}
            """
        let trials = try SweepFile(text: text, path: "s.yaml").plan.trials()
        #expect(trials.count == 30)
        for trial in trials {
            #expect((32...128).contains(trial.config.model.batchSize), "\(trial.name)")
        }
        #expect(throws: SweepError.self) {
            try SweepFile(text: text.replacing("30", with: "20000"), path: "s.yaml").plan.trials()
        }
    }

    /// In the settings of all trials, and as one of the values of an axis.
    @Test func networksMayBeListsOfLayers() throws {
        let text = """
            method: grid
            config:
              network:
                - flatten
                - linear: {outputs: 10}
            variants:
              plain: {epochs: 1}
              wide:
                network:
                  - flatten
                  - linear: {name: 0, outputs: 32}
                  - relu
                  - linear: {outputs: 10}
            """
        let trials = try SweepFile(text: text, path: "s.yaml").plan.trials()
        let kinds = trials.map(\.config.model.network.kind)
        #expect(
            kinds == [
                .layers([.flatten, .linear(10)]),
                .layers([.flatten, .linear("0", 32), .relu, .linear(10)]),
            ])
        let axis = "parameters:\n  network:\n  - mlp\n  - [flatten, linear: {outputs: 10}]\n"
        let listed = try SweepFile(text: axis, path: "s.yaml").plan.trials()
        #expect(
            listed.map(\.config.model.network.kind) == [
                .mlp, .layers([.flatten, .linear(10)]),
            ])
    }

    @Test func faultsOfLayersHaveTheirLine() throws {
        let text = "config:\n  network:\n  - flatten\n  - linear: {outputs: ten}\n"
        let error = try #require(throws: (any Error).self) {
            try SweepFile(text: text, path: "s.yaml")
        }
        #expect("\(error)".hasPrefix("s.yaml:4: "), "\(error)")
    }

    @Test func theExampleIsAPlan() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let plan = try SweepFile(
            path: root.appendingPathComponent("Examples/optimizers.yaml").path
        ).plan
        #expect(try plan.trials().count == 30 && plan.seeds.count == 3)
    }
}
