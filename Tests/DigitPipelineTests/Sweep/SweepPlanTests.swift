import Testing
import Training

@testable import DigitPipeline

@Suite struct SweepPlanTests {
    private let origin = ConfigOrigin.file(path: "sweep.yaml", line: 3)

    private func axis(_ key: String, _ values: String...) -> ParameterAxis {
        ParameterAxis(key: key, values: .list(values.map(RawConfigValue.plain)), origin: origin)
    }

    private func plan(_ change: (inout SweepPlan) -> Void = { _ in }) -> SweepPlan {
        var plan = SweepPlan(name: "s")
        plan.axes = [axis("learning_rate", "0.1", "0.01")]
        change(&plan)
        return plan
    }

    private func setting(_ key: String, _ value: String) -> ConfigSetting {
        ConfigSetting(key: key, value: .plain(value), origin: origin)
    }

    // MARK: - Trials

    @Test func trialsHaveTheirPlaceTheirNameAndACheckedConfig() throws {
        let trials = try plan { $0.base = [setting("epochs", "3")] }.trials()
        #expect(trials.map(\.number) == [1, 2])
        #expect(trials.map(\.name) == ["learning_rate 0.1", "learning_rate 0.01"])
        #expect(trials.map(\.config.model.optimizer.learningRate) == [0.1, 0.01])
        #expect(trials.allSatisfy { $0.config.model.epochs == 3 })
        #expect(trials[0].config(seed: 9).model.seed == 9)
    }

    @Test func aVariantsNameStandsForItsOnlyValues() throws {
        let trials = try plan {
            $0.axes = [axis("epochs", "1")]
            $0.variants = [
                SweepVariant(
                    name: "sgd",
                    axes: [axis("optimizer_type", "sgd"), axis("momentum", "0", "0.9")])
            ]
        }.trials()
        #expect(
            trials.map(\.name) == ["sgd, momentum 0, epochs 1", "sgd, momentum 0.9, epochs 1"])
        #expect(trials.map(\.variant) == ["sgd", "sgd"])
    }

    /// What doesn't change the result doesn't make another trial of it.
    @Test func aTrialIsToldByWhatItDoes() throws {
        func id(_ settings: ConfigSetting...) throws -> String {
            try plan {
                $0.base = settings
                $0.axes = [axis("learning_rate", "0.1")]
            }.trials()[0].id
        }
        let plain = try id()
        for (key, value) in [
            ("seed", "7"), ("threads", "1"), ("home", "elsewhere"), ("data_dir", "data"),
            ("accept_other_cpu", "true"), ("accuracy_threshold", "0.5"), ("checkpoints_kept", "5"),
            // Its default, of a key that came later.
            ("normalization", "auto"), ("network", "digitcnn"),
        ] { #expect(try id(setting(key, value)) == plain, "\(key)") }
        for (key, value) in [
            ("epochs", "7"), ("hidden_size", "32"), ("dataset", "fashion-mnist"),
            ("split_seed", "1"), ("validation_fraction", "0.3"), ("normalization", "measured"),
            ("conv", "im2col"), ("network", "mlp"),
        ] { #expect(try id(setting(key, value)) != plain, "\(key)") }
    }

    @Test func pointsThatAreTheSameAreOneTrial() throws {
        let trials = try plan { $0.axes = [axis("learning_rate", "0.1", "1e-1", "0.2")] }.trials()
        #expect(trials.map(\.name) == ["learning_rate 0.1", "learning_rate 0.2"])
    }

    @Test func halvingTakesTheGridUnlessTrialsAreGiven() throws {
        func count(_ trialCount: Int?) throws -> Int {
            try plan {
                $0.method = .halving
                $0.axes.append(axis("momentum", "0", "0.5", "0.9"))
                $0.trialCount = trialCount
            }.trials().count
        }
        #expect(try count(nil) == 6)
        #expect(try count(4) == 4)
    }

    // MARK: - Faults

    @Test func whatIsImpossibleIsNamed() throws {
        let changes: [(String, (inout SweepPlan) -> Void)] = [
            ("name", { $0.name = "a b" }), ("seeds", { $0.seeds = [] }),
            ("seeds", { $0.seeds = [1, 1] }), ("trials", { $0.trialCount = 0 }),
            ("trials", { $0.trialCount = 10_001 }), ("factor", { $0.factor = 1 }),
            ("first_epochs", { $0.firstEpochs = 0 }), ("parallel", { $0.parallelTrials = 0 }),
        ]
        for (field, change) in changes {
            let error = try #require(throws: SweepError.self) { try plan(change).trials() }
            #expect("\(error)".hasPrefix("\(field) "), "\(error)")
        }
    }

    @Test func whatIsMissingIsNamed() {
        #expect(throws: SweepError.missing("trials", for: "method random")) {
            try plan { $0.method = .random }.trials()
        }
        #expect(throws: SweepError.missing("parameters or variants", for: "a sweep")) {
            try plan { $0.axes = [] }.trials()
        }
    }

    /// Seeds aren't compared with each other: they are what means are taken over.
    @Test func seedsAreNoParameter() throws {
        for change: (inout SweepPlan) -> Void in [
            { $0.axes = [axis("seed", "1", "2")] },
            { $0.variants = [SweepVariant(name: "a", axes: [axis("seed", "1")])] },
        ] {
            let error = try #require(throws: SweepError.self) { try plan(change).trials() }
            #expect("\(error)".contains("keys but seed"), "\(error)")
        }
    }

    @Test func aValueThatNoKeyTakesIsToldWithItsLine() throws {
        let error = try #require(throws: RunConfigError.self) {
            try plan { $0.axes = [axis("epochs", "1", "0")] }.trials()
        }
        #expect("\(error)".hasPrefix("sweep.yaml:3: epochs 0: must be"), "\(error)")
    }
}
