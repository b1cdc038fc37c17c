import ArgumentParser
import DigitPipeline
import Foundation
import Kernels
import Measurement
import Training

/// What it costs to record a training: the same training as a run of the pipeline, with events,
/// metrics, checks, checkpoints and a stored artifact, and by the trainer alone, in turns.
struct TrackingBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tracking",
        abstract: "Compare a training that is recorded with one that isn't.")

    @Option(help: "The folder of MNIST's files.", completion: .directory)
    var dataDir: String
    @Option(help: "Epochs of each training.") var epochs = 1
    @Option(help: "Trainings of each kind.") var rounds = 6
    @Option(help: "Worker threads; 0 takes every core.") var threads = 0
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard epochs >= 1, rounds >= 1, threads >= 0 else {
            throw ValidationError("--epochs and --rounds: give 1 or more; --threads 0 or more.")
        }
    }

    private struct Report: Encodable {
        let subject = "tracking"
        let epochs: Int
        let recordedSeconds: [Double]
        let bareSeconds: [Double]
        /// Recorded over bare, of the two trainings of each round.
        let ratios: [Double]
        let medianRatio: Double
        let machine: Machine
    }

    func run() throws {
        let home = FileManager.default.temporaryDirectory
            .appendingPathComponent("tessera-tracking-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: home) }
        var config = RunConfig(recipe: .fast)
        config.data.dataDir = dataDir
        config.home = home.path
        config.threads = threads
        config.model.epochs = epochs
        let pipeline = Pipeline(config: config, cache: home.appendingPathComponent("cache"))
        // The data's assets are made, and its images read, before anything is measured.
        _ = try pipeline.run(RunRequest(select: "+processed_data"))
        let data = try pipeline.preparedData()
        var (recorded, bare) = ([Double](), [Double]())
        for round in 0..<rounds {
            // Who goes first changes, so that a machine that slows down favours neither.
            for kind in round % 2 == 0 ? [true, false] : [false, true] {
                let seconds = try kind ? record(pipeline) : train(config, data)
                if kind { recorded.append(seconds) } else { bare.append(seconds) }
            }
        }
        let ratios = zip(recorded, bare).map { $0 / $1 }
        let report = Report(
            epochs: epochs, recordedSeconds: recorded, bareSeconds: bare, ratios: ratios,
            medianRatio: median(ratios), machine: .current)
        if json { return try printJSON(report) }
        print(
            """
            recorded  \(text(recorded)) s, alone \(text(bare)) s, medians of \(rounds)
            ratio     \(text(ratios)), from \(ratios.min()!) to \(ratios.max()!)
            """)
    }

    private func record(_ pipeline: Pipeline) throws -> Double {
        var request = RunRequest(select: "model")
        request.forced = "model"
        let start = ContinuousClock.now
        _ = try pipeline.run(request)
        return (ContinuousClock.now - start) / .seconds(1)
    }

    /// What the asset does besides being recorded: a network, its training, and the file's bytes.
    private func train(_ config: RunConfig, _ data: PreparedData) throws -> Double {
        let start = ContinuousClock.now
        var model = config.model
        model.network.classCount = data.classNames.count
        let network = try ConfiguredNetwork(
            config: model, inputHeight: data.training.height, inputWidth: data.training.width,
            pool: WorkerPool(threadCount: threads == 0 ? nil : threads))
        let trainer = try Trainer(
            model: network, training: data.training, validation: data.validation)
        _ = try trainer.run()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    private func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    private func text(_ values: [Double]) -> String { String(format: "%.4f", median(values)) }
}
