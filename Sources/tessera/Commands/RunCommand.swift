import ArgumentParser
import DigitPipeline
import Foundation
import Orchestration
import Registry
import Training

/// `tessera run`: the assets of the pipeline, each only where it isn't stored.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Prepare data, train, evaluate, deploy behind the gate, and score images.",
        discussion: """
            Builds the assets raw_data, processed_data, model, evaluation, deployment and predictions. \
            An asset whose data, config and code are those of an earlier run is taken from there and \
            not built again; --force builds it. Every run is recorded (see tessera runs), and what it \
            built lies in HOME/runs/RUN.

            Ends with 0 when the model is deployed, with 3 when the gate refused it, with 4 when some \
            images couldn't be scored, and with 5 when a check failed that nothing may be built on.
            """)

    @OptionGroup var options: ConfigOptions
    @OptionGroup var output: JSONOption
    @OptionGroup(title: "Assets") var assets: AssetOptions
    @OptionGroup(title: "Deployment") var deployment: StrategyOptions
    @OptionGroup(title: "Hooks") var hooks: HookOptions
    @OptionGroup var resume: ResumeOption
    @Option(
        help: ArgumentHelp(
            "Score this file or folder of pictures in place of the test images.", valueName: "path"),
        completion: .file())
    var input: String?

    func run() throws {
        try hooks.around { hook in
            let (config, request) = try plan()
            hook.note(home: config.homeURL)
            let summary = try withPrinter { printer in
                try Pipeline(
                    config: config, cache: datasetCache(),
                    observer: { event in
                        hook.observe(event)
                        printer.handle(event)
                    }, shouldStop: { InterruptHandler.isInterrupted }
                ).run(request)
            }
            if output.json {
                try printJSON(summary.record)
            } else {
                try StandardOutput.lines(summary.lines, output.layout)
            }
            return (summary.exitStatus, summary.exitReason)
        }
    }

    private func plan() throws -> (RunConfig, RunRequest) {
        let (config, resumption) = try resume.apply(to: options.effectiveConfig())
        var request = try assets.request()
        request.strategy = try deployment.strategy()
        request.resumption = resumption
        request.paths = options.file.paths
        request.input = input
        return (config, request)
    }
}

/// Runs `body` with a printer and with Ctrl-C turned into a question; erases live lines at the end.
func withPrinter<Result>(_ body: (PipelinePrinter) throws -> Result) throws -> Result {
    let printer = PipelinePrinter()
    InterruptHandler.install()
    defer {
        InterruptHandler.uninstall()
        printer.finish()
    }
    return try body(printer)
}

extension RunSummary {
    /// What the run's end says to a script.
    var exitStatus: ExitStatus {
        if let decision, decision.outcome != .deployed { return .gateRefused }
        if let failed = self[PredictionFacts.failed], failed > 0 { return .someNotScored }
        return .success
    }

    /// Why that isn't success.
    var exitReason: String? {
        switch exitStatus {
        case .gateRefused: decision?.reason
        case .someNotScored:
            "\(self[PredictionFacts.failed].map(String.init) ?? "some") pictures couldn't be scored"
        default: nil
        }
    }
}
