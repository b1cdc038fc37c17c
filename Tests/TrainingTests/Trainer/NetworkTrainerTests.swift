import Foundation
import Kernels
import LinearAlgebra
import TestSupport
import Testing

@testable import Training

/// Trainings that are put together from their parts.
@Suite struct NetworkTrainerTests {
    private static let classified = SmallNetwork.classified(203, seed: 1)
    private static let unseen = SmallNetwork.classified(64, seed: 2)
    private static let measured = SmallNetwork.measured(203, seed: 3)
    private static let unmeasured = SmallNetwork.measured(64, seed: 4)

    /// Everything that a step can do, on few samples.
    private static let options = TrainingOptions(
        epochs: 3, batchSize: 16, accumulationSteps: 2, gradientClipNorm: 1, emaDecay: 0.9,
        earlyStopping: EarlyStopping(patience: 3, minDelta: 0))

    private func classifier(
        _ options: TrainingOptions = options, threads: Int = 2, dropout: Double = 0.2,
        loss: any Loss = SoftmaxCrossEntropy(
            classCount: 2, labelSmoothing: 0.1, classWeights: [1, 2.5]),
        optimizer: any Optimizer = AdamW(), schedule: (any LearningRateSchedule)? = nil,
        training: any SampleSource = classified, metrics: [TrainingMetric]? = nil,
        networkSeed: UInt64 = 6
    ) throws -> Trainer {
        try Trainer(
            network: SmallNetwork.perceptron(
                outputs: 2, threads: threads, dropout: dropout, seed: networkSeed),
            loss: loss, optimizer: optimizer,
            schedule: schedule ?? OneCycle(maximumLearningRate: 0.01, totalSteps: 21),
            training: training, validation: Self.unseen, options: options, metrics: metrics)
    }

    // MARK: - Learning

