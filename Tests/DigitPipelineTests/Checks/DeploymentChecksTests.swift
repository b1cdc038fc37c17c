import Foundation
import Kernels
import Registry
import TestSupport
import Testing
import Training

@testable import DigitPipeline

@Suite struct DeploymentChecksTests {
    private let pool = WorkerPool(threadCount: 1)

    private func modelBytes() throws -> Data {
        let model = SmallData.model(side: 28)
        return try ModelFile(
            model,
            description: try ModelDescription(
                config: model.config, normalization: .mnist, classNames: SmallData.classNames,
                inputHeight: 28, inputWidth: 28, metrics: [:], dataDigest: "",
                tesseraVersion: "test")
        ).bytes()
    }

    private func deploy(_ bytes: Data, _ registry: ModelRegistry) throws -> Decision {
        try registry.deploy(
            .content(bytes, fileName: "digitcnn_a.safetensors"), strategy: .force(reason: "test"),
            gate: DeploymentGate(), judge: { _, _ in Judgement() }, verify: { _ in }
        ).decision
    }

    @Test func aModelThatPredictsPasses() throws {
        try withTemporaryFolder { folder in
            let registry = ModelRegistry(folder: folder, actor: "tester")
            let decision = try deploy(modelBytes(), registry)
            let check = try DeploymentChecks.production(registry, decision, pool: pool)
            #expect(check.passed && check.severity == .blocking)
        }
    }

    /// It was deployed by force, and no check looked at it before.
    @Test func aFileThatIsNoModelFails() throws {
        try withTemporaryFolder { folder in
            let registry = ModelRegistry(folder: folder, actor: "tester")
            let decision = try deploy(Data("no model".utf8), registry)
            let check = try DeploymentChecks.production(registry, decision, pool: pool)
            #expect(!check.passed && check.evidence["error"] != nil)
        }
    }

    @Test func aModelThatWasDamagedSinceFails() throws {
        try withTemporaryFolder { folder in
            let registry = ModelRegistry(folder: folder, actor: "tester")
            let decision = try deploy(modelBytes(), registry)
            let file = try registry.model(decision.modelDigest).url
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644], ofItemAtPath: file.path)
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: file)
            let check = try DeploymentChecks.production(registry, decision, pool: pool)
            #expect(!check.passed && check.evidence["error"] != nil)
        }
    }
}
