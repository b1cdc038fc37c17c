import Foundation
import Glibc
import Orchestration
import TestSupport
import Testing

/// Trainings whose process is killed, and programs that share one store.
@Suite struct KilledTrainingTests {
    /// Killed twenty times, at random moments of reading, training and writing, and resumed each time.
    @Test func aTrainingKilledAtTwentyRandomMomentsEndsWithTheSameBits() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        try Workspace.within { workspace in
            let flags =
                ["--json", "--checkpoint-steps", "7"] + workspace.flags + ["--epochs", "150"]
            let clock = ContinuousClock()
            let start = clock.now
            let reference = try workspace.run(["train"] + flags + ["--home", "reference"])
            try #require(reference.status == 0, "\(reference.errors)")
            let seconds = (clock.now - start) / .seconds(1)
            let expected = try model(in: "reference", workspace)

            var kills = 0
            while kills < 20 {
                let arguments =
                    ["train"] + (hasCheckpoint(workspace) ? ["--resume"] : []) + flags
                let process = try startTessera(arguments, in: workspace.folder)
                Thread.sleep(
                    forTimeInterval: Double.random(in: 0...seconds / 6, using: &random))
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                guard process.terminationReason == .uncaughtSignal else {
                    // It came to its end first: as good as any, and another one is begun.
                    #expect(try model(in: ".tessera", workspace) == expected, "seed \(seed)")
                    try FileManager.default.removeItem(at: workspace.home)
                    continue
                }
                kills += 1
                guard try RunStore.exists(in: workspace.home) else { continue }
                let store = try RunStore(home: workspace.home)
                #expect(try store.runs().allSatisfy { $0.status == .interrupted }, "seed \(seed)")
            }
            if try RunStore.exists(in: workspace.home) {
                // Nobody noted when it ended.
                let listed = try workspace.run(["runs", "list"]).output
                #expect(listed.contains("interrupted") && listed.contains("≥ "), "\(listed)")
                let shown = try workspace.run(["runs", "show"]).output
                #expect(shown.contains("at least ") && shown.contains("as of its last record"))
            }
            let isBegun = hasCheckpoint(workspace)
            let last = try workspace.run(["train"] + (isBegun ? ["--resume"] : []) + flags)
            #expect(last.status == 0, "seed \(seed): \(last.errors)")
            #expect(try model(in: ".tessera", workspace) == expected, "seed \(seed)")
            let resumed = try RunStore(home: workspace.home).run("latest")
            #expect((resumed.tags["resumed_from"] != nil) == isBegun)
        }
    }

    private func hasCheckpoint(_ workspace: Workspace) -> Bool {
        let paths = try? FileManager.default.subpathsOfDirectory(
            atPath: workspace.home.appendingPathComponent("runs").path)
        return paths?.contains { $0.hasSuffix(".safetensors") && $0.contains("/step-") } ?? false
    }

    private func model(in home: String, _ workspace: Workspace) throws -> String {
        let store = try RunStore(home: workspace.folder.appendingPathComponent(home))
        let run = try store.run("latest")
        return try #require(
            try store.materializations(of: run.id).first { $0.asset == "model" }
        ).artifact
    }

    @Test func aDamagedCheckpointIsPassedOverForTheOneBefore() throws {
        try Workspace.within { workspace in
            let flags =
                ["--json", "--checkpoint-steps", "7"] + workspace.flags + ["--epochs", "150"]
            let process = try startTessera(["train"] + flags, in: workspace.folder)
            let checkpoints = { () -> [String] in
                let all = try? FileManager.default.subpathsOfDirectory(
                    atPath: workspace.home.appendingPathComponent("runs").path)
                return (all ?? []).filter { $0.contains("/step-") && !$0.contains("tmp") }.sorted()
            }
            for _ in 0..<600 where checkpoints().count < 2 { Thread.sleep(forTimeInterval: 0.05) }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            for name in checkpoints().dropFirst() {
                let file = workspace.home.appendingPathComponent("runs/\(name)")
                try Data(try Data(contentsOf: file).dropLast(9)).write(to: file)
            }
            let first = try #require(checkpoints().first)
            let resumed = try workspace.run(["train", "--resume"] + flags + ["--seed", "9"])
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(resumed.errors.contains("going on in epoch "), "\(resumed.errors)")
            #expect(resumed.errors.contains("seed 9 was asked for; a resumed training keeps 42"))
            let run = try RunStore(home: workspace.home).run("latest")
            #expect(run.tags["resumed_from"]?.hasSuffix(first) == true, "\(run.tags)")
        }
    }

    @Test func aPipeIsNoInput() throws {
        try Workspace.within { workspace in
            #expect(try workspace.run().made == allAssets)
            mkfifo(workspace.folder.appendingPathComponent("pipe").path, 0o644)
            let result = try workspace.run(
                ["run"] + workspace.flags + ["--job", "inference", "--input", "pipe"])
            #expect(result.status == 2 && result.errors.contains("not a regular file"))
        }
    }

    @Test func resumingNothingSaysSo() throws {
        try Workspace.within { workspace in
            let none = try workspace.run(["train", "--resume"] + workspace.flags)
            #expect(none.status == 2 && none.errors.contains("no checkpoint"), "\(none.errors)")
            #expect(try workspace.run("train").made == Array(allAssets[..<4]))
            let finished = try workspace.run(["train", "--resume"] + workspace.flags)
            #expect(finished.status == 2 && finished.errors.contains("no checkpoint"))
            let unknown = try workspace.run(["train", "--resume", "2020"] + workspace.flags)
            #expect(unknown.status == 2 && unknown.errors.contains("no run 2020"))
        }
    }

    @Test func eightProcessesShareAStoreAndLoseNothing() throws {
        try Workspace.within { workspace in
            let processes = try (0..<8).map { number in
                try startTessera(
                    ["run"] + workspace.flags + [
                        "--seed", "\(number / 2)", "--tag", "n=\(number)",
                    ],
                    in: workspace.folder)
            }
            for process in processes {
                process.waitUntilExit()
                #expect(process.terminationStatus == 0)
            }
            let store = try RunStore(home: workspace.home)
            let runs = try store.runs()
            #expect(Set(runs.compactMap { $0.tags["n"] }).count == 8)
            for run in runs {
                #expect(run.status == .succeeded)
                let assets = try store.materializations(of: run.id)
                #expect(Set(assets.map(\.asset)) == Set(allAssets))
                let made = assets.filter { $0.run == run.id }.map(\.asset)
                let events = try store.events(of: run.id)
                #expect(events.filter { $0.kind == .assetSucceeded }.count == made.count)
                #expect(events.first?.kind == .runStarted && events.last?.kind == .runFinished)
                if made.contains("model") {
                    let losses = try store.metrics(of: run.id).filter { $0.name == "train_loss" }
                    #expect(losses.map(\.epoch) == [1, 2, 3])
                }
                for asset in assets {
                    #expect(
                        try ArtifactStore(home: workspace.home)
                            .state(of: asset.artifact, bytes: asset.bytes) == .intact)
                }
            }
            // Equal seeds gave equal models, whichever process made them.
            let models = Dictionary(
                grouping: try runs.map { run in
                    try (
                        run.config["seed"],
                        store.materializations(of: run.id).first { $0.asset == "model" }?.artifact
                    )
                }, by: { $0.0 })
            #expect(models.values.allSatisfy { Set($0.map(\.1)).count == 1 } && models.count == 4)
            #expect(try workspace.run(["models", "verify"]).status == 0)
            #expect(try workspace.run(["runs", "gc"]).status == 0)
        }
    }
}