    @Test func learnsClassesOfVectors() throws {
        let trainer = try classifier(
            TrainingOptions(epochs: 60, batchSize: 16), dropout: 0,
            loss: SoftmaxCrossEntropy(classCount: 2), schedule: ConstantRate(learningRate: 0.01))
        var lastBatch: BatchProgress?
        let result = try trainer.run { event in
            if case .batch(let progress) = event { lastBatch = progress }
        }
        let best = try #require(result.best)
        #expect(try #require(best.validationAccuracy) > 0.9)
        #expect(best.trainMetrics.keys.sorted() == ["accuracy"])
        #expect(lastBatch?.accuracy == result.history.last?.trainAccuracy)
        #expect(
            try Evaluator.lossAndAccuracy(trainer.network, Self.unseen).loss == best.validationLoss)
        #expect(trainer.batchCount == 13)
    }

    @Test(arguments: [MeanSquaredError() as any Loss, Huber(delta: 0.1)])
    func learnsValues(_ loss: any Loss) throws {
        let trainer = try Trainer(
            network: SmallNetwork.perceptron(outputs: 2), loss: loss,
            schedule: CosineAnnealing(learningRate: 0.02, epochs: 60),
            training: Self.measured, validation: Self.unmeasured,
            options: TrainingOptions(epochs: 60, batchSize: 16),
            metrics: [.meanAbsoluteError, .rootMeanSquaredError])
        let result = try trainer.run()
        let best = try #require(result.best)
        #expect(try #require(best.validationMetrics["mean_absolute_error"]) < 0.1)
        #expect(best.validationAccuracy == nil)
        let outputs = Evaluator.outputs(trainer.network, Self.unmeasured)
        var squares = 0.0
        for position in 0..<64 {
            guard case .values(let target) = Self.unmeasured.target(position) else { continue }
            for index in 0..<2 {
                let difference = Double(outputs[2 * position + index]) - Double(target[index])
                squares += difference * difference
            }
        }
        let measured = try #require(best.validationMetrics["root_mean_squared_error"])
        #expect(abs((squares / 128).squareRoot() - measured) < 1e-12)
    }

    @Test func learnsAQuestionOfOneOutput() throws {
        let trainer = try Trainer(
            network: SmallNetwork.perceptron(outputs: 1), loss: BinaryCrossEntropy(),
            schedule: ConstantRate(learningRate: 0.02), training: Self.classified,
            validation: Self.unseen, options: TrainingOptions(epochs: 60, batchSize: 16))
        let best = try #require(try trainer.run().best)
        #expect(try #require(best.validationMetrics["binary_accuracy"]) > 0.9)
    }

    /// A graph with batch norm, on images of three channels; bits as for any network.
    @Test func learnsColoursOnAnyNumberOfThreads() throws {
        let (training, validation) = (
            SmallNetwork.coloured(96, seed: 1), SmallNetwork.coloured(48, seed: 2)
        )
        let states = try [1, 3].map { threads in
            let trainer = try Trainer(
                network: SmallNetwork.residual(threads: threads),
                loss: SoftmaxCrossEntropy(classCount: 3),
                schedule: ConstantRate(learningRate: 0.01), training: training,
                validation: validation,
                options: TrainingOptions(
                    epochs: 8, batchSize: 8, accumulationSteps: 2, emaDecay: 0.5))
            let result = try trainer.run()
            #expect(try #require(result.best?.validationAccuracy) > 0.9)
            #expect(result.plan == trainer.network.plan && !result.plan.algorithms.isEmpty)
            return trainer.network.stateDictionary()
        }
        #expect(states[0] == states[1])
    }

    // MARK: - Exactness

    @Test(arguments: [SGD(momentum: 0.9) as any Optimizer, Adam(), AdamW(), RMSprop()])
    func theSameSeedGivesTheSameBitsOnAnyNumberOfThreads(_ optimizer: any Optimizer) throws {
        let states = try [1, 2, 5].map { threads in
            let trainer = try classifier(threads: threads, optimizer: optimizer)
            _ = try trainer.run()
            return trainer.network.stateDictionary()
        }
        #expect(states[0] == states[1] && states[0] == states[2])
        var options = Self.options
        options.seed = 43
        let other = try classifier(options, optimizer: optimizer)
        _ = try other.run()
        #expect(other.network.stateDictionary() != states[0])
    }

    /// The mean's weights are those of the whole step, so class weights test that as well.
    @Test(arguments: [1, 3]) func accumulatedBatchesAreOneLargeBatch(threads: Int) throws {
        func weights(batchSize: Int, accumulationSteps: Int) throws -> [Float] {
            let trainer = try classifier(
                TrainingOptions(
                    epochs: 2, batchSize: batchSize, accumulationSteps: accumulationSteps),
                threads: threads, dropout: 0, optimizer: SGD(momentum: 0.9),
                schedule: ConstantRate(learningRate: 0.1))
            _ = try trainer.run()
            return trainer.network.parameterValues.array
        }
        let large = try weights(batchSize: 48, accumulationSteps: 1)
        let accumulated = try weights(batchSize: 12, accumulationSteps: 4)
        // Ten steps of sums in another order.
        assertClose(accumulated, large, relative: 1e-5, absolute: 1e-6)
        #expect(relativeError(try weights(batchSize: 12, accumulationSteps: 1), large) > 1e-2)
    }

    @Test(arguments: [1, 6, 7, 11])
    func interruptedAndResumedEqualsUninterrupted(steps: Int) throws {
        let signed = TrainingMetric("mean_logit") { outputs, _ in Double(outputs[1]) }
        func trainer(threads: Int = 2) throws -> Trainer {
            try classifier(threads: threads, metrics: [signed, .accuracy, .meanAbsoluteError])
        }
        let whole = try trainer()
        let expected = try whole.run()
        let checkpoint = try interrupted(trainer(), after: steps)
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("checkpoint.safetensors")
            try checkpoint.write(to: file)
            let second = try trainer(threads: 3)
            try second.resume(from: Checkpoint.read(file))
            let resumed = try second.run()
            #expect(second.network.stateDictionary() == whole.network.stateDictionary())
            #expect(resumed.history.map(\.trainLoss) == expected.history.map(\.trainLoss))
            #expect(resumed.history.map(\.trainMetrics) == expected.history.map(\.trainMetrics))
            #expect(
                resumed.history.map(\.validationMetrics)
                    == expected.history.map(\.validationMetrics))
            #expect(resumed.history[0].trainMetrics.count == 3)
            #expect(resumed.bestEpoch == expected.bestEpoch)
        }
    }

    private func interrupted(_ trainer: Trainer, after steps: Int) throws -> Checkpoint {
        var (count, saved) = (0, Checkpoint?.none)
        let result = try trainer.run(
            shouldStop: {
                count += 1
                return count == steps
            }, onInterrupt: { saved = $0 })
        #expect(result.ending != .completed)
        return try #require(saved)
    }

    @Test func aCheckpointOfAnotherTrainingIsRefusedByItsPart() throws {
        let checkpoint = try interrupted(classifier(), after: 2)
        func expect(_ field: String, _ trainer: Trainer) {
            #expect {
                try trainer.resume(from: checkpoint)
            } throws: {
                guard case TrainingError.checkpointMismatch(let found, _, _) = $0 else {
                    return false
                }
                return found == field
            }
        }
        var options = Self.options
        options.accumulationSteps = 3
        expect("options", try classifier(options))
        expect("network", try classifier(dropout: 0))
        expect("network's seed", try classifier(networkSeed: 7))
        expect("loss", try classifier(loss: SoftmaxCrossEntropy(classCount: 2)))
        expect("optimizer", try classifier(optimizer: AdamW(weightDecay: 0.1)))
        expect(
            "schedule",
            try classifier(schedule: OneCycle(maximumLearningRate: 0.02, totalSteps: 21)))
        expect("metrics", try classifier(metrics: []))
        expect("training set's digest", try classifier(training: Self.unseen))
        try classifier().resume(from: checkpoint)
        #expect(throws: ModelFileError.self) { try checkpoint.config() }
        #expect(try checkpoint.unknownEntries() == UnknownEntries())
        #expect(throws: ModelFileError.self) {
            try SealedFiles.trainer().resume(from: checkpoint)
        }
    }

    /// Such a one goes on with whatever seed its network has, as it did.
    @Test func aCheckpointOfBeforeTheNetworksSeedWasKeptIsResumed() throws {
        var content = try interrupted(classifier(), after: 2).content
        let training = try #require(content.metadata["training"])
        #expect(training.contains(#""network_seed":6,"#), "\(training)")
        content.metadata["training"] = training.replacing(#""network_seed":6,"#, with: "")
        try classifier(networkSeed: 7).resume(from: Checkpoint(content: content))
    }

    /// Where it trains and each setting.
    @Test func everyOptionChangesTheResult() throws {
        func result(_ change: (inout TrainingOptions) -> Void) throws -> [Float] {
            var options = Self.options
            options.epochs = 6
            change(&options)
            let trainer = try classifier(options)
            _ = try trainer.run()
            return trainer.network.parameterValues.array
        }
        let reference = try result { _ in }
        let changes: [(String, (inout TrainingOptions) -> Void)] = [
            ("epochs", { $0.epochs = 2 }), ("batch size", { $0.batchSize = 32 }),
            ("accumulation", { $0.accumulationSteps = 1 }), ("seed", { $0.seed = 7 }),
            ("clipping", { $0.gradientClipNorm = 1e-3 }), ("average", { $0.emaDecay = nil }),
        ]
        for (name, change) in changes {
            #expect(try result(change) != reference, "\(name) changed nothing")
        }
    }

    @Test func stopsEarlyWithTheBestEpochsWeights() throws {
        let trainer = try classifier(
            TrainingOptions(
                epochs: 50, batchSize: 16,
                earlyStopping: EarlyStopping(patience: 2, minDelta: 0.5)))
        let result = try trainer.run()
        #expect(result.ending == .stoppedEarly && result.history.count == 3)
        let best = try #require(result.best)
        #expect(best.validationLoss == result.history.map(\.validationLoss).min())
    }

    // MARK: - What doesn't fit

    @Test func partsThatDoNotFitAreNamed() throws {
        func error(
            network: Network = SmallNetwork.perceptron(outputs: 2),
            loss: any Loss = SoftmaxCrossEntropy(classCount: 2),
            training: any SampleSource = Self.classified,
            validation: any SampleSource = Self.unseen,
            options: TrainingOptions = TrainingOptions(), metrics: [TrainingMetric]? = nil
        ) throws -> String {
            let error = try #require(throws: TrainingError.self) {
                try Trainer(
                    network: network, loss: loss, schedule: ConstantRate(learningRate: 0.1),
                    training: training, validation: validation, options: options,
                    metrics: metrics)
            }
            return "\(error)"
        }
        #expect(try error(validation: Self.unseen.including([])).contains("validation set has no"))
        let wide = VectorSamples(features: [1, 2, 3, 4], featureCount: 4, labels: [0])
        #expect(try error(training: wide).contains("training set's samples are"))
        #expect(
            try error(loss: SoftmaxCrossEntropy(classCount: 3)).contains("network has 2 outputs"))
        #expect(try error(training: Self.measured).contains("takes labels"))
        let high = VectorSamples(
            features: [1, 2, 3, 4, 5, 6], featureCount: 3, labels: [0, 2])
        #expect(try error(validation: high).contains("sample 1 has the label 2"))
        for (options, text) in [
            (TrainingOptions(epochs: 0), "epochs is 0"),
            (TrainingOptions(batchSize: 0), "batch_size is 0"),
            (TrainingOptions(accumulationSteps: 0), "accumulation_steps is 0"),
            (TrainingOptions(gradientClipNorm: .nan), "gradient_clip_norm is nan"),
            (TrainingOptions(emaDecay: 1), "ema_decay is 1"),
            (TrainingOptions(epochs: .max), "epochs is 9223372036854775807"),
            (TrainingOptions(gradientClipNorm: .infinity), "gradient_clip_norm is inf"),
        ] {
            #expect(try error(options: options).contains(text), "\(text)")
        }
        #expect(
            try error(metrics: [.accuracy, .accuracy]).contains("two metrics are called accuracy"))
    }

    @Test(
        arguments: [
            (Adam(beta1: 1), "beta1 is 1.0"), (Adam(beta2: -0.5), "beta2 is -0.5"),
            (AdamW(beta2: .nan), "beta2 is nan"), (AdamW(weightDecay: -1), "weight_decay is -1.0"),
            (Adam(epsilon: .infinity), "epsilon is inf"), (SGD(momentum: 1), "momentum is 1.0"),
            (SGD(weightDecay: .nan), "weight_decay is nan"), (RMSprop(alpha: 1), "alpha is 1.0"),
            (RMSprop(momentum: -0.1), "momentum is -0.1"), (RMSprop(epsilon: -1), "epsilon is -1"),
        ] as [(any Optimizer, String)])
    func settingsThatAreNoneAreNamed(optimizer: any Optimizer, text: String) throws {
        let error = try #require(throws: TrainingError.self) {
            try classifier(optimizer: optimizer)
        }
        #expect("\(error)".hasPrefix(text), "\(error)")
    }

    /// PyTorch: "Expected more than 1 value per channel when training".
    @Test(arguments: [(17, 8, "such as 7"), (17, 1, "such as 3"), (49, 48, "such as 47")])
    func aRemainderOfOneSampleIsRefusedWhereBatchNormNeedsMore(
        count: Int, batchSize: Int, advice: String
    ) throws {
        func train(_ norm: LayerDescription, _ batchSize: Int, accumulated: Int) throws {
            let network = try Network(
                NetworkDescription(
                    input: SampleShape(features: 3), [.linear("fc", 4), norm, .linear("head", 2)]),
                pool: WorkerPool(threadCount: 2))
            let trainer = try Trainer(
                network: network, loss: SoftmaxCrossEntropy(classCount: 2),
                schedule: ConstantRate(learningRate: 0.01),
                training: Self.classified.including(Array(0..<count)), validation: Self.unseen,
                options: TrainingOptions(
                    epochs: 1, batchSize: batchSize, accumulationSteps: accumulated))
            _ = try trainer.run()
        }
        for accumulated in [1, 2] {
            let error = try #require(throws: TrainingError.self) {
                try train(.batchNorm("bn"), batchSize, accumulated: accumulated)
            }
            let text = "\(error)"
            #expect(text.hasPrefix("layer bn needs 2 samples or more in a batch"), "\(text)")
            #expect(text.contains(advice), "\(text)")
            try train(.layerNorm("ln"), batchSize, accumulated: accumulated)
            try train(.batchNorm("bn"), batchSize == 48 ? 47 : 3, accumulated: accumulated)
        }
    }

    /// An image has many values a channel.
    @Test func aRemainderOfOneImageIsTrained() throws {
        let trainer = try Trainer(
            network: SmallNetwork.residual(threads: 2), loss: SoftmaxCrossEntropy(classCount: 3),
            schedule: ConstantRate(learningRate: 0.01),
            training: SmallNetwork.coloured(9, seed: 1),
            validation: SmallNetwork.coloured(9, seed: 2),
            options: TrainingOptions(epochs: 1, batchSize: 8))
        #expect(try trainer.run().history.count == 1)
    }

    @Test func aValidationSetInWhichNothingCountsIsRefused() throws {
        let loss = SoftmaxCrossEntropy(classCount: 2, classWeights: [0, 1])
        let zeros = Self.unseen.including(
            (0..<64).filter {
                if case .label(0) = Self.unseen.target($0) { true } else { false }
            })
        let network = SmallNetwork.perceptron(outputs: 2)
        let error = try #require(throws: TrainingError.self) {
            try Trainer(
                network: network, loss: loss, schedule: ConstantRate(learningRate: 0.1),
                training: Self.classified, validation: zeros)
        }
        #expect("\(error)".hasPrefix("the validation set doesn't fit: the weights"), "\(error)")
        #expect(throws: TrainingError.self) { try Evaluator.measure(network, zeros, loss: loss) }
    }

    @Test func whatCannotBeMeasuredIsNamed() throws {
        let network = SmallNetwork.perceptron(outputs: 2)
        func error(_ samples: any SampleSource, _ loss: any Loss) throws -> String {
            let error = try #require(throws: TrainingError.self) {
                try Evaluator.measure(network, samples, loss: loss)
            }
            return "\(error)"
        }
        let crossEntropy = SoftmaxCrossEntropy(classCount: 2)
        #expect(try error(Self.unseen.including([]), crossEntropy).contains("evaluated set has no"))
        #expect(try error(Self.unmeasured, crossEntropy).contains("takes labels"))
        #expect(
            try error(Self.unseen, SoftmaxCrossEntropy(classCount: 3)).contains("2 outputs"))
        #expect(try Evaluator.measure(network, Self.unseen, loss: crossEntropy).loss > 0)
    }

    @Test func aLossThatIsNotFiniteStopsWithTheLastGoodWeights() throws {
        let trainer = try Trainer(
            network: SmallNetwork.perceptron(outputs: 2), loss: MeanSquaredError(),
            optimizer: SGD(), schedule: ConstantRate(learningRate: 1e18),
            training: Self.measured, validation: Self.unmeasured)
        #expect {
            try trainer.run()
        } throws: { "\($0)".contains("the loss became") || "\($0)".contains("validation loss") }
        #expect(trainer.network.parameterValues.array.allSatisfy { $0.isFinite })
    }

    /// A batch in which nothing counts moves nothing.
    @Test func aBatchWithoutWeightHasNoGradient() throws {
        let loss = SoftmaxCrossEntropy(classCount: 2, classWeights: [0, 1])
        let zeros = Self.classified.including(
            (0..<203).filter {
                if case .label(0) = Self.classified.target($0) { true } else { false }
            })
        let trainer = try classifier(
            TrainingOptions(epochs: 1, batchSize: 16), dropout: 0, loss: loss, optimizer: SGD(),
            training: zeros)
        let before = trainer.network.parameterValues.array
        let result = try trainer.run()
        #expect(trainer.network.parameterValues.array == before)
        #expect(result.history[0].trainLoss == 0)
    }

    // MARK: - Records

    @Test func recordsOfEpochsKeepTheirMetrics() throws {
        let record = EpochRecord(
            epoch: 1, trainLoss: 2, validationLoss: 3,
            trainMetrics: ["mean_absolute_error": 0.5],
            validationMetrics: ["mean_absolute_error": 0.25, "accuracy": 1], learningRate: 1,
            elapsedSeconds: 1, imagesPerSecond: 1, isBest: false)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(record)
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains(#""train_metrics":{"mean_absolute_error":0.5}"#), "\(text)")
        #expect(text.contains(#""validation_accuracy":1,"#), "\(text)")
        #expect(!text.contains("train_accuracy"))
        #expect(try JSONDecoder().decode(EpochRecord.self, from: data) == record)
    }

    /// What a version before wrote, and what it can read.
    @Test func aDigitTrainingsCheckpointIsAsBefore() throws {
        let content = try SafetensorsFile(parsing: SealedFiles.checkpointBytes(), name: "c")
        #expect(
            Set(content.metadata.keys).subtracting(["tessera_sha256", "format_version"]) == [
                "config", "progress", "history", "schedule", "stopper", "step_count",
                "average_count", "training_set", "convolution_plan", "cpu_kinds",
            ])
        let progress = try JSONDecoder().decode(
            [String: Double].self, from: Data(content.metadata["progress"]!.utf8))
        #expect(
            progress.keys.sorted() == [
                "bestEpoch", "bestLoss", "correctSum", "epoch", "lossSum", "nextBatch",
                "sampleCount",
            ])
    }
}
