import DigitPipeline
import Foundation
import Synchronization
import TestSupport
import Testing
import Training

/// The commands as a user runs them, on a small set of real digits.
@Suite struct PipelineCommandTests {
    private func run(
        _ arguments: [String], in folder: URL, environment: [String: String] = [:]
    ) throws -> ProgramResult {
        let own = ["TESSERA_CACHE": folder.appendingPathComponent("cache").path, "USER": "tester"]
        return try runTessera(
            arguments, environment: own.merging(environment) { $1 }, in: folder)
    }

    private let forcedRun = ["run", "--strategy", "force", "--reason", "a test"]

    private func json(_ text: String) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }

    @Test func runDeploysRecordsAndScores() throws {
        try withTemporaryFolder { folder in
            let digits = try DigitFolder(in: folder)
            let result = try run(
                ["run", "--dataset", digits.dataset, "--accuracy-threshold", "0.2", "--json"]
                    + quickFlags, in: folder)
            #expect(result.status == 0, "\(result.errors)")
            let record = try json(result.output)
            #expect(record["train_count"] as? Int == 480)
            #expect(record["test_count"] as? Int == 100)
            let decision = try #require(record["decision"] as? [String: Any])
            #expect(decision["outcome"] as? String == "deployed")
            #expect((record["inference"] as? [String: Any])?["scored"] as? Int == 100)

            let runFolder = URL(fileURLWithPath: try #require(record["folder"] as? String))
            let files = try folderContents(runFolder)
            for name in [
                "config.yaml", "dataset.json", "split.json", "history.json", "learning-curve.svg",
                "evaluation-validation.json", "evaluation-test.json",
                "classification-report-test.txt", "confusion-matrix-test.svg", "decision.json",
                "plan.json", "predictions.csv", "samples.png", "summary.json",
            ] {
                #expect(files.contains(name), "\(name) is missing from \(files)")
            }
            #expect(!files.contains { $0.hasSuffix(".tmp") })
            let model = try #require(files.first { $0.hasPrefix("digitcnn_") })
            #expect(model.contains("_adam_lr0.01_bs64_val0."))

            // The saved config gives the same model again, bit by bit.
            let again = try run(
                [
                    "train", "--config", runFolder.appendingPathComponent("config.yaml").path,
                    "--threads", "1", "--json", "--force", "*",
                ], in: folder)
            #expect(again.status == 0, "\(again.errors)")
            let repeated = try json(again.output)
            #expect(
                repeated["validation_log_loss"] as? Double
                    == record["validation_log_loss"] as? Double)
            for asset in ["raw_data", "processed_data", "model", "evaluation"] {
                let made = try #require(artifact(asset, of: repeated))
                #expect(made == artifact(asset, of: record), "\(asset)")
            }
        }
    }

    private func artifact(_ asset: String, of record: [String: Any]) -> String? {
        let assets = record["assets"] as? [String: [String: Any]]
        return assets?[asset]?["artifact"] as? String
    }

    @Test func predictAgreesWithEvaluateOnExportedPictures() throws {
        try withTemporaryFolder { folder in
            let digits = try DigitFolder(in: folder)
            let data = ["--dataset", digits.dataset]
            #expect(
                try run(forcedRun + data + quickFlags, in: folder).status == 0)
            let export = try run(["prepare", "--export-images", "pictures"] + data, in: folder)
            #expect(export.status == 0, "\(export.errors)")
            let evaluated = try run(["evaluate", "--predictions", "e.csv"] + data, in: folder)
            #expect(evaluated.status == 0, "\(evaluated.errors)")
            #expect(evaluated.output.contains("precision    recall  f1-score   support"))
            let predicted = try run(
                ["predict", "pictures", "--output", "p.csv", "--top-k", "2"], in: folder)
            #expect(predicted.status == 0, "\(predicted.errors)")
            #expect(predicted.errors.contains("100 scored, 0 failed"))

            func rows(_ name: String) throws -> [[String]] {
                try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
                    .split(separator: "\n").dropFirst()
                    .map {
                        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
                    }
            }
            let labels = Dictionary(
                uniqueKeysWithValues: try rows("p.csv").map { row in
                    (Int(row[0].split(separator: "/").last!.dropLast(4))!, row[1])
                })
            let expected = try rows("e.csv")
            #expect(expected.count == 100 && labels.count == 100)
            for row in expected { #expect(labels[Int(row[0])!] == row[2]) }
        }
    }

    @Test func theGateRefusesWithItsOwnStatusAndDeploysNothing() throws {
        try withTemporaryFolder { folder in
            let digits = try DigitFolder(in: folder)
            let refused = try run(
                ["run", "--dataset", digits.dataset, "--accuracy-threshold", "1"] + quickFlags,
                in: folder)
            #expect(refused.status == 3, "\(refused.errors)")
            #expect(refused.output.contains("refused") && refused.output.contains("FAILED"))

            let predict = try run(["predict", digits.url.path], in: folder)
            #expect(predict.status == 2)
            #expect(predict.errors.contains("deploy"), "\(predict.errors)")

            // A person promotes it; then force says so; the record keeps all three.
            let promoted = try run(
                [
                    "deploy", "latest", "--strategy", "manual", "--reason", "good enough",
                    "--accuracy-threshold", "1", "--json",
                ], in: folder)
            #expect(promoted.status == 0, "\(promoted.errors)")
            #expect(try json(promoted.output)["approver"] as? String == "tester")
            let forced = try run(
                ["deploy", "latest", "--strategy", "force", "--reason", "demo"], in: folder)
            #expect(forced.status == 0, "\(forced.errors)")
            let history = try run(["models", "history"], in: folder)
            for text in ["automatic: refused", "manual: deployed", "force: deployed"] {
                #expect(history.output.contains(text), "\(history.output)")
            }
            #expect(try run(["models", "verify"], in: folder).status == 0)
            #expect(try run(["predict", digits.url.path], in: folder).status == 0)
        }
    }

    @Test func aDamagedModelIsNeverDeployed() throws {
        try withTemporaryFolder { folder in
            let bad = folder.appendingPathComponent("bad.safetensors")
            try Data(repeating: 7, count: 4000).write(to: bad)
            for strategy in [
                ["automatic"], ["manual", "--reason", "x"], ["force", "--reason", "x"],
            ] {
                let result = try run(
                    ["deploy", "bad.safetensors", "--strategy"] + strategy, in: folder)
                #expect(result.status == 2, "\(strategy): \(result.errors)")
                #expect(result.errors.contains("bad.safetensors"), "\(result.errors)")
            }
            #expect(try run(["models"], in: folder).output.contains("no models"))
            #expect(try run(["models", "history"], in: folder).output.contains("failed"))
        }
    }

    @Test func brokenPicturesAreRowsAndTheStatusTells() throws {
        try withTemporaryFolder { folder in
            let digits = try DigitFolder(in: folder)
            let data = ["--dataset", digits.dataset]
            #expect(try run(forcedRun + data + quickFlags, in: folder).status == 0)
            _ = try run(["prepare", "--export-images", "pictures"] + data, in: folder)
            let broken = folder.appendingPathComponent("pictures/0/broken.png")
            try Data("not a picture".utf8).write(to: broken)
            let result = try run(
                ["predict", "pictures", "missing.png", "--output", "rows.jsonl", "--json"],
                in: folder)
            #expect(result.status == 4)
            #expect(try json(result.output)["failed"] as? Int == 2)
            #expect(result.errors.contains("100 scored, 2 failed"), "\(result.errors)")
            let rows = try String(
                contentsOf: folder.appendingPathComponent("rows.jsonl"), encoding: .utf8)
            #expect(rows.split(separator: "\n").count == 102)
            let row = try #require(rows.split(separator: "\n").first { $0.contains("broken.png") })
            #expect(row.contains("\"error\":\""))
        }
    }

    @Test func aTrainingThatDivergesKeepsTheLastGoodWeights() throws {
        try withTemporaryFolder { folder in
            let digits = try DigitFolder(in: folder)
            let result = try run(
                ["train", "--dataset", digits.dataset] + quickFlags + [
                    "--optimizer-type", "sgd", "--learning-rate", "1e30", "--schedule", "constant",
                    "--epochs", "20",
                ], in: folder)
            #expect(result.status == 1, "\(result.errors)")
            #expect(result.errors.contains("loss became"), "\(result.errors)")
            let path = try #require(
                result.errors.split(separator: " ").first {
                    $0.contains("last-good-weights.safetensors")
                })
            let model = String(path).trimmingCharacters(in: CharacterSet(charactersIn: ".\n"))
            #expect(try run(["models", "show", model], in: folder).status == 0, "\(model)")
        }
    }

    @Test func ctrlCSavesACheckpointThatTrainingGoesOnFrom() throws {
        try withTemporaryFolder { folder in
            let digits = try DigitFolder(in: folder)
            let flags = ["train", "--dataset", digits.dataset] + quickFlags + ["--epochs", "400"]
            let process = try startTessera(flags, in: folder)
            let runs = folder.appendingPathComponent(".tessera/runs")
            waitUntil { FileManager.default.fileExists(atPath: runs.path) }
            // The folder is made just before the first batch.
            Thread.sleep(forTimeInterval: 1)
            process.interrupt()
            process.waitUntilExit()
            #expect(process.terminationStatus == 130)
            let name = try #require(try folderContents(runs).first)
            let checkpoints = runs.appendingPathComponent("\(name)/checkpoints")
            let latest = try #require(try folderContents(checkpoints).sorted().last)
            let checkpoint = checkpoints.appendingPathComponent(latest)

            let other = try run(
                [
                    "train", "--dataset", digits.dataset, "--resume", checkpoint.path,
                    "--validation-fraction", "0.3",
                ], in: folder)
            #expect(other.status == 2)
            #expect(other.errors.contains("training set"), "\(other.errors)")
            let missing = try run(["train", "--resume", "nowhere.safetensors"], in: folder)
            #expect(missing.status == 2 && missing.errors.contains("nowhere.safetensors"))
        }
    }

    /// The plan is the checkpoint's, whatever the flags ask for; both files of the run say so.
    @Test func aResumedTrainingKeepsItsConvolutionsAndSaysSo() throws {
        try withTemporaryFolder { folder in
            let digits = try DigitFolder(in: folder)
            let checkpoint = try interruptedTraining(digits, convolution: .winograd2, in: folder)
            let flags = ["train", "--dataset", digits.dataset, "--resume", checkpoint, "--json"]
            let resumed = try run(flags + ["--conv", "im2col"], in: folder)
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(
                resumed.errors.contains(
                    "conv: im2col was asked for; a resumed training keeps its convolutions: "
                        + "direct, winograd2, winograd2"), "\(resumed.errors)")
            #expect(resumed.errors.contains("convolutions: direct, winograd2, winograd2"))
            let plan = ["conv1": "direct", "conv2": "winograd2", "conv3": "winograd2"]
            let record = try json(resumed.output)
            #expect(record["convolution_plan"] as? [String: String] == plan)
            let runFolder = URL(fileURLWithPath: try #require(record["folder"] as? String))
            let planFile = try json(
                String(
                    contentsOf: runFolder.appendingPathComponent("plan.json"), encoding: .utf8))
            #expect(planFile["conv"] as? String == "winograd2")
            #expect(planFile["convolution_plan"] as? [String: String] == plan)

            let quiet = try run(flags + ["--conv", "winograd2"], in: folder)
            #expect(quiet.status == 0 && !quiet.errors.contains("asked for"), "\(quiet.errors)")
        }
    }

    /// The checkpoint of a training of one epoch, stopped after its first batch.
    private func interruptedTraining(
        _ digits: DigitFolder, convolution: ConvolutionChoice, in folder: URL
    ) throws -> String {
        var config = RunConfig()
        config.data.dataset = digits.dataset
        config.home = folder.appendingPathComponent(".tessera").path
        config.model.epochs = 1
        config.model.network.convolution = convolution
        let isTraining = Atomic<Bool>(false)
        let pipeline = Pipeline(
            config: config, cache: folder.appendingPathComponent("cache"),
            observer: { event in
                if case .training = event { isTraining.store(true, ordering: .relaxed) }
            }, shouldStop: { isTraining.load(ordering: .relaxed) })
        let error = try #require(throws: PipelineError.self) {
            try pipeline.run(RunRequest(.training))
        }
        guard case .interrupted(let run, _, _, _) = error else { throw error }
        return run
    }

    @Test func wrongInputNamesWhatIsWrong() throws {
        try withTemporaryFolder { folder in
            let cases: [([String], Int32, String)] = [
                (["run", "--epochs", "0"], 64, "epochs"),
                (["run", "--conv", "fft"], 64, "winograd4"),
                (["run", "--optimizer-type", "adem"], 64, "adam"),
                (["prepare", "--dataset", "idx:/nowhere"], 2, "/nowhere"),
                (["prepare", "--dataset", "cifar"], 64, "cifar"),
                (["evaluate", "--model", "abcdef12"], 2, "abcdef12"),
                (["deploy", "nothing", "--strategy", "force"], 64, "--reason"),
                (["predict"], 64, "paths"),
                (["run", "--config", "missing.yaml"], 64, "missing.yaml"),
            ]
            for (arguments, status, text) in cases {
                let result = try run(arguments, in: folder)
                #expect(result.status == status, "\(arguments): \(result.errors)")
                #expect(result.errors.contains(text), "\(arguments): \(result.errors)")
                #expect(result.output.isEmpty, "\(arguments)")
            }
            #expect(
                !FileManager.default.fileExists(
                    atPath: folder.appendingPathComponent(".tessera/runs").path))
        }
    }

    @Test func everyCommandExplainsItself() throws {
        for command in [
            "run", "prepare", "train", "evaluate", "deploy", "models", "predict", "config",
        ] {
            let result = try runTessera([command, "--help"])
            #expect(result.status == 0 && result.output.contains("OVERVIEW"), "\(command)")
        }
        let version = try runTessera(["--version"])
        #expect(version.status == 0 && version.output.contains("."))
    }

    private func waitUntil(_ condition: () -> Bool) {
        for _ in 0..<600 where !condition() { Thread.sleep(forTimeInterval: 0.05) }
    }
}
