import ArgumentParser
import Foundation
import Kernels
import LinearAlgebra
import Measurement
import Training

/// Training or inference of a network other than the reference one, through the library's API, on
/// random images. `Benchmarks/networks` runs it beside PyTorch.
struct NetworkBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network", abstract: "Measure training or inference of a network.")

    enum Mode: String, ExpressibleByArgument, CaseIterable { case train, infer }

    @Option(help: "The network.") var name: BenchmarkNetwork
    @Option(help: "Whether to train or to infer.") var mode: Mode
    @Option(help: "Images of a step.") var batch = 64
    @OptionGroup var options: MeasurementOptions

    func validate() throws {
        guard (1...NetworkImages.count).contains(batch) else {
            throw ValidationError("--batch \(batch): give 1 to \(NetworkImages.count).")
        }
    }

    private struct Report: Encodable {
        let subject = "network"
        let network: String
        let mode: String
        let imagesPerSecond: Speeds
        let batch: Int
        let threads: Int
        let stepsPerSample: Int
        let parameters: Int
        let data = "random"
        /// Of each convolution.
        let plan: ConvolutionPlan
        let peakMemoryBytes: Int
        let machine: Machine
    }

    func run() throws {
        options.warnIfDebugBuild()
        let pool = WorkerPool(threadCount: options.threads)
        let network = try Network(name.description, seed: 1, pool: pool)
        let sampler = StepSampler(.standard(seconds: options.seconds))
        switch mode {
        case .train: try train(network, sampler)
        case .infer: try infer(network, sampler)
        }
        let speeds = Speeds(sampler.stepsPerSecond.map { $0 * Double(batch) })
        guard options.json else {
            return print(
                """
                \(name.rawValue) \(mode.rawValue), batch \(batch), \(options.threads) threads: \
                median \(speeds.median) images/s, best \(speeds.best)
                """)
        }
        try printJSON(
            Report(
                network: name.rawValue, mode: mode.rawValue, imagesPerSecond: speeds, batch: batch,
                threads: options.threads, stepsPerSample: sampler.stepsPerBlock,
                parameters: network.parameterCount, plan: network.plan,
                peakMemoryBytes: try ProcessFacts.peakMemoryBytes(), machine: .current))
    }

    // MARK: - Training

    /// Steps of `Trainer`: shuffled byte images are gathered and normalised; forward, loss, backward,
    /// Adam. Every batch is full. The validation after each epoch, of one image, is measured with them.
    private func train(_ network: Network, _ sampler: StepSampler) throws {
        let images = NetworkImages(shape: network.inputShape)
        let trainer = try Trainer(
            network: network, loss: SoftmaxCrossEntropy(classCount: BenchmarkNetwork.classCount),
            optimizer: Adam(weightDecay: 1e-5), schedule: ConstantRate(learningRate: 1e-3),
            training: images.samples(multipleOf: batch), validation: images.samples(count: 1),
            options: TrainingOptions(epochs: 1_000_000, batchSize: batch))
        // Throws where the loss isn't finite: such a run would measure nothing.
        _ = try trainer.run(
            onEvent: { event in
                switch event {
                case .started: sampler.begin()
                case .batch: sampler.stepFinished()
                default: break
                }
            }, shouldStop: { sampler.isDone })
    }

    // MARK: - Inference

    /// Evaluates batches of images that are normalised and in memory already, to the logits.
    private func infer(_ network: Network, _ sampler: StepSampler) throws {
        let inputs = NetworkImages(shape: network.inputShape).inputs(multipleOf: batch)
        let (inputCount, outputCount) = (network.inputShape.count, network.outputShape.count)
        let logits = FloatBuffer(count: batch * outputCount).all
        network.freeze()
        var start = 0
        sampler.begin()
        while !sampler.isDone {
            network.evaluate(sampleCount: batch) { chunk, input in
                input.update(
                    from: inputs.slice(
                        (start + chunk.start) * inputCount, count: chunk.count * inputCount))
            } consume: { chunk, outputs in
                logits.slice(chunk.start * outputCount, count: chunk.count * outputCount)
                    .update(from: outputs)
            }
            start = (start + batch) % (inputs.count / inputCount)
            sampler.stepFinished()
        }
        guard (0..<logits.count).allSatisfy({ logits[$0].isFinite }) else {
            throw UnusableLogits(network: name.rawValue)
        }
    }
}

/// Inference that was timed gave no numbers, so its time means nothing.
struct UnusableLogits: Error, CustomStringConvertible {
    let network: String

    var description: String { "\(network): a logit is infinite or not a number" }
}
