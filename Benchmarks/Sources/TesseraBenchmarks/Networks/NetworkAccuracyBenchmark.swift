import ArgumentParser
import Datasets
import Foundation
import Kernels
import Measurement
import Training

/// What test accuracy ResNet-20 has after some epochs on a set in CIFAR-10's binary form.
/// `Benchmarks/networks --accuracy` runs it beside PyTorch, by the same recipe: SGD with momentum and one
/// cycle, normalisation by channel, no augmentation.
struct NetworkAccuracyBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network-accuracy",
        abstract: "Train ResNet-20 on CIFAR-10's form, and tell its test accuracy.")

    @Option(help: "The folder of train.bin and test.bin, or of CIFAR-10.", completion: .directory)
    var dataDir: String
    @Option(help: "Epochs; the accuracy is that after the last.") var epochs = 10
    @Option(help: "Images of a step.") var batch = 64
    @Option(help: "The highest learning rate of the cycle.") var learningRate = 0.1
    @Option(help: "L2 weight decay of all parameters.") var weightDecay = 5e-4
    @Option(help: "Of the weights and of the order of images.") var seed: UInt64 = 42
    @Option(help: "Threads that compute.") var threads = WorkerPool.availableCoreCount
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard epochs >= 1, batch >= 1, (1...1024).contains(threads), learningRate > 0 else {
            throw ValidationError(
                "--epochs and --batch: give 1 or more; --threads 1 to 1024; --learning-rate above 0."
            )
        }
    }

    private struct Report: Encodable {
        let subject = "network_accuracy"
        let network = "resnet20"
        /// Of the test images after the last epoch, and after each.
        let accuracy: Double
        let history: [Double]
        let epochs: Int
        let batch: Int
        let seed: UInt64
        let threads: Int
        let parameters: Int
        let trainImages: Int
        let testImages: Int
        /// Of training and evaluation, without loading.
        let seconds: Double
        let machine: Machine
    }

    func run() throws {
        let (training, test) = try images()
        let trainer = try trainer(training, test)
        let result = try trainer.run()
        let accuracies = result.history.compactMap(\.validationAccuracy)
        let report = Report(
            accuracy: accuracies.last!, history: accuracies, epochs: epochs, batch: batch,
            seed: seed, threads: threads, parameters: trainer.network.parameterCount,
            trainImages: training.count, testImages: test.count,
            seconds: result.elapsedSeconds, machine: .current)
        if json { return try printJSON(report) }
        print(
            String(
                format: "resnet20, %d epochs: %.2f %% of %d test images, %.1f s", epochs,
                100 * report.accuracy, test.count, report.seconds))
    }

    /// Both sets, normalised by the training images' own mean and deviation of each channel.
    private func images() throws -> (training: ImageSamples, test: ImageSamples) {
        let folder = URL(fileURLWithPath: dataDir)
        let dataset = try DatasetLoader(cache: folder).load(.cifar(folder))
        guard let test = dataset.test else {
            throw ValidationError("--data-dir \(dataDir): the set has no test images (test.bin).")
        }
        let unit = InputNormalization(mean: [0, 0, 0], standardDeviation: [1, 1, 1])
        let measured = samples(dataset.train, unit).measuredNormalization
        return (samples(dataset.train, measured), samples(test, measured))
    }

    private func samples(_ set: ImageSet, _ normalization: InputNormalization) -> ImageSamples {
        ImageSamples(
            pixels: set.pixels, labels: set.labels.map(Int.init), height: set.height,
            width: set.width, channels: set.channels, normalization: normalization)
    }

    /// Each epoch is validated on the test images, which chooses nothing: the last one is told.
    private func trainer(_ training: ImageSamples, _ test: ImageSamples) throws -> Trainer {
        let options = TrainingOptions(epochs: epochs, batchSize: batch, seed: seed)
        let steps = epochs * options.stepsPerEpoch(sampleCount: training.count)
        return try Trainer(
            network: Network(
                BenchmarkNetwork.resnet20.description, seed: seed,
                pool: WorkerPool(threadCount: threads)),
            loss: SoftmaxCrossEntropy(classCount: BenchmarkNetwork.classCount),
            optimizer: SGD(momentum: 0.9, weightDecay: weightDecay),
            schedule: OneCycle(maximumLearningRate: learningRate, totalSteps: steps),
            training: training, validation: test, options: options)
    }
}
