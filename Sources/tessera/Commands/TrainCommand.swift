import ArgumentParser
import DigitPipeline
import Foundation
import Training

/// `tessera train`: data, training and evaluation, without deployment.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train and evaluate a model without deploying it.",
        discussion: """
            Ctrl-C ends after the batch and saves a checkpoint; --resume goes on from it with the \
            configuration and the convolution plan that the checkpoint holds.
            """)

    @OptionGroup var options: ConfigOptions
    @OptionGroup var output: JSONOption
    @Option(
        help: "Go on from a checkpoint that an interrupted training saved.",
        completion: .file(extensions: ["safetensors"]))
    var resume: String?

    func run() throws {
        let effective = try options.effectiveConfig()
        var config = effective.config
        let asked = effective.origin(of: "conv") == .default ? nil : config.model.convolution
        let checkpoint = try resume.map { try Checkpoint.read(URL(fileURLWithPath: $0)) }
        if let checkpoint { config.model = try checkpoint.config() }
        let summary = try withPrinter { printer in
            try Pipeline(
                config: config, cache: datasetCache(), observer: printer.handle,
                shouldStop: { InterruptHandler.isInterrupted }
            ).trainAndEvaluate(resuming: checkpoint, asked: asked)
        }
        if output.json { try printJSON(summary.record) } else { print(summary.text) }
    }
}
