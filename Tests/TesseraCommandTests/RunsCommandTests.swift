import Foundation
import FoundationXML
import Orchestration
import TestSupport
import Testing

/// What the store tells of runs, as a user asks it.
@Suite struct RunsCommandTests {
    @Test func runsAreListedShownAndTraced() throws {
        try Workspace.within { workspace in
            let empty = try workspace.run(["runs"])
            #expect(empty.status == 0 && empty.output.contains("no runs"))
            #expect(!FileManager.default.fileExists(atPath: workspace.home.path))
            #expect(try workspace.run(["runs", "show"]).status == 2)

            let first = try workspace.run("run", ["--tag", "purpose=test"])
            let second = try workspace.run("run", ["--seed", "7"])
            let list = try workspace.run(["runs"])
            #expect(list.output.contains(first.id) && list.output.contains(second.id))
            // Each accuracy under the name of its set.
            #expect(list.output.contains(/validation +test/), "\(list.output)")
            let models = try workspace.run(["models"]).output
            #expect(models.contains("\(workspace.digits.dataset), test"), "\(models)")
            #expect(
                try !workspace.run(["runs", "list", "--tag", "purpose=test"]).output.contains(
                    second.id))

            let shown = try workspace.run(["runs", "show", first.id])
            for text in [
                "succeeded", "tag purpose", "validation_loss", "learning_rate: 0.01", "passed",
                "metrics", "log loss", "  validation  ", "  test  ",
            ] {
                #expect(shown.output.contains(text), "\(text) in \(shown.output)")
            }
            let json = try workspace.json(
                workspace.run(["runs", "show", first.id, "--json"]).output)
            #expect((json["assets"] as? [Any])?.count == 6)
            #expect(
                try workspace.run(["runs", "events", first.id]).output.contains("asset_succeeded"))

            let lineage = try workspace.run(["runs", "lineage", "deployed"]).output
            let decision = try workspace.run(["models", "history"]).output
            #expect(lineage.contains(second.id) && decision.contains("deployed"))
            for asset in allAssets { #expect(lineage.contains("\(asset)  version"), "\(asset)") }
            #expect(lineage.contains("data_digest: ") && lineage.contains("seed 7"))
            let trail = try workspace.json(
                workspace.run(["runs", "lineage", "--asset", "model", "--json"]).output)
            #expect(
                (trail["inputs"] as? [String: Any])?.keys.sorted() == [
                    "processed_data", "raw_data",
                ])

