import Foundation
import Orchestration
import TestSupport
import Testing

/// A folder with digits in which a test runs the program, and what the run store has afterwards.
struct Workspace {
    let folder: URL
    let digits: DigitFolder

    static func within(_ body: (Workspace) throws -> Void) throws {
        try withTemporaryFolder { folder in
            try body(Workspace(folder: folder, digits: DigitFolder(in: folder)))
        }
    }

    var home: URL { folder.appendingPathComponent(".tessera") }

    /// Flags of a run that deploys, whatever is deployed.
    var flags: [String] { ["--allow-worse-than-deployed"] + carefulFlags }

    /// Flags of a run that deploys if what is deployed is no better.
    var carefulFlags: [String] {
        ["--dataset", digits.dataset, "--accuracy-threshold", "0.1"] + quickFlags
    }

    func run(
        _ arguments: [String], environment: [String: String] = [:]
    ) throws -> ProgramResult {
        let own = ["TESSERA_CACHE": folder.appendingPathComponent("cache").path, "USER": "tester"]
        return try runTessera(
            arguments, environment: own.merging(environment) { $1 }, in: folder)
    }

    /// What a run made and what it took, in order.
    func run(_ command: String = "run", _ arguments: [String] = []) throws -> RunOutcome {
        let result = try run([command, "--json"] + flags + arguments)
        #expect(result.status == 0, "\(arguments): \(result.errors)")
        let record = try json(result.output)
        let id = try #require(record["run"] as? String)
        let store = try RunStore(home: home)
        let events = try store.events(of: id)
        return RunOutcome(
            id: id, made: events.filter { $0.kind == .assetSucceeded }.compactMap(\.asset),
            taken: events.filter { $0.kind == .assetSkipped }.compactMap(\.asset),
            artifacts: Dictionary(
                uniqueKeysWithValues: try store.materializations(of: id).map {
                    ($0.asset, $0.artifact)
                }), errors: result.errors)
    }

    func json(_ text: String) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
    }

    func artifact(_ digest: String) -> URL { ArtifactStore(home: home).url(of: digest) }
}

struct RunOutcome {
    let id: String
    let made: [String]
    let taken: [String]
    /// Digests by asset.
    let artifacts: [String: String]
    let errors: String
}

/// The pipeline's assets in order.
let allAssets = [
    "raw_data", "processed_data", "model", "evaluation", "deployment", "predictions",
]
