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
            The job training of tessera run. A training saves checkpoints on the way, and one when \
            Ctrl-C ends it after the batch; --resume goes on from the latest, to the same bits as if \
            it had never been interrupted, with the configuration and the convolution plan that the \
            checkpoint holds.
            """)

    @OptionGroup var options: ConfigOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var resume: ResumeOption
    @Option(
        help: ArgumentHelp(
            "Build these again whatever is cached, such as model.", valueName: "assets"))
    var force: String?

    func run() throws {
        let (config, resumption) = try resume.apply(to: options.effectiveConfig())
        var request = RunRequest(.training)
        request.forced = force
        request.resumption = resumption
        request.paths = options.file.paths
        let summary = try withPrinter { printer in
            try Pipeline(
                config: config, cache: datasetCache(), observer: printer.handle,
                shouldStop: { InterruptHandler.isInterrupted }
            ).run(request)
        }
        if output.json {
            try printJSON(summary.record)
        } else {
            try StandardOutput.lines(summary.lines, output.layout)
        }
    }
}
