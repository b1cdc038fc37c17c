import ArgumentParser
import Datasets
import Foundation
import Kernels
import Training

/// Throughput of training the default `DigitCNN`, through the API that every user calls.
///
/// A step is what the PyTorch peer's is: gather shuffled byte images, normalise, forward, loss,
/// backward, Adam. Augmentation is off, and every batch is full. Once an epoch `Trainer` also
/// validates, on one image here, and copies the best weights; both stay in the measured time.
struct TrainBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Measure training throughput in images a second.")

    @Option(help: "Images in a step.")
    var batch = 64

    @Option(help: "A folder with MNIST's IDX files; random images if absent.")
    var dataDir: String?

    @Option(help: "Seed of the weights, the order and the dropout.")
    var seed: UInt64 = 42

    @OptionGroup var options: MeasurementOptions

    private struct Report: Encodable {
        let subject = "train_tessera"
        let imagesPerSecond: Speeds
        let batch: Int
        let threads: Int
        let stepsPerSample: Int
        let parameters: Int
        let data: String
        let lastLoss: Double
        let machine: Machine
    }

    func run() throws {
        options.warnIfDebugBuild()
        let report = try measure()
        if options.json { return try printJSON(report) }
        let speeds = report.imagesPerSecond
        print(
            """
            training, batch \(batch), \(options.threads) threads: median \(speeds.median) images/s, \
            best \(speeds.best), \(speeds.samples.count) samples of \(report.stepsPerSample) steps
            """)
    }

    private func measure() throws -> Report {
        let images = try images()
        let model = DigitCNN(
            config: try config(), inputHeight: images.height, inputWidth: images.width,
            pool: WorkerPool(threadCount: options.threads))
        let trainer = try Trainer(
            model: model, training: images, validation: images.including([0]))
        let sampler = StepSampler(
            .init(warmUpSteps: 10, warmUpSeconds: 2, blockSeconds: 0.5, seconds: options.seconds))
        var lastLoss = Double.nan
        _ = try trainer.run(
            onEvent: { event in
                switch event {
                case .started: sampler.begin()
                case .batch(let progress):
                    sampler.stepFinished()
                    lastLoss = progress.loss
                default: break
                }
            }, shouldStop: { sampler.isDone })
        return Report(
            imagesPerSecond: Speeds(sampler.stepsPerSecond.map { $0 * Double(batch) }),
            batch: batch, threads: options.threads, stepsPerSample: sampler.stepsPerBlock,
            parameters: model.parameterCount, data: dataDir == nil ? "random" : "mnist",
            lastLoss: lastLoss, machine: .current)
    }

    /// The reference recipe without what the peer doesn't do; the sampler ends it.
    private func config() throws -> ModelConfig {
        var config = ModelConfig()
        config.batchSize = batch
        config.seed = seed
        config.schedule = .constant
        config.augmentation = false
        config.earlyStopping = false
        config.epochs = 100_000
        try config.validate()
        return config
    }

    // MARK: - Images

    private static let randomImageCount = 10_000

    /// As many images as fill whole batches.
    private func images() throws -> ImageSamples {
        let all = try dataDir.map(readImages) ?? randomImages()
        guard batch >= 1 && batch <= all.count else {
            throw ValidationError("--batch \(batch): there are \(all.count) images.")
        }
        return all.including(Array(0..<all.count / batch * batch))
    }

    private func readImages(_ folder: String) throws -> ImageSamples {
        // A folder that is named is read in place; nothing comes into the cache.
        let loader = DatasetLoader(cache: FileManager.default.temporaryDirectory)
        let set = try loader.load(.idx(URL(fileURLWithPath: folder))).train
        return ImageSamples(
            pixels: set.pixels, labels: set.labels.map(Int.init), height: set.height,
            width: set.width, normalization: .mnist)
    }

    private func randomImages() -> ImageSamples {
        let count = TrainBenchmark.randomImageCount
        let bytes = randomBytes(count * (28 * 28 + 1))
        return ImageSamples(
            pixels: Array(bytes[count...]), labels: bytes[..<count].map { Int($0) % 10 },
            height: 28, width: 28, normalization: .mnist)
    }

    private func randomBytes(_ count: Int) -> [UInt8] {
        let random = Philox(key: seed)
        return (0..<count).map { index in
            let words = random.words(SIMD4(UInt32(index / 4), 0, 0, 0))
            return UInt8(truncatingIfNeeded: words[index % 4])
        }
    }
}
