import Foundation
import Orchestration
import TestSupport
import Testing

@testable import Training

/// Altered files, and files without a digest, in the commands that read them.
@Suite struct IntegrityCommandTests {
    /// The model file of a run, as a path from the workspace.
    private func trainedModel(_ workspace: Workspace) throws -> URL {
        #expect(try workspace.run("train").made.contains("model"))
        let runs = workspace.home.appendingPathComponent("runs")
        let names = try FileManager.default.subpathsOfDirectory(atPath: runs.path)
        let name = try #require(
            names.first { $0.hasSuffix(".safetensors") && !$0.contains("/step-") })
        return runs.appendingPathComponent(name)
    }

    private func commands(_ model: URL, _ workspace: Workspace) -> [[String]] {
        let images = "\(workspace.digits.url.path)/t10k-images-idx3-ubyte"
        return [
            ["models", "show", model.path], ["predict", images, "--model", model.path],
            ["evaluate", "--dataset", workspace.digits.dataset, "--model", model.path],
        ]
    }

    @Test func anAlteredModelFileIsUsedByNoCommand() throws {
        try Workspace.within { workspace in
            let model = try trainedModel(workspace)
            for arguments in commands(model, workspace) {
                let whole = try workspace.run(arguments)
                #expect(whole.status == 0 && !whole.errors.contains("digest"), "\(whole.errors)")
            }
            var bytes = try Data(contentsOf: model)
            bytes[bytes.count - 7] ^= 1
            let altered = workspace.folder.appendingPathComponent("altered.safetensors")
            try bytes.write(to: altered)
            for arguments in commands(altered, workspace) {
                let result = try workspace.run(arguments)
                #expect(result.status == 2, "\(arguments)")
                #expect(
                    result.errors.contains("altered.safetensors: was altered or damaged"),
                    "\(result.errors)")
            }
            let forced = try workspace.run(
                ["deploy", altered.path, "--strategy", "force", "--reason", "a test"])
            #expect(forced.status != 0, "\(forced.output)")
            #expect(!(try workspace.run(["models", "list"]).output.contains("*")))
        }
    }

    /// As PyTorch or the version before writes them: read, and said so.
    @Test func aModelFileWithoutADigestIsUsedWithANotice() throws {
        try Workspace.within { workspace in
            var file = try SafetensorsFile.read(trainedModel(workspace))
            for key in [SafetensorsFile.digestKey, SafetensorsFile.formatVersionKey] {
                file.metadata[key] = nil
            }
            let foreign = workspace.folder.appendingPathComponent("foreign.safetensors")
            try file.write(to: foreign)
            let deploy = [
                "deploy", foreign.path, "--strategy", "force", "--reason", "a test",
            ]
            for arguments in commands(foreign, workspace) + [deploy] {
                let result = try workspace.run(arguments)
                #expect(result.status == 0, "\(arguments): \(result.errors)")
                #expect(
                    result.errors.contains(
                        "foreign.safetensors has no digest of its content; it can't be told whether "
                            + "it was altered"), "\(arguments): \(result.errors)")
            }
        }
    }

    /// The latest checkpoint altered: the one before is taken, and said so. All altered: an error.
    @Test func anAlteredCheckpointIsPassedOverAndTold() throws {
        try Workspace.within { workspace in
            let flags = workspace.flags + ["--epochs", "150", "--checkpoint-steps", "7"]
            let process = try startTessera(["train"] + flags, in: workspace.folder)
            let runs = workspace.home.appendingPathComponent("runs")
            let checkpoints = { () -> [URL] in
                let all = try? FileManager.default.subpathsOfDirectory(atPath: runs.path)
                return (all ?? []).filter { $0.contains("/step-") && !$0.contains("tmp") }.sorted()
                    .map { runs.appendingPathComponent($0) }
            }
            for _ in 0..<600 where checkpoints().count < 2 { Thread.sleep(forTimeInterval: 0.05) }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let files = checkpoints()
            func alter(_ file: URL) throws {
                var bytes = try Data(contentsOf: file)
                bytes[bytes.count - 100] ^= 1
                try bytes.write(to: file)
            }
            for file in files.dropFirst() { try alter(file) }
            let first = try #require(files.first)
            let resumed = try workspace.run(["train", "--resume"] + flags + ["--epochs", "150"])
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(
                resumed.errors.contains("an earlier checkpoint is taken: "), "\(resumed.errors)")
            #expect(resumed.errors.contains("was altered or damaged"))
            let run = try RunStore(home: workspace.home).run("latest")
            #expect(run.tags["resumed_from"]?.hasSuffix(first.lastPathComponent) == true)
            try alter(first)
            let none = try workspace.run(["train", "--resume", first.path] + flags)
            #expect(none.status == 2 && none.errors.contains("was altered or damaged"))
        }
    }

    @Test func aCheckpointWithoutADigestIsResumedWithANotice() throws {
        try Workspace.within { workspace in
            let flags = workspace.flags + ["--epochs", "60", "--conv", "im2col"]
            let process = try startTessera(["train"] + flags, in: workspace.folder)
            let runs = workspace.home.appendingPathComponent("runs")
            let latest = { () -> String? in
                let all = try? FileManager.default.subpathsOfDirectory(atPath: runs.path)
                return (all ?? []).filter { $0.contains("/step-") && !$0.contains("tmp") }.max()
            }
            for _ in 0..<600 where latest() == nil { Thread.sleep(forTimeInterval: 0.05) }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let file = runs.appendingPathComponent(try #require(latest()))
            // As the version before wrote it.
            var content = try SafetensorsFile.read(file)
            for key in [
                SafetensorsFile.digestKey, SafetensorsFile.formatVersionKey, "cpu_kinds",
            ] { content.metadata[key] = nil }
            try content.write(to: file)
            let named = try workspace.run(["train", "--resume", file.path] + flags)
            #expect(named.status == 0, "\(named.errors)")
            for text in ["has no digest of its content", "doesn't say which kind of CPU"] {
                #expect(named.errors.contains(text), "\(named.errors)")
            }
            // The run that wrote it says on which CPU.
            try FileManager.default.removeItem(
                at: workspace.home.appendingPathComponent("artifacts"))
            let resumed = try workspace.run(["train", "--resume"] + flags)
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(resumed.errors.contains("has no digest of its content"), "\(resumed.errors)")
            #expect(!resumed.errors.contains("doesn't say"), "\(resumed.errors)")
        }
    }
}
