import Foundation
import TestSupport

@testable import FaultHarness

/// A home with one deployed model and one finished run, as a command left it; tests then plant what is
/// wrong.
struct PlantedHome {
    static let deployed = String(repeating: "a", count: 64)
    static let candidate = String(repeating: "b", count: 64)
    static let artifact = String(repeating: "c", count: 64)
    static let run = ListedRun(id: "run-1", status: "succeeded", artifacts: ["model": artifact])

    let folder: URL

    static func within(_ body: (PlantedHome) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let home = PlantedHome(folder: folder)
            try home.write("line 1\n", to: "registry/audit.jsonl")
            try home.write("weights", to: "registry/models/\(deployed)/model.safetensors")
            try home.write("artifact", to: "artifacts/cc/\(artifact.dropFirst(2))")
            try home.write("{}", to: "runs/run-1/summary.json")
            try body(home)
        }
    }

    func write(_ text: String, to path: String) throws {
        let url = self.url(path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    func remove(_ path: String) throws { try FileManager.default.removeItem(at: url(path)) }

    func state() throws -> FolderState { try FolderState(folder) }

    private func url(_ path: String) -> URL { folder.appendingPathComponent(".tessera/\(path)") }

    /// A judge of a command that started from this home as it is now.
    func judge(
        _ goal: Scenario.Goal, fault: FaultKind = .inputOutput, expectedStatus: Int32 = 0
    ) throws -> Judge {
        let scenario = Scenario(
            name: "planted", goal: goal, template: folder, arguments: ["train"],
            expectedStatus: expectedStatus, deployedBefore: Self.deployed, runsBefore: [Self.run],
            stateBefore: try state())
        let reference = Reference(
            calls: [], modelArtifact: Self.artifact, state: try state(), deployed: Self.candidate)
        return Judge(scenario: scenario, reference: reference, fault: fault)
    }

    /// What readers find now, after a command that ended like this.
    func found(_ ending: Ending, deployed: String? = deployed, runs: [ListedRun] = [run]) throws
        -> Found
    {
        let list =
            deployed.map { "{\"models\": [{\"is_deployed\": true, \"sha256\": \"\($0)\"}]}" }
            ?? "{\"models\": []}"
        return Found(
            ending: ending, state: try state(), runs: runs,
            models: Ending(status: 0, signal: nil, output: list, errors: ""))
    }
}

extension Ending {
    static func ended(_ status: Int32, _ errors: String = "") -> Ending {
        Ending(status: status, signal: nil, output: "", errors: errors)
    }
}
