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
    @Test(arguments: CPULevel.available) func blasIsCalledWhereTheLayersCallIt(_ level: CPULevel)
        throws
    {
        let image = SampleShape(height: 28, width: 28, channels: 1)
        func calls(_ classCount: Int, _ hiddenSize: Int, _ plan: ConvolutionPlan?) throws -> Bool {
            var config = ModelConfig.reference
            (config.network.conv3Channels, config.network.hiddenSize) = (64, hiddenSize)
            config.network.classCount = classCount
            return try config.callsBLAS(plan: plan, input: image, level: level)
        }
        #expect(try calls(10, 128, .winograd4), "the last layer")
        #expect(try calls(32, 100, .winograd4), "a layer without whole panels")
        #expect(try calls(32, 128, .im2col), "im2col")
        #expect(try calls(32, 128, nil), "not known yet")
        #expect(try calls(32, 128, .winograd4) == (level != .avx512), "weights' gradients")
    }

    /// By the stages, whatever the network is.
    @Test(arguments: CPULevel.available)
    func blasIsCalledByTheStagesOfAnyNetwork(_ level: CPULevel) throws {
        func calls(
            _ layers: [LayerDescription], _ plan: [String: ConvolutionAlgorithm] = [:],
            input: SampleShape = SampleShape(height: 8, width: 8, channels: 16)
        ) throws -> Bool {
            let planner = NetworkPlanner(try NetworkDescription(input: input, layers).graph())
            let plan = ConvolutionPlan(plan)
            try planner.check(plan)
            return planner.callsBLAS(plan, level: level)
        }
        #expect(try !calls([.conv2d("c", 8, kernel: 3)], ["c": .implicitGemm]))
        #expect(try calls([.conv2d("c", 8, kernel: 3)], ["c": .im2col]))
        #expect(
            try calls(
                [.conv2d("a", 8, kernel: 3), .conv2d("b", 8, kernel: 3)],
                ["a": .implicitGemm, "b": .im2col]))
        // Unfolded by nobody, though it is called im2col.
        #expect(try !calls([.depthwiseConv2d("d", kernel: 3)], ["d": .im2col]))
        #expect(try calls([.conv2d("g", 8, kernel: 3, groups: 2)], ["g": .im2col]))
        // A first layer's inputs have no gradient: only its outputs need be whole panels.
        let isLower = level != .avx512
        #expect(try calls([.linear(32)], input: SampleShape(features: 784)) == isLower)
        #expect(
            try calls([.linear(48), .linear(32)], input: SampleShape(features: 784)))
        #expect(
            try calls([.linear(64), .linear(32)], input: SampleShape(features: 784)) == isLower)
        #expect(try calls([.custom("own", "Own") { _, input in ReLU(input) }]))
        #expect(try !calls([.globalAveragePool, .relu]))
    }

    /// Versions before counted some trainings among those that call OpenBLAS which don't.
    @Test func aTrainingThatCallsNoBLASGoesOnWhateverBLASWasRecorded() throws {
        let level = CPULevel.current.rawValue
        let older = try checkpoint(of: #"[{"cpu_level":"\#(level)","blas_core":"Katmai"}]"#)
        let here = CPUKind(level: .current, blasCore: nil)
        #expect(
            try older.cpuKindsGoingOn(here: here, acceptingOther: false)
                == [CPUKind(level: .current, blasCore: "Katmai")])
        #expect(throws: TrainingError.self) {
            try older.cpuKindsGoingOn(
                here: CPUKind(level: .current, blasCore: "Haswell"), acceptingOther: false)
        }
    }
}
