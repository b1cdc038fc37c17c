import Datasets
import Foundation
import Orchestration
import TestSupport
import Testing

/// What is built again and what isn't, as a user sees it.
@Suite struct AssetCommandTests {
    @Test func whatIsBelowAChangeIsMadeAgainAndNothingElse() throws {
        try Workspace.within { workspace in
            let first = try workspace.run()
            #expect(first.made == allAssets && first.taken.isEmpty)
            let second = try workspace.run()
            #expect(second.made.isEmpty && second.taken == allAssets)
            #expect(second.errors.contains("[3/6] model cached, built by \(first.id)"))
            #expect(
                !FileManager.default.fileExists(atPath: workspace.home.path + "/runs/\(second.id)"))

            let cases: [([String], [String])] = [
                (["--accuracy-threshold", "0.2"], ["deployment"]),
                (["--seed", "43"], ["model", "evaluation", "deployment", "predictions"]),
                (
                    ["--split-seed", "7"],
                    ["processed_data", "model", "evaluation", "deployment", "predictions"]
                ),
                (["--force", "evaluation"], ["evaluation"]),
                (["--threads", "1"], []),
            ]
            for (arguments, expected) in cases {
                // The model that the case before deployed isn't this one's: back to the start.
                _ = try workspace.run()
                let outcome = try workspace.run("run", arguments)
                let below = outcome.made.filter { $0 != "predictions" || expected.contains($0) }
                #expect(below == expected, "\(arguments): made \(outcome.made)")
            }
            // As it was at first, bit by bit.
            let again = try workspace.run("run", ["--force", "*"])
            #expect(again.made == allAssets)
            #expect(again.artifacts == first.artifacts)
        }
    }

    /// Two data sets, no change of code, and the first again: the same bits.
    @Test func anotherDataSetAndBackGiveTheSameBits() throws {
        try Workspace.within { workspace in
            let original = try workspace.run()
            let modified = try workspace.invertedDigits()
            let other = try workspace.run("run", ["--dataset", modified])
            #expect(other.made == allAssets)
            // The labels are the same, and so is the split.
            for asset in allAssets where asset != "processed_data" {
                #expect(other.artifacts[asset] != original.artifacts[asset], "\(asset)")
            }
            // What is stored is taken, but for the deployment: another model is deployed now.
            let back = try workspace.run()
            #expect(back.made == ["deployment"] && back.artifacts == original.artifacts)
            let forced = try workspace.run("run", ["--force", "*"])
            #expect(forced.made == allAssets && forced.artifacts == original.artifacts)

            let diff = try workspace.run(["runs", "diff", original.id, other.id])
            #expect(diff.status == 0)
            #expect(diff.output.contains("dataset"), "\(diff.output)")
            #expect(diff.output.contains("evaluation.test_accuracy"), "\(diff.output)")
        }
    }

    @Test(arguments: allAssets) func aDamagedArtifactIsNamedAndMadeAgain(_ asset: String) throws {
        try Workspace.within { workspace in
            let first = try workspace.run()
            let file = workspace.artifact(try #require(first.artifacts[asset]))
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count / 2] ^= 0x10
            try bytes.write(to: file)

            let second = try workspace.run()
            #expect(second.made == [asset])
            let digest = try #require(first.artifacts[asset]).prefix(12)
            #expect(
                second.errors.contains(
                    "\(asset): the artifact \(digest) is damaged and is built again"),
                "\(second.errors)")
            #expect(second.artifacts == first.artifacts)
            #expect(try workspace.run().made.isEmpty)
        }
    }

    @Test func aDamagedModelInTheRegistryIsMended() throws {
        try Workspace.within { workspace in
            let first = try workspace.run()
            let models = workspace.home.appendingPathComponent("registry/models")
            let name = try #require(
                try folderContents(models).first { !$0.hasSuffix(".json") })
            let folder = models.appendingPathComponent(name)
            let file = folder.appendingPathComponent(try #require(folderContents(folder).first))
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: file)

            let broken = try workspace.run(["predict", workspace.digits.url.path])
            #expect(broken.status == 2 && broken.errors.contains(file.lastPathComponent))
            let second = try workspace.run()
            #expect(second.made == ["deployment"] && second.artifacts == first.artifacts)
            #expect(second.errors.contains("damaged and is whole again"), "\(second.errors)")
            #expect(try workspace.run(["models", "verify"]).status == 0)
        }
    }

    @Test func jobsAndSelectionsMakeWhatTheySay() throws {
        try Workspace.within { workspace in
            let early = try workspace.run(["run", "--job", "deployment"] + workspace.flags)
            #expect(early.status == 2)
            #expect(early.errors.contains("hasn't been built"), "\(early.errors)")
            #expect(
                try workspace.run("run", ["--select", "+model"]).made == Array(allAssets[..<3]))
            #expect(try workspace.run("run", ["--job", "training"]).made == ["evaluation"])
            #expect(try workspace.run("train").made.isEmpty)
            #expect(try workspace.run("run", ["--job", "deployment"]).made == ["deployment"])
            #expect(try workspace.run("run", ["--job", "inference"]).made == ["predictions"])
            #expect(try workspace.run("run", ["--job", "full"]).made.isEmpty)

            let unknown = try workspace.run(["run", "--select", "modell"] + workspace.flags)
            #expect(unknown.status == 64 && unknown.errors.contains("processed_data"))
            let both = try workspace.run(["run", "--select", "model", "--job", "full"])
            #expect(both.status == 64)
        }
    }

    @Test func aGateThatRefusesEndsTheRunThere() throws {
        try Workspace.within { workspace in
            let refused = try workspace.run(
                ["run", "--json"] + workspace.flags + ["--accuracy-threshold", "1"])
            #expect(refused.status == 3)
            #expect(refused.errors.contains("[6/6] predictions skipped: gate not met"))
            let again = try workspace.run(
                ["run", "--json"] + workspace.flags + ["--accuracy-threshold", "1"])
            #expect(again.status == 3)
            #expect(again.errors.contains("[5/6] deployment cached"), "\(again.errors)")
        }
    }

    @Test func aCheckThatBlocksEndsTheRunWithItsStatus() throws {
        try Workspace.within { workspace in
            // Each image twice, so that both parts have it.
            let doubled = try workspace.doubledDigits()
            let result = try workspace.run(
                ["run", "--dataset", doubled, "--json"] + quickFlags)
            #expect(result.status == 5, "\(result.errors)")
            #expect(
                result.errors.contains(
                    "check failed (blocking): no overlap of validation and train"),
                "\(result.errors)")
            let shown = try workspace.run(["runs", "show"])
            #expect(shown.output.contains("failed") && shown.output.contains("FAILED (blocking)"))
        }
    }

    @Test func filesInPlaceOfTheTestImages() throws {
        try Workspace.within { workspace in
            #expect(try workspace.run().made == allAssets)
            let export = try workspace.run(
                ["prepare", "--export-images", "inbox", "--dataset", workspace.digits.dataset])
            #expect(export.status == 0)
            let nightly = ["--job", "inference", "--input", "inbox"]
            #expect(try workspace.run("run", nightly).made == ["predictions"])
            #expect(try workspace.run("run", nightly).made.isEmpty)
            try Data("no picture".utf8).write(
                to: workspace.folder.appendingPathComponent("inbox/1/broken.png"))
            let broken = try workspace.run(["run"] + workspace.flags + nightly)
            #expect(broken.status == 4, "\(broken.errors)")
            #expect(broken.output.contains("100 images scored, 1 couldn't be"), "\(broken.output)")
            for name in ["notes.txt", "scan.tiff"] {
                try Data("x".utf8).write(
                    to: workspace.folder.appendingPathComponent("inbox/\(name)"))
            }
            let skipping = try workspace.run(
                ["run"] + workspace.flags + nightly + ["--force", "predictions"])
            #expect(
                skipping.output.contains("1 couldn't be, 2 other files skipped"),
                "\(skipping.output)")
            let missing = try workspace.run(
                ["run"] + workspace.flags + ["--job", "inference", "--input", "outbox"])
            #expect(missing.status == 2 && missing.errors.contains("outbox"))
            let runs = try workspace.run(["runs", "--limit", "0"]).output
            // Before a training and a deployment, not behind them.
            let whole = try workspace.run(
                ["run"] + workspace.flags + ["--seed", "9", "--input", "outbox"])
            #expect(whole.status == 2 && whole.errors.contains("outbox"), "\(whole.errors)")
            #expect(try workspace.run(["runs", "--limit", "0"]).output == runs)
        }
    }

    @Test func hooksLearnHowItEnded() throws {
        try Workspace.within { workspace in
            let hooks = [
                "--on-failure", "echo failed $TESSERA_STATUS $TESSERA_RUN >> hooks.txt",
                "--on-success",
                "echo succeeded $TESSERA_STATUS $TESSERA_RUN >> hooks.txt; exit 7",
            ]
            func line() throws -> [String] {
                let file = workspace.folder.appendingPathComponent("hooks.txt")
                let text = try String(contentsOf: file, encoding: .utf8)
                return text.split(separator: "\n").last?.split(separator: " ").map(String.init)
                    ?? []
            }
            let fine = try workspace.run(["run"] + workspace.flags + hooks)
            #expect(fine.status == 0 && fine.errors.contains("ended with 7"), "\(fine.errors)")
            let id = try RunStore(home: workspace.home).run("latest").id
            #expect(try line() == ["succeeded", "0", id])
            let refused = try workspace.run(
                ["run"] + workspace.flags + hooks + ["--accuracy-threshold", "1"])
            #expect(refused.status == 3)
            #expect(try line().prefix(2) == ["failed", "3"])
            let bad = try workspace.run(["run", "--dataset", "idx:/nowhere"] + hooks)
            #expect(bad.status == 2)
            #expect(try line().prefix(2) == ["failed", "2"])
            // A configuration that is wrong is a failure of the night, too.
            #expect(try workspace.run(["run", "--epochs", "0"] + hooks).status == 64)
            #expect(try line().prefix(2) == ["failed", "64"])
        }
    }
}

extension Workspace {
    /// The digits with dark and light exchanged.
    func invertedDigits() throws -> String {
        try changedDigits("inverted") { set in
            ImageSet(
                height: set.height, width: set.width, pixels: set.pixels.map { 255 - $0 },
                labels: set.labels, classNames: set.classNames)
        }
    }

    func doubledDigits() throws -> String {
        try changedDigits("doubled") { $0.subset(Array(0..<$0.count) + Array(0..<$0.count)) }
    }

    private func changedDigits(
        _ name: String, _ change: (ImageSet) -> ImageSet
    ) throws -> String {
        let original = try DatasetLoader(
            cache: folder.appendingPathComponent("cache"), mirrors: []
        ).load(DatasetSource(parsing: digits.dataset))
        let url = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try DigitFolder.write(change(original.train), "train", to: url)
        try DigitFolder.write(change(try #require(original.test)), "t10k", to: url)
        return "idx:\(url.path)"
    }
}
