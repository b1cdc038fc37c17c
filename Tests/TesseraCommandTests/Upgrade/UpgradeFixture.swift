import DurableFiles
import Foundation
import Measurement
import TestSupport
import Testing

@testable import Training

/// What an earlier version wrote, in a workspace with the digits that it was made from; see
/// `Tests/Upgrade/README.md`.
struct UpgradeFixture {
    static let versions = ["0.1.0", "0.2.0"]

    let version: String
    let workspace: Workspace
    let expected: Expected

    /// What `expected.json` records.
    struct Expected: Decodable {
        struct Deployed: Decodable {
            let run: String
            let flags: [String]
            /// The SHA-256 of the model file.
            let model: String
            let weights: String
            let test_accuracy: Double
        }
        struct Interrupted: Decodable {
            let run: String
            let flags: [String]
            let weights: String
            let test_accuracy: Double
        }
        let openblas: String
        let environment: [String: String]
        let deployed: Deployed
        let interrupted: Interrupted
        let probabilities: [[Double]]
    }

    static func within(_ version: String, _ body: (UpgradeFixture) throws -> Void) throws {
        try Workspace.within { workspace in
            let record = try Data(contentsOf: earlierFile(version, "expected.json"))
            let fixture = UpgradeFixture(
                version: version, workspace: workspace,
                expected: try JSONDecoder().decode(Expected.self, from: record))
            try fixture.unpackHome()
            try body(fixture)
        }
    }

    private func unpackHome() throws {
        let tar = try runProgram(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["tar", "-xzf", earlierFile(version, "home.tar.gz").path], in: workspace.folder)
        try #require(tar.status == 0, "\(tar.errors)")
    }

    // MARK: - Running

    /// Runs the program as the kind of CPU that made the files.
    func run(_ arguments: [String]) throws -> ProgramResult {
        try workspace.run(arguments, environment: expected.environment)
    }

    /// The probabilities of the classes in order, for each of the images that have recorded ones.
    private func probabilities(
        model: String, _ environment: [String: String]
    ) throws -> [[Double]] {
        let predict = ["predict", "digits/t10k-images-idx3-ubyte", "--json", "--top-k", "10"]
        let result = try workspace.run(predict + ["--model", model], environment: environment)
        #expect(result.status == 0, "\(result.errors)")
        return try result.output.split(separator: "\n").prefix(expected.probabilities.count).map {
            let row = try workspace.json(String($0))
            let entries = try #require(row["top_k"] as? [[String: Any]])
            return entries.sorted { "\($0["label"]!)" < "\($1["label"]!)" }
                .compactMap { $0["probability"] as? Double }
        }
    }

    /// - Parameter environment: chooses the kind of CPU; the one that made the files if nil.
    func expectRecordedProbabilities(
        model: String, environment: [String: String]? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let got = try probabilities(model: model, environment ?? expected.environment)
        assertClose(
            got.flatMap { $0 },
            expected.probabilities.flatMap { $0 }, relative: 1e-5, absolute: 1e-7, model,
            sourceLocation: sourceLocation)
    }

    // MARK: - Files

    /// The model file in a run's folder.
    func modelFile(run: String) throws -> URL {
        let folder = workspace.home.appendingPathComponent("runs/\(run)")
        let name = try #require(try folderContents(folder).first { $0.hasSuffix(".safetensors") })
        return folder.appendingPathComponent(name)
    }

    /// SHA-256 over the tensors' bytes, in the order of their names.
    func weightsDigest(_ model: URL) throws -> String {
        let hasher = SHA256()
        let tensors = try SafetensorsFile.read(model).tensors
        for (_, tensor) in tensors.sorted(by: { $0.key < $1.key }) { hasher.update(tensor.data) }
        return hasher.finalize()
    }

    /// Whether this machine's OpenBLAS is the one that the weights were made with; another version's
    /// may sum in another order.
    var hasItsOpenBLAS: Bool { Machine.current.blas == expected.openblas }
}
