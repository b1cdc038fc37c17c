import Foundation
import Kernels
import Synchronization
import TestSupport
import Testing

@testable import Training

@Suite struct TrainerTests {
    /// A few epochs over images whose class shows in them: a bright column at the class's place.
    private static let training = learnable(96, seed: 1)
    private static let validation = learnable(40, seed: 2)

    private static let config: ModelConfig = {
        var config = SmallModel.config
        config.batchSize = 16
        config.epochs = 4
        config.optimizer.learningRate = 5e-3
        config.augmentation.rotationDegrees = 3
        config.augmentation.translationFraction = 0.01
        return config
    }()

    private static let convolutions = [ConvolutionChoice.im2col, .winograd2, .winograd4]

    private static func learnable(_ count: Int, seed: UInt64) -> ImageSamples {
        var generator = SeededGenerator(seed: seed)
        var pixels = [UInt8](repeating: 0, count: count * 784)
        var labels: [Int] = []
        for image in 0..<count {
            let label = image % 10
            labels.append(label)
            for row in 4..<24 {
                for column in 0..<3 {
                    pixels[image * 784 + row * 28 + label * 2 + 4 + column] =
                        UInt8(200 + generator.next() % 56)
                }
            }
        }
        return ImageSamples(
            pixels: pixels, labels: labels, height: 28, width: 28, normalization: .mnist)
    }

    private func trainer(_ config: ModelConfig = config, threads: Int = 2) throws -> Trainer {
        try Trainer(
            model: SmallModel.make(config, threads: threads), training: Self.training,
            validation: Self.validation)
    }

    /// Keys of a config reach the training.
    @Test func gradientsAreAccumulatedAsTheConfigSays() throws {
        var config = Self.config
        config.accumulationSteps = 3
        // 96 images: six batches, two steps.
        let trainer = try trainer(config)
        var steps = 0
        _ = try trainer.run(onEvent: { if case .batch = $0 { steps += 1 } })
        #expect(trainer.stepCount == 2 * config.epochs, "\(steps)")
    }

