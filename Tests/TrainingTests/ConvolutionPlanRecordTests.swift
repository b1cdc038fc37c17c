import Foundation
import Kernels
import Synchronization
import TestSupport
import Testing

@testable import Training

/// That a training's convolution plan is chosen by its config, told, kept in its checkpoint and
/// taken up from there.
@Suite struct ConvolutionPlanRecordTests {
    private static let samples = SmallModel.samples(32, seed: 21)

    private static func config(_ choice: ConvolutionChoice) -> ModelConfig {
        var config = SmallModel.config
        config.network.convolution = choice
        config.epochs = 1
        config.batchSize = 16
        return config
    }

    private func trainer(_ choice: ConvolutionChoice, plan: ConvolutionPlan? = nil) throws
        -> Trainer
    {
        let model = try ConfiguredNetwork(
            config: Self.config(choice), plan: plan, pool: WorkerPool(threadCount: 2))
        return try Trainer(model: model, training: Self.samples, validation: Self.samples)
    }

    private func interrupted(_ trainer: Trainer) throws -> Checkpoint {
        let saved = Mutex<Checkpoint?>(nil)
        _ = try trainer.run(
            shouldStop: { true }, onInterrupt: { checkpoint in saved.withLock { $0 = checkpoint } })
        return try #require(saved.withLock { $0 })
    }

    @Test func theConfigsChoiceDecides() throws {
        func plan(_ choice: ConvolutionChoice) throws -> ConvolutionPlan {
            try ConfiguredNetwork(config: Self.config(choice), pool: WorkerPool(threadCount: 1))
                .plan
        }
        #expect(try plan(.im2col) == .im2col)
        #expect(try plan(.winograd2) == .winograd2)
        #expect(try plan(.winograd4) == .winograd4)
    }

    @Test func thePlanIsToldAtTheStartAndInTheResult() throws {
        var events: [TrainingEvent] = []
        let result = try trainer(.im2col, plan: .winograd2).run(onEvent: { events.append($0) })
        guard case .started(_, _, _, _, let plan)? = events.first else {
            Issue.record("\(events)")
            return
        }
        #expect(plan == .winograd2 && result.plan == .winograd2)
    }

    /// The plan is the model's, whatever the config would give.
    @Test func aCheckpointKeepsThePlanThroughItsFile() throws {
        let first = try trainer(.auto, plan: .winograd2)
        let checkpoint = try interrupted(first)
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("checkpoint.safetensors")
            try checkpoint.write(to: file)
            let read = try Checkpoint.read(file)
            #expect(try read.plan() == .winograd2)
            let second = try trainer(.auto, plan: read.plan())
            try second.resume(from: read)
            #expect(try second.run().plan == .winograd2)
        }
    }

    @Test func aModelOfAnotherPlanDoesNotResume() throws {
        let checkpoint = try interrupted(trainer(.auto, plan: .winograd2))
        #expect {
            try trainer(.auto, plan: .im2col).resume(from: checkpoint)
        } throws: { error in
            let text = "\(error)"
            return text.contains("convolution plan is direct, winograd2, winograd2")
                && text.contains("this training's is im2col, im2col, im2col")
        }
    }

    /// Checkpoints from before there were plans were made by im2col.
    @Test func anOlderCheckpointMeansIm2col() throws {
        var content = try interrupted(trainer(.im2col)).content
        content.metadata["convolution_plan"] = nil
        let config = try #require(content.metadata["config"])
        #expect(config.contains("\"conv\":\"im2col\","))
        content.metadata["config"] = config.replacing("\"conv\":\"im2col\",", with: "")
        let older = Checkpoint(content: content)
        #expect(try older.plan() == .im2col)
        #expect(try older.config().network.convolution == .auto)
        let resumed = try trainer(.auto, plan: older.plan())
        try resumed.resume(from: older)
        #expect(try resumed.run().plan == .im2col)
    }

    @Test func aPlanThatIsNoneIsRefusedByName() throws {
        var content = try interrupted(trainer(.im2col)).content
        content.metadata["convolution_plan"] = #"{"conv1":"fft"}"#
        #expect {
            try Checkpoint(content: content).plan()
        } throws: { "\($0)".contains("__metadata__.convolution_plan") }
    }
}
