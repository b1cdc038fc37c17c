#if arch(x86_64)
    import Foundation
    import Orchestration
    import TestSupport
    import Testing

    @testable import Training

    /// Homes, model files and checkpoints of earlier versions, which later ones go on with.
    @Suite struct UpgradeTests {
        @Test(arguments: UpgradeFixture.versions)
        func aModelFilePredictsWhatItDid(_ version: String) throws {
            try UpgradeFixture.within(version) { fixture in
                let file = earlierFile(version, "model.safetensors")
                try fixture.expectRecordedProbabilities(model: file.path)
                #expect(try fixture.weightsDigest(file) == fixture.expected.deployed.weights)
                let shown = try fixture.run(["models", "show", file.path])
                #expect(shown.status == 0 && !shown.errors.contains("altered"), "\(shown.errors)")
            }
        }

        /// Predictions don't depend on the kind of CPU but for rounding.
        @Test(arguments: UpgradeFixture.versions)
        func aModelFilePredictsTheSameOnThisCPU(_ version: String) throws {
            try UpgradeFixture.within(version) { fixture in
                try fixture.expectRecordedProbabilities(
                    model: earlierFile(version, "model.safetensors").path, environment: [:])
            }
        }

        // MARK: - Homes

        @Test(arguments: UpgradeFixture.versions)
        func aHomesRunsAreListedShownAndReported(_ version: String) throws {
            try UpgradeFixture.within(version) { fixture in
                let runs = [fixture.expected.deployed.run, fixture.expected.interrupted.run]
                let list = try fixture.run(["runs", "list"])
                #expect(list.status == 0, "\(list.errors)")
                for run in runs {
                    #expect(list.output.contains(run), "\(list.output)")
                    for arguments in [
                        ["runs", "show", run], ["runs", "show", run, "--json"],
                        ["runs", "events", run], ["report", run, "-o", "report.html"],
                    ] {
                        let result = try fixture.run(arguments)
                        #expect(result.status == 0, "\(arguments): \(result.errors)")
                    }
                }
                for arguments in [
                    ["runs", "diff"] + runs, ["runs", "lineage", "deployed"], ["compare"],
                    ["runs", "gc"],
                ] {
                    let result = try fixture.run(arguments)
                    #expect(result.status == 0, "\(arguments): \(result.errors)")
                }
            }
        }

        @Test(arguments: UpgradeFixture.versions)
        func aHomesDeployedModelPredicts(_ version: String) throws {
            try UpgradeFixture.within(version) { fixture in
                try fixture.expectRecordedProbabilities(model: "deployed")
                let verified = try fixture.run(["models", "verify"])
                #expect(verified.status == 0, "\(verified.output) \(verified.errors)")
                let list = try fixture.run(["models", "list"])
                #expect(list.output.contains(fixture.expected.deployed.model.prefix(8)))
            }
        }

        /// What the version before made of the same data and configuration is taken, not made again.
        @Test(arguments: UpgradeFixture.versions)
        func aHomesAssetsAreTaken(_ version: String) throws {
            try UpgradeFixture.within(version) { fixture in
                let run = try newRun(fixture, [])
                #expect(run.made.isEmpty, "\(run.made)")
                #expect(run.model.run == fixture.expected.deployed.run)
            }
        }

        @Test(arguments: UpgradeFixture.versions)
        func aNewRunWorksInAHome(_ version: String) throws {
            try UpgradeFixture.within(version) { fixture in
                let run = try newRun(
                    fixture, ["--seed", "8", "--strategy", "force", "--reason", "a test"])
                #expect(run.made == Array(allAssets[2...]), "\(run.made)")
                let back = try fixture.run(["models", "rollback"])
                #expect(back.status == 0, "\(back.errors)")
                try fixture.expectRecordedProbabilities(model: "deployed")
                let again = try fixture.run(["deploy", run.id, "--replace-promoted"])
                #expect(again.status == 0 || again.status == 3, "\(again.errors)")
                #expect(try fixture.run(["models", "verify"]).status == 0)
            }
        }

        private func newRun(
            _ fixture: UpgradeFixture, _ flags: [String]
        ) throws -> (id: String, made: [String], model: Materialization) {
            let result = try fixture.run(
                ["run", "--json"] + fixture.expected.deployed.flags + flags)
            try #require(result.status == 0, "\(result.errors)")
            let store = try RunStore(home: fixture.workspace.home)
            let run = try store.run("latest")
            let model = try store.materializations(of: run.id).first { $0.asset == "model" }
            let made = try store.events(of: run.id).filter { $0.kind == .assetSucceeded }
            return (run.id, made.compactMap(\.asset), try #require(model))
        }

        // MARK: - Checkpoints

        @Test(arguments: UpgradeFixture.versions)
        func anInterruptedTrainingEndsWithTheSameWeights(_ version: String) throws {
            try UpgradeFixture.within(version) { fixture in
                let expected = fixture.expected.interrupted
                let resumed = try fixture.run(
                    ["train", "--json", "--resume", expected.run] + expected.flags)
                #expect(resumed.status == 0, "\(resumed.errors)")
                #expect(resumed.errors.contains("going on in epoch "), "\(resumed.errors)")
                guard fixture.hasItsOpenBLAS else { return }
                let run = try RunStore(home: fixture.workspace.home).run("latest").id
                #expect(
                    try fixture.weightsDigest(fixture.modelFile(run: run)) == expected.weights)
                let record = try fixture.workspace.json(resumed.output)
                #expect(record["test_accuracy"] as? Double == expected.test_accuracy)
            }
        }

        @Test(arguments: UpgradeFixture.versions)
        func anInterruptedTrainingGoesOnOnAnotherCPUByAFlagAlone(_ version: String) throws {
            try UpgradeFixture.within(version) { fixture in
                let expected = fixture.expected.interrupted
                let other = ["OPENBLAS_CORETYPE": "Nehalem", "TESSERA_CPU_LEVEL": "base"]
                let resume = ["train", "--resume", expected.run] + expected.flags
                let refused = try fixture.workspace.run(resume, environment: other)
                #expect(refused.status == 2, "\(refused.errors)")
                #expect(
                    refused.errors.contains("another kind of CPU (base, OpenBLAS Prescott)"),
                    "\(refused.errors)")
                let accepted = try fixture.workspace.run(
                    resume + ["--accept-other-cpu"], environment: other)
                #expect(accepted.status == 0, "\(accepted.errors)")
            }
        }
    }
#endif
