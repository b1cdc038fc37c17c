#if arch(x86_64)
    import Foundation
    import Glibc
    import Orchestration
    import TestSupport
    import Testing

    /// What another kind of CPU trained: told, and taken or gone on with by a flag alone.
    ///
    /// Kinds of CPU are made by the variables that choose the kernels of OpenBLAS and of Tessera; each
    /// x86-64 can run those of older ones.
    @Suite struct OtherCPUTests {
        private let first = ["OPENBLAS_CORETYPE": "Nehalem", "TESSERA_CPU_LEVEL": "base"]
        private let second = ["OPENBLAS_CORETYPE": "Prescott", "TESSERA_CPU_LEVEL": "base"]
        private let firstName = "base, OpenBLAS Nehalem"
        private let secondName = "base, OpenBLAS Prescott"

        private func run(
            _ workspace: Workspace, _ environment: [String: String], _ arguments: [String]
        ) throws -> ProgramResult {
            try workspace.run(arguments + ["--json"] + workspace.flags, environment: environment)
        }

        private func models(_ workspace: Workspace) throws -> [Materialization] {
            let store = try RunStore(home: workspace.home)
            return try store.runs().flatMap { try store.materializations(of: $0.id) }
                .filter { $0.asset == "model" }
        }

        /// The digest of the model that the latest run has.
        private func latestModel(_ workspace: Workspace) throws -> Materialization {
            let store = try RunStore(home: workspace.home)
            return try #require(
                try store.materializations(of: store.run("latest").id).first {
                    $0.asset == "model"
                })
        }

        @Test(arguments: ["im2col", "auto"])
        func aModelOfAnotherCPUIsTakenByAFlagAlone(_ conv: String) throws {
            try Workspace.within { workspace in
                let train = ["train", "--conv", conv]
                let made = try run(workspace, first, train)
                #expect(made.status == 0, "\(made.errors)")
                let model = try latestModel(workspace)
                #expect(model.metadata["made_on"] == .text(firstName))

                let refused = try run(workspace, second, train)
                #expect(refused.status == 2, "\(refused.errors)")
                for text in [
                    "another kind of CPU (\(firstName)", "than this one (\(secondName))",
                    "--accept-other-cpu", "--force model",
                ] { #expect(refused.errors.contains(text), "\(refused.errors)") }

                let accepted = try run(workspace, second, train + ["--accept-other-cpu"])
                #expect(accepted.status == 0, "\(accepted.errors)")
                #expect(accepted.errors.contains("built on another kind of CPU (\(firstName))"))
                #expect(try latestModel(workspace).id == model.id)
                let store = try RunStore(home: workspace.home)
                let events = try store.events(of: store.run("latest").id)
                #expect(
                    events.contains { $0.kind == .note && $0.message?.contains("Nehalem") == true })
                #expect(!events.contains { $0.kind == .assetSucceeded })

                // Made here as well, both are stored, and each kind takes its own.
                let forced = try run(
                    workspace, second, ["run", "--force", "model", "--conv", conv])
                #expect(forced.status == 0, "\(forced.errors)")
                let here = try latestModel(workspace)
                #expect(here.version != model.version)
                #expect(here.metadata["made_on"] == .text(secondName))
                for (environment, expected) in [(first, model), (second, here)] {
                    #expect(try run(workspace, environment, train).status == 0)
                    #expect(try latestModel(workspace).id == expected.id)
                }
            }
        }

        /// The variables do what they are for here: other kernels train other bits.
        @Test func anotherLevelTrainsOtherBits() throws {
            guard try tesseraHasLevel("avx2") else { return }
            try Workspace.within { workspace in
                let artifacts = try ["base", "avx2"].map { level in
                    let variables = ["OPENBLAS_CORETYPE": "Nehalem", "TESSERA_CPU_LEVEL": level]
                    let result = try run(workspace, variables, ["train", "--force", "model"])
                    #expect(result.status == 0, "\(result.errors)")
                    return try latestModel(workspace).artifact
                }
                #expect(artifacts[0] != artifacts[1])
            }
        }

        private func tesseraHasLevel(_ level: String) throws -> Bool {
            try runTessera(["config", "show"], environment: ["TESSERA_CPU_LEVEL": level]).status
                == 0
        }

        @Test func aLevelThatIsNoneIsRefused() throws {
            let result = try runTessera(
                ["config", "show"], environment: ["TESSERA_CPU_LEVEL": "avx1024"])
            #expect(result.status == 64 || result.status == 2 || result.status == 1)
            #expect(
                result.errors.contains(
                    "TESSERA_CPU_LEVEL avx1024: must be one of base"),
                "\(result.errors)")
        }

        // MARK: - Going on

        /// Trains until there is a checkpoint, and is killed.
        private func interrupt(_ workspace: Workspace, _ flags: [String]) throws {
            let process = try startTessera(
                ["train"] + flags, environment: first, in: workspace.folder)
            let isCheckpoint = { () -> Bool in
                let all = try? FileManager.default.subpathsOfDirectory(
                    atPath: workspace.home.appendingPathComponent("runs").path)
                return (all ?? []).contains { $0.contains("/step-") && !$0.contains("tmp") }
            }
            for _ in 0..<1200 where !isCheckpoint() { Thread.sleep(forTimeInterval: 0.02) }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }

        @Test func aTrainingGoesOnOnAnotherCPUByAFlagAlone() throws {
            try Workspace.within { workspace in
                let flags = workspace.flags + ["--epochs", "60", "--conv", "im2col"]
                try interrupt(workspace, flags)
                let runs = try RunStore(home: workspace.home).runs().count
                let refused = try workspace.run(
                    ["train", "--resume"] + flags, environment: second)
                #expect(refused.status == 2, "\(refused.errors)")
                #expect(
                    refused.errors.contains(
                        "trained on another kind of CPU (\(firstName)) than this one (\(secondName))"
                    ),
                    "\(refused.errors)")
                #expect(refused.errors.contains("--accept-other-cpu"))
                #expect(try RunStore(home: workspace.home).runs().count == runs)

                let accepted = try workspace.run(
                    ["train", "--resume", "--accept-other-cpu"] + flags, environment: second)
                #expect(accepted.status == 0, "\(accepted.errors)")
                #expect(accepted.errors.contains("goes on to other bits"), "\(accepted.errors)")
                let model = try latestModel(workspace)
                #expect(model.metadata["made_on"] == .text("\(firstName), then \(secondName)"))
                let store = try RunStore(home: workspace.home)
                #expect(
                    try store.events(of: store.run("latest").id).contains {
                        $0.kind == .note && $0.message?.contains("goes on to other bits") == true
                    })
                // It is neither kind's: nobody takes it for a training of his own.
                let own = try workspace.run(["train"] + flags, environment: second)
                #expect(own.status == 2 && own.errors.contains(", then \(secondName)"))
            }
        }

        @Test func aTrainingGoesOnOnItsOwnKindWithoutAFlag() throws {
            try Workspace.within { workspace in
                let flags = workspace.flags + ["--epochs", "60"]
                try interrupt(workspace, flags)
                let resumed = try workspace.run(
                    ["train", "--resume"] + flags + ["--threads", "1"], environment: first)
                #expect(resumed.status == 0, "\(resumed.errors)")
                let model = try latestModel(workspace)
                #expect(model.metadata["made_on"] == .text(firstName))
                let whole = try workspace.run(
                    ["train", "--home", "other"] + flags, environment: first)
                #expect(whole.status == 0, "\(whole.errors)")
                let store = try RunStore(home: workspace.folder.appendingPathComponent("other"))
                let other = try store.materializations(of: store.run("latest").id)
                #expect(other.first { $0.asset == "model" }?.artifact == model.artifact)
            }
        }

        // MARK: - Sweeps

        @Test(arguments: ["method: halving\nfactor: 2\n", ""])
        func aSweepGoesOnOnAnotherCPUByAFlagAlone(_ method: String) throws {
            try Workspace.within { workspace in
                let text = """
                    \(method)config:
                      dataset: "\(workspace.digits.dataset)"
                      conv1_channels: 4
                      conv2_channels: 6
                      conv3_channels: 8
                      hidden_size: 16
                      epochs: 2
                    parameters:
                      learning_rate: [0.001, 0.003, 0.01]

                    """
                try Data(text.utf8).write(to: workspace.folder.appendingPathComponent("s.yaml"))
                let sweep = ["sweep", "--config", "s.yaml", "--json", "--parallel", "1"]
                let whole = try workspace.run(sweep, environment: first)
                #expect(whole.status == 0, "\(whole.errors)")
                let refused = try workspace.run(sweep, environment: second)
                #expect(refused.status == 2, "\(refused.output) \(refused.errors)")
                #expect(refused.errors.contains("another kind of CPU (\(firstName)"))
                let accepted = try workspace.run(
                    sweep + ["--accept-other-cpu"], environment: second)
                #expect(accepted.output == whole.output, "\(accepted.errors)")
                #expect(try workspace.run(sweep, environment: first).output == whole.output)
            }
        }
    }
#endif
