import ArgumentParser
import Datasets
import DigitPipeline
import DurableFiles
import Foundation
import Kernels
import Measurement
import Training

/// What `tessera bench accuracy` is told: a recipe, and when to look.
struct AccuracyOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Test accuracy to reach, a fraction.")
    var target = 0.99

    @Option(
        help: .init("A folder with MNIST's IDX files.", valueName: "path"),
        completion: .directory)
    var dataDir: String

    /// What the option was called before it had the name of train's.
    @Option(name: .customLong("batch"), parsing: .unconditional, help: .hidden)
    var oldBatchSize: String?

    @Option(
        parsing: .unconditional,
        help: .init(
            "Passes over the 60,000 training images; below 1, over a random part of them.",
            valueName: "x"))
    var epochs = 1.0

    @OptionGroup var training: KeyFlags<AccuracyKeys>

    @Option(parsing: .unconditional, help: .init("Steps between evaluations.", valueName: "n"))
    var evaluateEvery = 100

    @Option(
        parsing: .unconditional, help: .init("No evaluation before this step.", valueName: "n"))
    var evaluateFrom = 0

    @Option(
        parsing: .unconditional,
        help: .init(
            "Threads that compute; all cores this process may use if absent.", valueName: "n"))
    var threads: Int?

    @OptionGroup var output: JSONOption

    func validate() throws {
        guard target > 0 && target <= 1 else {
            throw ValidationError("--target", target, "a number greater than 0 and at most 1")
        }
        guard epochs > 0 && (epochs < 1 || epochs == epochs.rounded()) && epochs <= 1000 else {
            throw ValidationError(
                "--epochs", epochs, "a whole number from 1 to 1000, or a part of one epoch")
        }
        guard evaluateEvery >= 1 else {
            throw ValidationError("--evaluate-every", evaluateEvery, "a whole number of at least 1")
        }
        guard evaluateFrom >= 0 else {
            throw ValidationError("--evaluate-from", evaluateFrom, "a whole number of at least 0")
        }
        guard threads.map((1...1024).contains) ?? true else {
            throw ValidationError("--threads", threads!, "a whole number from 1 to 1024")
        }
    }

    /// - Throws: `RunConfigError` for a value that no training takes.
    func config() throws -> ModelConfig {
        var base = AccuracyKeys.defaults
        base.model.epochs = max(1, Int(epochs))
        let old = oldBatchSize.map {
            ConfigSetting(
                key: ModelConfig.batchSizeKey.name, value: .plain($0),
                origin: .flag(name: "--batch"))
        }
        let config = try EffectiveConfig(
            over: base, settings: training.settings + [old].compactMap(\.self)
        ).config.model
        // The others go by epochs, of which there may be a part.
        guard [.oneCycle, .constant].contains(config.schedule.type) else {
            throw ValidationError(
                "--schedule", config.schedule.type.rawValue, "one of one_cycle, constant")
        }
        return config
    }
}

/// The keys of a training that `bench accuracy` has flags for, with defaults of its own: one cycle without
/// the random changes that more epochs would need.
enum AccuracyKeys: KeyGroup {
    static var keys: [ConfigKey<RunConfig>] {
        [
            ModelConfig.batchSizeKey.lifted(through: \.model),
            OptimizerConfig.learningRateKey.lifted(through: \.model.optimizer),
            ScheduleConfig.typeKey.lifted(through: \.model.schedule),
            ScheduleConfig.oneCyclePctStartKey.lifted(through: \.model.schedule),
            AugmentationConfig.enabledKey.lifted(through: \.model.augmentation),
            ModelConfig.labelSmoothingKey.lifted(through: \.model),
            ModelConfig.seedKey.lifted(through: \.model),
            NetworkConfig.convolutionKey.lifted(through: \.model.network),
            NetworkConfig.kindKey.lifted(through: \.model.network),
        ]
    }

    static var base: RunConfig? { defaults }

    static var defaults: RunConfig {
        var config = RunConfig(recipe: .reference)
        config.model.optimizer.learningRate = 0.005
        config.model.schedule.type = .oneCycle
        let fast = ModelConfig.fast.augmentation
        config.model.augmentation.isEnabled = false
        config.model.augmentation.rotationDegrees = fast.rotationDegrees
        config.model.augmentation.translationFraction = fast.translationFraction
        config.model.stopping.isEnabled = false
        return config
    }
}