            let unknown = try workspace.run(["runs", "show", "1999"])
            #expect(unknown.status == 2 && unknown.errors.contains("no run 1999"))
            let none = try workspace.run(["runs", "lineage", "--asset", "weights"])
            #expect(none.status == 2 && none.errors.contains("it has raw_data"))
        }
    }

    @Test func differencesStandSideBySide() throws {
        try Workspace.within { workspace in
            let first = try workspace.run()
            let second = try workspace.run("run", ["--learning-rate", "0.02"])
            let diff = try workspace.run(["runs", "diff", first.id, second.id]).output
            let lines = diff.split(separator: "\n").map(String.init)
            #expect(
                lines.contains { $0.split(separator: " ") == ["learning_rate", "0.01", "0.02"] })
            #expect(lines.contains { $0.contains("raw_data") && $0.hasSuffix("same content") })
            #expect(lines.contains { $0.contains("model") && $0.hasSuffix("differs") })
            #expect(diff.contains("evaluation.test_log_loss"))
            // The last epoch's and the best one's can be told apart.
            #expect(diff.contains("last.validation_loss") && diff.contains("model.validation_loss"))
            let json = try workspace.json(
                workspace.run(["runs", "diff", first.id, second.id, "--json"]).output)
            let config = try #require(json["config"] as? [[String: Any]])
            #expect(config.map { $0["name"] as? String } == ["learning_rate"])
        }
    }

    @Test func deletedRunsLeaveWhatOthersHave() throws {
        try Workspace.within { workspace in
            let first = try workspace.run()
            let second = try workspace.run()
            #expect(try workspace.run(["runs", "delete", first.id, "1999"]).status == 2)
            #expect(try workspace.run(["runs", "delete", first.id]).status == 0)
            #expect(
                !FileManager.default.fileExists(atPath: workspace.home.path + "/runs/\(first.id)"))
            let trial = try workspace.json(
                workspace.run(["runs", "gc", "--dry-run", "--json"]).output)
            #expect(trial["artifacts"] as? Int == 0)
            // What the deleted run made is the other's still.
            #expect(try workspace.run().made.isEmpty)

            for run in try RunStore(home: workspace.home).runs() {
                #expect(try workspace.run(["runs", "delete", run.id]).status == 0)
            }
            let cleaned = try workspace.json(workspace.run(["runs", "gc", "--json"]).output)
            #expect(cleaned["artifacts"] as? Int == 6 && cleaned["records"] as? Int == 6)
            for digest in second.artifacts.values {
                #expect(!FileManager.default.fileExists(atPath: workspace.artifact(digest).path))
            }
            // The deployed model is the registry's.
            #expect(try workspace.run(["models", "verify"]).status == 0)
            #expect(try workspace.run().made == allAssets)
        }
    }

    @Test func finishedTrainingsLoseTheirCheckpointsToGC() throws {
        try Workspace.within { workspace in
            let run = try workspace.run("train")
            let folder = workspace.home.appendingPathComponent("runs/\(run.id)/checkpoints")
            #expect(try folderContents(folder).count == 2)
            #expect(try workspace.run(["runs", "gc"]).output.contains("2 checkpoints"))
            #expect(!FileManager.default.fileExists(atPath: folder.path))
        }
    }

    @Test func theReportIsOnePageWithEverything() throws {
        try Workspace.within { workspace in
            let run = try workspace.run()
            let result = try workspace.run(["report"])
            #expect(result.status == 0, "\(result.errors)")
            let path = workspace.home.appendingPathComponent("reports/\(run.id).html")
            #expect(result.output == path.path + "\n")
            let page = try String(contentsOf: path, encoding: .utf8)
                .replacing("<wbr/>", with: "")
            for text in [
                run.id, "Learning curves", "Confusion matrix", "Reliability",
                "data:image/png;base64",
                "finite weights", "processed_data", "accuracy_threshold",
            ] {
                #expect(page.contains(text), "\(text)")
            }
            #expect(!page.contains("<script"))
            #expect(XMLParser(data: Data(page.utf8)).parse())

            // Of a run that made nothing, and without the data.
            let second = try workspace.run()
            try FileManager.default.removeItem(at: workspace.digits.url)
            let cached = try workspace.run(["report", second.id, "-o", "page.html"])
            #expect(cached.status == 0 && cached.errors.contains("pictures are left out"))
            let other = try String(
                contentsOf: workspace.folder.appendingPathComponent("page.html"), encoding: .utf8)
            #expect(other.contains("Learning curves") && other.contains("finite weights"))
            #expect(!other.contains("data:image/png"))
        }
    }

    /// The evaluation is made from data that was made again since the model was.
    @Test func aLineageWithAnAssetTwiceHasAReport() throws {
        try Workspace.within { workspace in
            _ = try workspace.run()
            _ = try workspace.run("run", ["--force", "processed_data"])
            _ = try workspace.run("run", ["--force", "evaluation"])
            let result = try workspace.run(["report", "-o", "page.html"])
            #expect(result.status == 0, "\(result.errors)")
            let page = try String(
                contentsOf: workspace.folder.appendingPathComponent("page.html"), encoding: .utf8)
            #expect(page.contains("processed_data (2)"))
            // The run has its assets in the pipeline's order, whichever of them is the newest.
            let lineage = try workspace.run(["runs", "lineage", "deployed"])
            #expect(lineage.output.hasPrefix("predictions  version"), "\(lineage.output)")
            let store = try RunStore(home: workspace.home)
            let latest = try store.run("latest")
            #expect(try store.materializations(of: latest.id).map(\.asset) == allAssets)
        }
    }

    @Test func theDeployedModelIsTracedWithoutTheRunThatDeployedIt() throws {
        try Workspace.within { workspace in
            let first = try workspace.run()
            let second = try workspace.run()
            #expect(try workspace.run(["runs", "delete", first.id]).status == 0)
            let lineage = try workspace.run(["runs", "lineage", "deployed"])
            #expect(
                lineage.status == 0 && lineage.output.contains("a deleted run"), "\(lineage.errors)"
            )
            #expect(try workspace.run(["runs", "show", "deployed"]).output.contains(second.id))
        }
    }

    @Test func aNegativeLimitIsRefused() throws {
        #expect(try runTessera(["runs", "list", "--limit=-1"]).status == 64)
    }

    @Test func anInterruptedAndAFailedRunHaveReports() throws {
        try Workspace.within { workspace in
            let flags = ["train"] + workspace.flags + ["--epochs", "150"]
            let process = try startTessera(flags, in: workspace.folder)
            for _ in 0..<600
            where !FileManager.default.fileExists(atPath: workspace.home.path + "/runs") {
                Thread.sleep(forTimeInterval: 0.05)
            }
            process.terminate()
            process.waitUntilExit()
            #expect(process.terminationStatus == 130)
            #expect(try workspace.run(["report"]).status == 0)
            #expect(try workspace.run(["runs"]).output.contains("cancelled"))
            _ = try workspace.run(
                ["train"] + workspace.flags + [
                    "--optimizer-type", "sgd", "--learning-rate", "1e30", "--schedule", "constant",
                ])
            #expect(try workspace.run(["runs", "show"]).output.contains("loss became"))
            let failed = try workspace.run(["report", "-o", "failed.html"])
            #expect(failed.status == 0, "\(failed.errors)")
        }
    }

    @Test func eventFilesForTensorBoardAreWritten() throws {
        try Workspace.within { workspace in
            let run = try workspace.run("train")
            let result = try workspace.run(["runs", "export", "latest", "--tensorboard", "tb"])
            #expect(result.status == 0, "\(result.errors)")
            let files = try folderContents(workspace.folder.appendingPathComponent("tb/\(run.id)"))
            #expect(files.count == 1 && files[0].hasPrefix("events.out.tfevents."))
            #expect(try workspace.run(["runs", "export", "latest"]).status == 64)
            #expect(try workspace.run(["runs", "export", "--tensorboard", "tb"]).status == 64)
            let unreachable = try workspace.run(
                ["runs", "export", "latest", "--mlflow", "http://127.0.0.1:9"])
            #expect(unreachable.status == 2 && unreachable.errors.contains("127.0.0.1:9"))
        }
    }
}
