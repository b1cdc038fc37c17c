import DurableFiles
import Foundation
import Orchestration
import Registry
import TestSupport
import Testing
import Training

/// Nothing replaces production unasked, and the gate believes what it or a run measured only.
@Suite struct ProductionTests {
    private typealias Record = [String: Any]

    private func decision(_ workspace: Workspace, _ arguments: [String]) throws
        -> (status: Int32, decision: Record, errors: String)
    {
        let result = try workspace.run(arguments + ["--json"])
        let record = try workspace.json(result.output)
        return (result.status, record["decision"] as? Record ?? record, result.errors)
    }

    private func accuracy(_ record: Record?, _ place: String = "metrics") -> Double? {
        (record?[place] as? Record)?["accuracy"] as? Double
    }

    /// Trainings of which the second is the better: one step of learning, and three epochs.
    private func worse(_ workspace: Workspace) -> [String] {
        ["run"] + workspace.carefulFlags + [
            "--learning-rate", "1e-9", "--accuracy-threshold", "0",
        ]
    }

    private func better(_ workspace: Workspace) -> [String] {
        ["run"] + workspace.carefulFlags + ["--accuracy-threshold", "0"]
    }

    /// The test images as pictures.
    private func pictures(_ workspace: Workspace) throws -> [URL] {
        let folder = workspace.folder.appendingPathComponent("pictures")
        let export = try workspace.run(
            ["prepare", "--export-images", folder.path, "--dataset", workspace.digits.dataset])
        #expect(export.status == 0, "\(export.errors)")
        return try FileManager.default.subpathsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".png") }.sorted().map(folder.appendingPathComponent)
    }

    // MARK: - What replaces what

    @Test func aWorseModelReplacesNoBetterOne() throws {
        try Workspace.within { workspace in
            let first = try decision(workspace, better(workspace))
            #expect(first.status == 0 && first.decision["incumbent"] == nil)
            let refused = try decision(workspace, worse(workspace))
            #expect(refused.status == 3, "\(refused.errors)")
            #expect(refused.decision["outcome"] as? String == "refused")
            let incumbent = refused.decision["incumbent"] as? Record
            #expect(
                incumbent?["model_sha256"] as? String == first.decision["model_sha256"] as? String)
            #expect(accuracy(incumbent) == accuracy(first.decision))
            #expect(try #require(accuracy(refused.decision)) < #require(accuracy(incumbent)))
            let text = try workspace.run(worse(workspace))
            #expect(text.status == 3 && text.output.contains("keeps digitcnn_"), "\(text.output)")
            // On record, and told to do it.
            let history = try workspace.run(["models", "history"])
            #expect(history.output.contains("keeps digitcnn_"))
            let told = try workspace.run(worse(workspace) + ["--allow-worse-than-deployed"])
            #expect(told.status == 0, "\(told.errors)")
            let line = try #require(
                told.output.split(separator: "\n").first { $0.contains("replaces") })
            #expect(line.contains("accuracy") && line.contains("this one"), "\(line)")
        }
    }

    @Test func anAutomaticDeploymentUndoesNoPromotion() throws {
        try Workspace.within { workspace in
            let low = try decision(workspace, worse(workspace))
            #expect(low.status == 0, "\(low.errors)")
            let trained = try workspace.run(["train"] + better(workspace).dropFirst())
            #expect(trained.status == 0, "\(trained.errors)")
            let promoted = try workspace.run([
                "deploy", "latest", "--strategy", "manual", "--reason", "looked at it",
            ])
            #expect(promoted.status == 0, "\(promoted.errors)")
            #expect(promoted.output.contains("replaces digitcnn_"), "\(promoted.output)")
            // The older configuration, all of it cached.
            let back = try decision(workspace, worse(workspace) + ["--select", "evaluation+"])
            #expect(back.status == 3)
            let reason = back.decision["reason"] as? String
            #expect(reason?.contains("put there by a person (manual, decision 2)") == true)
            #expect(try workspace.run(["models", "verify"]).status == 0)
            let rolledBack = try decision(workspace, ["models", "rollback"])
            #expect(rolledBack.status == 0, "\(rolledBack.errors)")
            #expect(
                rolledBack.decision["model_sha256"] as? String
                    == low.decision["model_sha256"] as? String)
            #expect(rolledBack.decision["incumbent"] != nil)
            let told = try workspace.run(
                better(workspace) + ["--replace-promoted"])
            #expect(told.status == 0, "\(told.output)\(told.errors)")
        }
    }

    @Test func aLostRegistryIsToldAndNotBegunAnewUnasked() throws {
        try Workspace.within { workspace in
            _ = try workspace.run(better(workspace))
            #expect(try workspace.run(["models", "verify"]).status == 0)
            try FileManager.default.removeItem(
                at: workspace.home.appendingPathComponent("registry"))
            let verified = try workspace.run(["models", "verify"])
            #expect(verified.status == 2 && verified.output.contains("doesn't have"))
            let run = try workspace.run(better(workspace) + ["--seed", "3"])
            #expect(run.status == 2 && run.errors.contains("lost"), "\(run.errors)")
            let automatic = try workspace.run(["deploy", "latest", "--accuracy-threshold", "0"])
            #expect(automatic.status == 2 && automatic.errors.contains("lost"))
            let manual = try workspace.run([
                "deploy", "latest", "--strategy", "manual", "--reason", "begins anew",
            ])
            #expect(manual.status == 0, "\(manual.errors)")
            #expect(try workspace.run(["models", "verify"]).status == 0)
        }
    }

    // MARK: - What the gate believes

    /// A copy of the deployed model with other weights in its last layer or other figures, the rest, and
    /// the digest of its content, as they should be.
    private func forged(
        _ workspace: Workspace, _ name: String, _ change: (inout ModelFile) -> Void
    ) throws -> String {
        let registry = ModelRegistry(
            folder: workspace.home.appendingPathComponent("registry"))
        var file = try ModelFile(parsing: registry.deployed().data, name: name)
        change(&file)
        let url = workspace.folder.appendingPathComponent(name)
        try file.write(to: url)
        return "./\(name)"
    }

    @Test func aFilesOwnFiguresCountForNothing() throws {
        try Workspace.within { workspace in
            let run = try workspace.json(workspace.run(better(workspace) + ["--json"]).output)
            // The run's own file is known by its digest, under whatever name.
            let known = try forged(workspace, "known.safetensors") { _ in }
            let copy = try decision(workspace, ["deploy", known, "--accuracy-threshold", "0"])
            #expect(copy.status == 0, "\(copy.errors)")
            let evidence = copy.decision["measurement"] as? Record
            #expect(evidence?["run"] as? String == run["run"] as? String)
            let scrambled = try forged(workspace, "scrambled.safetensors") { file in
                file.description.metrics = ["test_accuracy": 0.99, "validation_accuracy": 0.99]
                file.description.createdAt = "2026-11-28T10:00:00Z"
            }
            let refused = try decision(
                workspace, ["deploy", scrambled, "--accuracy-threshold", "0"])
            #expect(refused.status == 3)
            let reason = try #require(refused.decision["reason"] as? String)
            #expect(reason.contains("accuracy is missing") && reason.contains("--data-dir"))
            #expect(accuracy(refused.decision) == nil)
            // Measured, on data whose digest is kept.
            let measured = try decision(
                workspace,
                [
                    "deploy", scrambled, "--accuracy-threshold", "0", "--dataset",
                    workspace.digits.dataset,
                ])
            #expect(measured.status == 0, "\(measured.errors)")
            let own = try #require(accuracy(measured.decision))
            #expect(own != 0.99)
            let measurement = try #require(measured.decision["measurement"] as? Record)
            #expect((measurement["data_sha256"] as? String)?.count == 64)
            #expect(measurement["run"] == nil)
        }
    }

    // MARK: - Nightly scoring

    @Test func theNightlyJobScoresWithWhatIsDeployed() throws {
        try Workspace.within { workspace in
            let inbox = workspace.folder.appendingPathComponent("inbox")
            try FileManager.default.createDirectory(at: inbox, withIntermediateDirectories: true)
            for (index, file) in try pictures(workspace).prefix(3).enumerated() {
                try FileManager.default.copyItem(
                    at: file, to: inbox.appendingPathComponent("\(index).png"))
            }
            let nightly = ["run", "--job", "inference", "--input", "inbox"]
            let early = try workspace.run(nightly)
            #expect(early.status == 2 && early.errors.contains("no model is deployed"))
            let first = try decision(workspace, worse(workspace))
            let second = try decision(workspace, better(workspace) + ["--seed", "9"])
            #expect(first.status == 0 && second.status == 0)
            let digests = [first, second].compactMap { $0.decision["model_sha256"] as? String }
            for digest in [digests[1], digests[0], digests[1]] {
                let promoted = try workspace.run([
                    "deploy", String(digest.prefix(12)), "--strategy", "manual", "--reason", "x",
                ])
                #expect(promoted.status == 0, "\(promoted.errors)")
                // No data set, no configuration, no mirror.
                let night = try workspace.run(nightly + ["--json"])
                #expect(night.status == 0, "\(night.errors)")
                let record = try workspace.json(night.output)
                let inference = record["inference"] as? Record
                #expect(inference?["model_sha256"] as? String == digest)
                #expect(inference?["scored"] as? Int == 3)
                #expect(!night.errors.contains("http"))
                let text = try workspace.run(nightly).output
                #expect(
                    text.contains("by digitcnn_") && text.contains(digest.prefix(12)), "\(text)")
            }
            // Scored before with this model and these pictures.
            let again = try workspace.json(workspace.run(nightly + ["--json"]).output)
            let assets = again["assets"] as? [String: Record]
            #expect(assets?.keys.sorted() == ["predictions"])
            #expect(assets?["predictions"]?["is_reused"] as? Bool == true)
        }
    }

    // MARK: - Names

    @Test func namesMeanTheRegistryAndTheRunsFirst() throws {
        try Workspace.within { workspace in
            let run = try workspace.run()
            let digest = try #require(deployed(workspace)?.modelDigest)
            for name in ["deployed", "latest", run.id] {
                try Data("not a model".utf8)
                    .write(to: workspace.folder.appendingPathComponent(name))
            }
            let picture = try #require(pictures(workspace).first).path
            for name in [
                "deployed", "latest", run.id, String(run.id.prefix(13)), String(digest.prefix(8)),
            ] {
                let result = try workspace.run(["predict", picture, "--model", name])
                #expect(result.status == 0, "\(name): \(result.errors)")
            }
            #expect(try workspace.run(["models", "show", run.id]).status == 0)
            #expect(
                try workspace.run(["deploy", run.id, "--accuracy-threshold", "0"]).status == 0)
            #expect(
                try workspace.run(["runs", "show", String(digest.prefix(8))]).output.contains(
                    run.id))
            let path = try workspace.run(["predict", picture, "--model", "./deployed"])
            #expect(path.status == 2 && path.errors.contains("deployed"), "\(path.errors)")
            // A file of a name that nothing has, and of one that the registry has.
            try Data("x".utf8).write(to: workspace.folder.appendingPathComponent("mine"))
            let mine = try workspace.run(["predict", picture, "--model", "mine"])
            #expect(mine.status == 2 && mine.errors.contains("write ./mine"), "\(mine.errors)")
            let known = try #require(deployed(workspace)?.fileName)
            try Data("y".utf8).write(to: workspace.folder.appendingPathComponent(known))
            let ambiguous = try workspace.run(["predict", picture, "--model", known])
            #expect(ambiguous.status == 2 && ambiguous.errors.contains("could mean"))
        }
    }

    private func deployed(_ workspace: Workspace) throws -> Decision? {
        try ModelRegistry(folder: workspace.home.appendingPathComponent("registry"))
            .deployedDecision()
    }
}