/// Seconds from the process's start until the test images are classified with some accuracy.
///
/// All 60,000 training images are trained on; the 10,000 test images are looked at every so many
/// steps, which is part of the time. The weights are the current ones, not an average of them.
final class AccuracyBenchmark {
    struct Look: Encodable {
        let step: Int
        let seconds: Double
        let accuracy: Double
    }

    struct Result: Encodable {
        let subject = "accuracy"
        let reached: Bool
        let secondsToTarget: Double?
        let accuracy: Double
        let steps: Int
        let history: [Look]
        let target: Double
        let batch: Int
        let threads: Int
        let seed: UInt64
        let data = "mnist"
        let network: String
        let parameters: Int
        let peakMemoryBytes: Int
        let convolutionPlan: ConvolutionPlan
        let machine = Machine.current
    }

    private let options: AccuracyOptions
    private let threads: Int
    private var history: [Look] = []
    private var failure: (any Error)?

    init(_ options: AccuracyOptions) {
        self.options = options
        threads = options.threads ?? WorkerPool.availableCoreCount
    }

    /// - Throws: `RunConfigError`; what the loader throws for a folder without readable images;
    ///   `BenchError.noTestImages`.
    func measure() throws -> Result {
        let config = try options.config()
        let loader = DatasetLoader(cache: FileManager.default.temporaryDirectory)
        let data = try loader.load(.idx(FilePath.url(options.dataDir)))
        guard let testSet = data.test else { throw BenchError.noTestImages(path: options.dataDir) }
        let training = samples(data.train, part: min(1, options.epochs), seed: config.seed)
        let test = samples(testSet, part: 1, seed: config.seed)
        try config.network.validate(for: training.shape)
        let model = try ConfiguredNetwork(
            config: config, inputHeight: training.height,
            inputWidth: training.width, pool: WorkerPool(threadCount: threads))
        let trainer = try Trainer(
            model: model, training: training, validation: training.including([0]))
        try train(trainer, test)
        guard let last = history.last else { preconditionFailure("a training without steps") }
        let reached = last.accuracy >= options.target
        return Result(
            reached: reached, secondsToTarget: reached ? last.seconds : nil,
            accuracy: last.accuracy, steps: last.step, history: history, target: options.target,
            batch: config.batchSize, threads: threads, seed: config.seed,
            network: config.network.kind.description, parameters: model.parameterCount,
            peakMemoryBytes: try ProcessFacts.peakMemoryBytes(),
            convolutionPlan: model.plan)
    }

    private func train(_ trainer: Trainer, _ test: ImageSamples) throws {
        var step = 0
        _ = try trainer.run(
            onEvent: { event in
                guard case .batch(let progress) = event else { return }
                step += 1
                let isLast =
                    progress.epoch == progress.epochCount && progress.batch == progress.batchCount
                if isLast || isDue(step) { look(step, trainer.network, test) }
            }, shouldStop: { self.isDone })
        if let failure { throw failure }
    }

    private func isDue(_ step: Int) -> Bool {
        step >= options.evaluateFrom && step % options.evaluateEvery == 0
    }

    private func look(_ step: Int, _ network: Network, _ test: ImageSamples) {
        do {
            let accuracy = try Evaluator.lossAndAccuracy(network, test).accuracy
            history.append(
                Look(
                    step: step, seconds: try ProcessFacts.secondsSinceStart(), accuracy: accuracy))
        } catch { failure = error }
    }

    private var isDone: Bool {
        failure != nil || history.last.map { $0.accuracy >= options.target } ?? false
    }

    /// A random part of a set, chosen by the seed.
    private func samples(_ set: ImageSet, part: Double, seed: UInt64) -> ImageSamples {
        var indices = Array(0..<set.count)
        if part < 1 {
            var generator = SplitMix64(seed: seed)
            indices.shuffle(using: &generator)
            indices = Array(indices.prefix(max(1, Int(part * Double(set.count)))))
        }
        return ImageSamples(
            pixels: set.pixels, labels: set.labels.map(Int.init), height: set.height,
            width: set.width, indices: indices, normalization: .mnist)
    }
}

extension AccuracyBenchmark.Result {
    var lines: [String] {
        let looks = history.map {
            "step \($0.step): \(Format.percent($0.accuracy)) after \(Format.duration($0.seconds))"
        }
        let end =
            reached
            ? "reached \(Format.percent(target)) after \(Format.duration(secondsToTarget!))"
            : "did not reach \(Format.percent(target))"
        return looks + [end]
    }
}
