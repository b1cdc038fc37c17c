import Foundation
import Kernels
import TestSupport
import Testing

@testable import Training

/// Networks that `NetworkFile` of earlier versions wrote; see `Tests/Upgrade/README.md`.
@Suite struct EarlierNetworkTests {
    private let pool = WorkerPool(threadCount: 1)

    /// What `network.json` has of the outputs: of a few images, in their order.
    private struct Record: Codable {
        let outputs: [Float]
    }

    private static let images = SmallNetwork.coloured(5, seed: 12)

    @Test(arguments: ["0.2.0"]) func aNetworkComputesWhatItDid(_ version: String) throws {
        let url = earlierFile(version, "network.safetensors")
        let file = try NetworkFile.read(url)
        #expect(file.integrity == .verified && file.unknown == UnknownEntries())
        #expect(file.facts.classNames == ["red", "green", "blue"])
        let record = try JSONDecoder().decode(
            Record.self, from: Data(contentsOf: earlierFile(version, "network.json")))
        let outputs = Evaluator.outputs(try file.makeNetwork(pool: pool), Self.images)
        assertClose(outputs, record.outputs, relative: 1e-4, absolute: 1e-5, version)
        // The program takes it, too.
        let model = try ModelFile.read(url)
        #expect(model.description.network == file.network)
    }

    /// Writes the files of this version into the folder that `TESSERA_NETWORK_FIXTURE` names.
    @Test(.enabled(if: fixtureFolder != nil)) func writeThisVersionsFiles() throws {
        let folder = URL(fileURLWithPath: try #require(Self.fixtureFolder))
        let network = SmallNetwork.residual(threads: 1)
        let trainer = try Trainer(
            network: network, loss: SoftmaxCrossEntropy(classCount: 3), optimizer: Adam(),
            schedule: ConstantRate(learningRate: 0.01),
            training: SmallNetwork.coloured(64, seed: 4),
            validation: SmallNetwork.coloured(32, seed: 5),
            options: TrainingOptions(epochs: 4, batchSize: 8))
        let result = try trainer.run()
        let facts = NetworkFacts(
            result, normalization: Self.images.normalization,
            classNames: ["red", "green", "blue"], provenance: ["note": "a fixture"])
        try NetworkFile(network, facts: facts)
            .write(to: folder.appendingPathComponent("network.safetensors"))
        let record = Record(outputs: Evaluator.outputs(network, Self.images))
        try JSONEncoder().encode(record)
            .write(to: folder.appendingPathComponent("network.json"))
    }

    private static var fixtureFolder: String? {
        ProcessInfo.processInfo.environment["TESSERA_NETWORK_FIXTURE"]
    }
}