    @Test func rareClassesCountMoreWhereTheConfigSaysSo() throws {
        // scikit-learn's compute_class_weight("balanced", classes=[0, 1, 2], y=[0, 0, 0, 1, 2, 2]).
        #expect(
            ClassWeights.balanced.weights([0, 0, 0, 1, 2, 2], classCount: 3)
                == [0.6666666666666666, 2, 1])
        #expect(ClassWeights.balanced.weights([0, 2], classCount: 3)?[1] == 0)
        #expect(ClassWeights.none.weights([0, 1], classCount: 2) == nil)
        // Of a class ten images, of the others one each.
        let rare = Self.training.including(
            (0..<10).map { 10 * ($0 % 9) } + Array(1..<10))
        func loss(_ weights: ClassWeights) throws -> Double {
            var config = Self.config
            config.classWeights = weights
            config.epochs = 1
            let trainer = try Trainer(
                model: SmallModel.make(config), training: rare, validation: Self.validation)
            return try #require(trainer.run().history.first).trainLoss
        }
        #expect(try loss(.none) != loss(.balanced))
    }

    @Test func learnsAndReportsEachEpoch() throws {
        var config = Self.config
        config.epochs = 40
        config.schedule.type = .constant
        config.stopping.isEnabled = false
        (config.network.dropout1Rate, config.network.dropout2Rate) = (0, 0)
        let trainer = try trainer(config)
        let result = try trainer.run()
        #expect(result.ending == .completed && result.history.map(\.epoch) == Array(1...40))
        let best = try #require(result.best)
        let accuracy = try #require(best.validationAccuracy)
        #expect(accuracy > 0.9, "\(result.history.map(\.validationAccuracy))")
        #expect(best.validationLoss == result.history.map(\.validationLoss).min())
        #expect(
            try Evaluator.lossAndAccuracy(trainer.network, Self.validation).loss
                == best.validationLoss)
    }

    /// Every optimizer and option that reads or writes state.
    @Test(arguments: OptimizerType.allCases, convolutions)
    func theSameSeedGivesTheSameBitsOnAnyNumberOfThreads(
        optimizer: OptimizerType, convolution: ConvolutionChoice
    ) throws {
        var config = Self.config
        config.optimizer.type = optimizer
        config.network.convolution = convolution
        config.optimizer.emaDecay = 0.9
        config.optimizer.gradientClipNorm = 0.5
        config.labelSmoothing = 0.1
        config.schedule.type = .oneCycle
        let states = try [1, 2, 5].map { threads in
            let trainer = try trainer(config, threads: threads)
            _ = try trainer.run()
            return trainer.network.stateDictionary()
        }
        #expect(states[0] == states[1] && states[0] == states[2])
        config.seed = 43
        let other = try trainer(config)
        _ = try other.run()
        #expect(other.network.stateDictionary() != states[0])
    }

    @Test(arguments: [3, 6, 7, 17], convolutions)
    func interruptedAndResumedEqualsUninterrupted(
        batches: Int, convolution: ConvolutionChoice
    ) throws {
        var config = Self.config
        config.network.convolution = convolution
        config.optimizer.emaDecay = 0.95
        config.schedule.type = .oneCycle
        let whole = try trainer(config)
        let expected = try whole.run()

        let count = Mutex(0)
        let saved = Mutex<Checkpoint?>(nil)
        let first = try trainer(config)
        let result = try first.run(
            shouldStop: {
                count.withLock {
                    $0 += 1; return $0 == batches
                }
            },
            onInterrupt: { checkpoint in saved.withLock { $0 = checkpoint } })
        guard case .interrupted = result.ending else {
            Issue.record("ended by \(result.ending)")
            return
        }
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("checkpoint.safetensors")
            try #require(saved.withLock { $0 }).write(to: file)
            let second = try trainer(config, threads: 3)
            try second.resume(from: Checkpoint.read(file))
            let resumed = try second.run()
            #expect(second.network.stateDictionary() == whole.network.stateDictionary())
            #expect(resumed.history.map(\.validationLoss) == expected.history.map(\.validationLoss))
            #expect(resumed.history.map(\.trainLoss) == expected.history.map(\.trainLoss))
            #expect(resumed.bestEpoch == expected.bestEpoch)
        }
    }

    @Test func anInterruptionRestoresTheBestWeights() throws {
        let count = Mutex(0)
        let trainer = try trainer()
        let result = try trainer.run(
            shouldStop: {
                count.withLock {
                    $0 += 1; return $0 == 15
                }
            }, onInterrupt: { _ in })
        #expect(result.ending == .interrupted(epoch: 3, batch: 3))
        let best = try #require(result.best)
        #expect(
            try Evaluator.lossAndAccuracy(trainer.network, Self.validation).loss
                == best.validationLoss)
    }

    @Test func aCheckpointOfAnotherTrainingIsRefused() throws {
        let saved = Mutex<Checkpoint?>(nil)
        let first = try trainer()
        _ = try first.run(
            shouldStop: { true }, onInterrupt: { checkpoint in saved.withLock { $0 = checkpoint } })
        let checkpoint = try #require(saved.withLock { $0 })
        var config = Self.config
        config.optimizer.learningRate = 1e-4
        #expect {
            try trainer(config).resume(from: checkpoint)
        } throws: { "\($0)".contains("config") && "\($0)".contains("resume with the same") }
        let otherData = try Trainer(
            model: SmallModel.make(Self.config), training: Self.validation,
            validation: Self.training)
        #expect {
            try otherData.resume(from: checkpoint)
        } throws: { "\($0)".contains("training set") }
    }

    @Test func aLossThatIsNotFiniteStopsWithTheLastGoodWeights() throws {
        var config = Self.config
        config.optimizer.learningRate = 1e30
        config.optimizer.type = .sgd
        config.schedule.type = .constant
        config.epochs = 50
        let trainer = try trainer(config)
        #expect {
            try trainer.run()
        } throws: { error in
            let text = "\(error)"
            return text.contains("the loss became") && text.contains("epoch")
                && text.contains("learning rate 1e+30") && text.contains("lower learning_rate")
        }
        for entry in trainer.network.stateDictionary().entries {
            guard case .floats(let values) = entry.values else { continue }
            #expect(values.allSatisfy { $0.isFinite }, "\(entry.name)")
        }
    }

    @Test func stopsEarlyWithTheBestEpochsWeights() throws {
        var config = Self.config
        config.epochs = 60
        config.stopping.patience = 2
        config.stopping.minDelta = 0.5
        let trainer = try trainer(config)
        let result = try trainer.run()
        #expect(result.ending == .stoppedEarly && result.history.count < 60)
        let best = try #require(result.best)
        #expect(best.validationLoss == result.history.map(\.validationLoss).min())
        #expect(
            try Evaluator.lossAndAccuracy(trainer.network, Self.validation).loss
                == best.validationLoss)
        config.stopping.isEnabled = false
        config.epochs = result.history.count + 1
        #expect(try self.trainer(config).run().ending == .completed)
    }

    @Test func setsThatDoNotFitAreNamed() throws {
        let model = SmallModel.make(Self.config)
        let empty = Self.training.including([])
        #expect(throws: TrainingError.noSamples(set: "validation")) {
            try Trainer(model: model, training: Self.training, validation: empty)
        }
        let small = ImageSamples(
            pixels: [0, 0], labels: [0, 0], height: 1, width: 1, normalization: .mnist)
        #expect(
            throws: TrainingError.imageSize(set: "training", size: "1×1", expected: "28×28")
        ) { try Trainer(model: model, training: small, validation: Self.validation) }
        let eleven = ImageSamples(
            pixels: [UInt8](repeating: 0, count: 784), labels: [10], height: 28, width: 28,
            normalization: .mnist)
        #expect(
            throws: TrainingError.labelOutOfRange(set: "training", label: 10, classCount: 10)
        ) { try Trainer(model: model, training: eleven, validation: Self.validation) }
    }

    /// Config keys that change what training does; the schema's test covers their parsing.
    @Test func everyTrainingKeyChangesTheResult() throws {
        var base = Self.config
        base.epochs = 2
        func result(_ change: (inout ModelConfig) -> Void) throws -> StateDictionary {
            var config = base
            change(&config)
            let trainer = try trainer(config)
            _ = try trainer.run()
            return trainer.network.stateDictionary()
        }
        let reference = try result { _ in }
        let changes: [(String, (inout ModelConfig) -> Void)] = [
            ("dropout1_rate", { $0.network.dropout1Rate = 0.3 }),
            ("dropout2_rate", { $0.network.dropout2Rate = 0.4 }),
            ("batch_size", { $0.batchSize = 24 }),
            ("learning_rate", { $0.optimizer.learningRate = 1e-3 }),
            ("weight_decay", { $0.optimizer.weightDecay = 0.1 }),
            ("beta1", { $0.optimizer.beta1 = 0.5 }),
            ("beta2", { $0.optimizer.beta2 = 0.9 }), ("epsilon", { $0.optimizer.epsilon = 1e-2 }),
            ("gradient_clip_norm", { $0.optimizer.gradientClipNorm = 1e-3 }),
            ("ema_decay", { $0.optimizer.emaDecay = 0.5 }),
            ("label_smoothing", { $0.labelSmoothing = 0.2 }),
            ("warmup_steps", { $0.schedule.warmupSteps = 5 }),
            ("lr_step_size", { $0.schedule.lrStepSize = 1 }),
            ("augmentation", { $0.augmentation.isEnabled = false }), ("seed", { $0.seed = 7 }),
            ("rotation_degrees", { $0.augmentation.rotationDegrees = 30 }),
            ("translation_fraction", { $0.augmentation.translationFraction = 0.3 }),
            ("scale_min", { $0.augmentation.scaleMin = 0.5 }),
            ("scale_max", { $0.augmentation.scaleMax = 2 }),
            ("schedule", { $0.schedule.type = .cosine }),
        ]
        for (key, change) in changes {
            #expect(try result(change) != reference, "\(key) changed nothing")
        }
    }
}
