import Foundation
import Glibc
import Orchestration
import TestSupport
import Testing

/// Paths that were given relative to one folder, and what is made of them in another.
@Suite struct RelativePathTests {
    @Test func resumingAndReportingWorkFromAnotherFolder() throws {
        try Workspace.within { workspace in
            let flags =
                ["--dataset", "idx:digits", "--home", "home", "--no-no-worse-than-deployed"]
                + ["--accuracy-threshold", "0.1"] + quickFlags
            let process = try startTessera(
                ["train"] + flags + ["--epochs", "150", "--checkpoint-steps", "7"],
                in: workspace.folder)
            let home = workspace.folder.appendingPathComponent("home")
            for _ in 0..<600 where !hasCheckpoint(home) { Thread.sleep(forTimeInterval: 0.05) }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let killed = try RunStore(home: home).run("latest").id

            let elsewhere = workspace.folder.appendingPathComponent("elsewhere/deep")
            try FileManager.default.createDirectory(
                at: elsewhere, withIntermediateDirectories: true)
            func run(_ arguments: [String], in folder: URL) throws -> ProgramResult {
                let cache = workspace.folder.appendingPathComponent("cache").path
                return try runTessera(
                    arguments, environment: ["TESSERA_CACHE": cache, "USER": "tester"],
                    in: folder)
            }
            let resumed = try run(
                ["train", "--json", "--resume", killed, "--home", "../../home"], in: elsewhere)
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(!resumed.errors.contains("asked for"), "\(resumed.errors)")
            let report = try run(["report", "latest", "--home", "../../home"], in: elsewhere)
            #expect(report.status == 0)
            #expect(!report.errors.contains("left out"), "\(report.errors)")

            // The same training for whoever looks from where it was begun.
            let again = try run(["train"] + flags + ["--epochs", "150"], in: workspace.folder)
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.errors.contains("model cached"), "\(again.errors)")

            // Going on from where the resumed run's own record says.
            let config = home.appendingPathComponent(
                "runs/\(try RunStore(home: home).run(killed).id)/config.yaml")
            let byFile = try run(
                ["prepare", "--config", config.path, "--json"], in: elsewhere)
            #expect(byFile.status == 0, "\(byFile.errors)")
        }
    }

    @Test func recordsHavePathsAsGivenAndAsResolved() throws {
        try Workspace.within { workspace in
            let flags =
                ["--dataset", "idx:digits", "--no-no-worse-than-deployed"]
                + ["--accuracy-threshold", "0.1"] + quickFlags + ["--epochs", "1"]
            #expect(try workspace.run(["run"] + flags).status == 0)
            let export = try workspace.run(
                ["prepare", "--export-images", "inbox", "--dataset", "idx:digits"])
            #expect(export.status == 0)
            let scored = try workspace.run(
                ["run", "--job", "inference", "--input", "inbox"] + flags)
            #expect(scored.status == 0, "\(scored.errors)")
            let run = try RunStore(home: workspace.home).run("latest")
            // The folder by its own name: macOS and others have temporary folders behind links.
            let folder = workspace.folder.path
            #expect(run.config["dataset"] == "idx:digits")
            #expect(run.paths["dataset"] == "idx:\(folder)/digits")
            #expect(run.paths["input"] == "\(folder)/inbox")
            #expect(run.paths["home"] == "\(folder)/.tessera")
        }
    }

    private func hasCheckpoint(_ home: URL) -> Bool {
        let paths = try? FileManager.default.subpathsOfDirectory(
            atPath: home.appendingPathComponent("runs").path)
        return paths?.contains { $0.hasSuffix(".safetensors") && $0.contains("/step-") } ?? false
    }
}
