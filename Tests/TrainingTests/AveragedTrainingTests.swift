import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Training

/// Trainings that evaluate and keep the moving average of their weights.
@Suite struct AveragedTrainingTests {
    private static let training = columns(128, seed: 1)
    private static let validation = columns(60, seed: 2)

    /// Images whose class shows in them: a bright column at the class's place.
    private static func columns(_ count: Int, seed: UInt64) -> ImageSamples {
        var generator = SeededGenerator(seed: seed)
        var pixels = [UInt8](repeating: 0, count: count * 784)
        for image in 0..<count {
            for row in 4..<24 {
                for column in 0..<3 {
                    pixels[image * 784 + row * 28 + image % 10 * 2 + 4 + column] =
                        UInt8(200 + generator.next() % 56)
                }
            }
        }
        return ImageSamples(
            pixels: pixels, labels: (0..<count).map { $0 % 10 }, height: 28, width: 28,
            normalization: .mnist)
    }

    private func trainer(decay: Double?, epochs: Int = 6) throws -> Trainer {
        var config = SmallModel.config
        config.batchSize = 16
        config.epochs = epochs
        config.optimizer.learningRate = 2e-2
        config.schedule.type = .oneCycle
        config.augmentation.isEnabled = false
        (config.network.dropout1Rate, config.network.dropout2Rate) = (0, 0)
        config.optimizer.emaDecay = decay
        return try Trainer(
            model: SmallModel.make(config, threads: 2), training: Self.training,
            validation: Self.validation)
    }

    /// An average with the weight of the first steps in it is worse than any of the weights.
    @Test func aShortTrainingIsNotHeldBackByItsAverage() throws {
        let with = try #require(try trainer(decay: 0.99, epochs: 15).run().best)
        let without = try #require(try trainer(decay: nil, epochs: 15).run().best)
        let constant = try trainer(decay: 0.99, epochs: 15)
        constant.average?.rule = .constant
        let before = try #require(try constant.run().best)
        #expect(try #require(without.validationAccuracy) > 0.9, "\(without)")
        #expect(try #require(with.validationAccuracy) > 0.9, "\(with)")
        #expect(before.validationLoss > 2 * with.validationLoss, "\(before) \(with)")
    }

    /// A checkpoint as version 0.1 wrote it goes on by the rule that it began with, to the same bits.
    @Test func anOldCheckpointKeepsItsRule() throws {
        let whole = try trainer(decay: 0.9, epochs: 2)
        whole.average?.rule = .constant
        _ = try whole.run()
        let warmed = try trainer(decay: 0.9, epochs: 2)
        _ = try warmed.run()
        #expect(warmed.network.stateDictionary() != whole.network.stateDictionary())

        let first = try trainer(decay: 0.9, epochs: 2)
        first.average?.rule = .constant
        var old = try interrupted(first, after: 5).content
        #expect(old.metadata.removeValue(forKey: "average_rule") == "\"constant\"")
        #expect(old.tensors["average_statistics"] == nil)
        old.metadata["tessera_sha256"] = nil
        let checkpoint = Checkpoint(content: old)
        #expect(try checkpoint.averageRule() == .constant)
        let second = try trainer(decay: 0.9, epochs: 2)
        try second.resume(from: checkpoint)
        _ = try second.run()
        #expect(second.network.stateDictionary() == whole.network.stateDictionary())
    }

    @Test func aRuleThatIsNoneIsNamed() throws {
        var content = try interrupted(trainer(decay: 0.9), after: 3).content
        content.metadata["average_rule"] = "\"of a later version\""
        #expect {
            try trainer(decay: 0.9).resume(from: Checkpoint(content: content))
        } throws: { "\($0)".contains("average_rule") && "\($0)".contains("later version") }
        content.metadata["average_rule"] = "\"warmed_up\""
        content.tensors["average_statistics"] = nil
        #expect {
            try trainer(decay: 0.9).resume(from: Checkpoint(content: content))
        } throws: { "\($0)".contains("average_statistics") }
    }

    @Test func aTrainingWithoutAnAverageHasNoRule() throws {
        let checkpoint = try interrupted(trainer(decay: nil), after: 3)
        #expect(try checkpoint.averageRule() == nil)
        #expect(checkpoint.content.metadata["average_rule"] == nil)
    }

    private func interrupted(_ trainer: Trainer, after batches: Int) throws -> Checkpoint {
        var count = 0
        var saved: Checkpoint?
        _ = try trainer.run(
            shouldStop: {
                count += 1
                return count == batches
            }, onInterrupt: { saved = $0 })
        return try #require(saved)
    }
}
