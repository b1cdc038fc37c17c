import ArgumentParser
import Datasets
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

    @Option(
        help: .init(
            "\(NetworkKind.names.joined(separator: ", ")), or a list of layers as JSON.",
            valueName: "name"))
    var network = NetworkKind.digitCNN

    @Option(parsing: .unconditional, help: .init("Images in a step.", valueName: "n"))
    var batchSize = 64

    /// What the option was called before it had the name of train's.
    @Option(name: .customLong("batch"), parsing: .unconditional, help: .hidden)
    var oldBatchSize: Int?

    var batch: Int { oldBatchSize ?? batchSize }

    @Option(
        parsing: .unconditional,
        help: .init(
            "Passes over the 60,000 training images; below 1, over a random part of them.",
            valueName: "x"))
    var epochs = 1.0

    @Option(parsing: .unconditional, help: .init("The highest learning rate.", valueName: "x"))
    var learningRate = 0.005

    @Option(help: "one_cycle or constant.")
    var schedule = ScheduleType.oneCycle

    @Option(
        parsing: .unconditional,
        help: .init("one_cycle: share of the steps that rise.", valueName: "x"))
    var oneCyclePctStart = 0.3

    @Flag(
        inversion: .prefixedNo, exclusivity: .chooseLast,
        help: "Change the training images at random.")
    var augmentation = false

    @Option(parsing: .unconditional, help: .init("Share of a label given to all classes."))
    var labelSmoothing = 0.0

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

    @Option(parsing: .unconditional, help: .init("Seed of everything random.", valueName: "n"))
    var seed: UInt64 = 42

    @Option(help: "How convolutions are computed.")
    var conv = ConvolutionChoice.auto

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
        guard schedule == .oneCycle || schedule == .constant else {
            throw ValidationError("--schedule", schedule.rawValue, "one of one_cycle, constant")
        }
    }

    /// - Throws: `ConfigError` for a value that no training takes.
    func config() throws -> ModelConfig {
        var config = ModelConfig.reference
        config.batchSize = batch
        config.epochs = max(1, Int(epochs))
        config.optimizer.learningRate = learningRate
        config.schedule.type = schedule
        config.schedule.oneCyclePctStart = oneCyclePctStart
        config.augmentation.isEnabled = augmentation
        config.augmentation.rotationDegrees = ModelConfig.fast.augmentation.rotationDegrees
        config.augmentation.translationFraction =
            ModelConfig.fast.augmentation.translationFraction
        config.labelSmoothing = labelSmoothing
        config.stopping.isEnabled = false
        config.seed = seed
        config.network.kind = network
        config.network.convolution = conv
        try config.validate()
        return config
    }
}

extension ScheduleType: ExpressibleByArgument {}
extension NetworkKind: ExpressibleByArgument {}

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

    /// - Throws: `ConfigError`; what the loader throws for a folder without readable images;
    ///   `BenchError.noTestImages`.
    func measure() throws -> Result {
        let config = try options.config()
        let loader = DatasetLoader(cache: FileManager.default.temporaryDirectory)
        let data = try loader.load(.idx(FilePath.url(options.dataDir)))
        guard let testSet = data.test else { throw BenchError.noTestImages(path: options.dataDir) }
        let training = samples(data.train, part: min(1, options.epochs))
        let test = samples(testSet, part: 1)
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
            batch: options.batch, threads: threads, seed: options.seed,
            network: options.network.description, parameters: model.parameterCount,
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
    private func samples(_ set: ImageSet, part: Double) -> ImageSamples {
        var indices = Array(0..<set.count)
        if part < 1 {
            var generator = SplitMix64(seed: options.seed)
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
