import Foundation
import Kernels
import Synchronization
import TestSupport
import Testing

@testable import Training

/// The kind of CPU in checkpoints, and where training calls OpenBLAS.
@Suite struct CPUKindTests {
    private func checkpoint() throws -> Checkpoint {
        Checkpoint(content: try SafetensorsFile(parsing: SealedFiles.checkpointBytes(), name: "c"))
    }

    /// As if another machine had written it.
    private func checkpoint(of kinds: String?) throws -> Checkpoint {
        var content = try checkpoint().content
        content.metadata["cpu_kinds"] = kinds
        return Checkpoint(content: content)
    }

    private let other = CPUKind(level: .base, blasCore: "Katmai")

    @Test func aCheckpointTellsWhoTrained() throws {
        let trainer = try SealedFiles.trainer()
        let here = try #require(trainer.cpuKinds.first)
        #expect(try checkpoint().cpuKinds() == [here])
        #expect(here.level == .current)
        try trainer.resume(from: checkpoint())
        #expect(trainer.cpuKinds.count == 1)
    }

    @Test func anotherCPUsCheckpointIsRefusedUnlessAccepted() throws {
        let foreign = try checkpoint(of: #"[{"cpu_level":"base","blas_core":"Katmai"}]"#)
        let error = try #require(throws: TrainingError.self) {
            try SealedFiles.trainer().resume(from: foreign)
        }
        #expect("\(error)".contains("(base, OpenBLAS Katmai) than this one"), "\(error)")
        let trainer = try SealedFiles.trainer()
        let here = try #require(trainer.cpuKinds.first)
        try trainer.resume(from: foreign, acceptingOtherCPU: true)
        #expect(trainer.cpuKinds == [other, here])
        // What it writes says both; and goes on here without being asked again.
        let mixed = try trainer.checkpoint()
        #expect(try mixed.cpuKinds() == trainer.cpuKinds)
        try SealedFiles.trainer().resume(from: mixed)
    }

    @Test func aCheckpointOfBeforeIsReadAndMayBeTold() throws {
        let older = try checkpoint(of: nil)
        #expect(try older.cpuKinds() == nil)
        try SealedFiles.trainer().resume(from: older)
        let told = try older.trained(on: other)
        #expect(throws: TrainingError.self) { try SealedFiles.trainer().resume(from: told) }
        // One that says it itself is believed.
        #expect(try checkpoint().trained(on: other).cpuKinds() == checkpoint().cpuKinds())
    }

    @Test(arguments: ["[]", "1", #"[{"cpu_level":"avx9"}]"#])
    func aRecordThatIsNoneIsRefusedByName(_ kinds: String) throws {
        #expect {
            try checkpoint(of: kinds).cpuKinds()
        } throws: { "\($0)".contains("__metadata__.cpu_kinds: expected") }
    }

    /// By the products that `Conv2d` and `Linear` leave to it.
    @Test(arguments: CPULevel.available) func blasIsCalledWhereTheLayersCallIt(_ level: CPULevel) {
        func calls(_ classCount: Int, _ hiddenSize: Int, _ plan: ConvolutionPlan?) -> Bool {
            var config = ModelConfig.reference
            (config.conv3Channels, config.hiddenSize) = (64, hiddenSize)
            config.classCount = classCount
            return DigitCNN.callsBLAS(config, plan: plan, level: level)
        }
        #expect(calls(10, 128, .winograd4), "the last layer")
        #expect(calls(32, 100, .winograd4), "a layer without whole panels")
        #expect(calls(32, 128, .im2col), "im2col")
        #expect(calls(32, 128, nil), "not known yet")
        #expect(calls(32, 128, .winograd4) == (level != .avx512), "weights' gradients")
    }
}
