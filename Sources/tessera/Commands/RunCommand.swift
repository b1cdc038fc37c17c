import ArgumentParser
import DigitPipeline
import Foundation
import Registry

/// `tessera run`: all five stages.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Prepare data, train, evaluate, deploy behind the gate, and score images.",
        discussion: """
            Ends with 0 when the model was deployed and with 3 when the gate refused it. All that the \
            run made lies in HOME/runs/RUN.
            """)

    @OptionGroup var options: ConfigOptions
    @OptionGroup var output: JSONOption
    @Flag(help: "Deploy whatever the gate says; the record says so.") var force = false
    @Option(help: "Why, for the record (with --force).") var reason: String?

    func validate() throws {
        guard force || reason == nil else {
            throw ValidationError("--reason goes with --force.")
        }
    }

    func run() throws {
        let config = try options.effectiveConfig().config
        let summary = try withPrinter { printer in
            let pipeline = Pipeline(
                config: config, cache: datasetCache(), observer: printer.handle,
                shouldStop: { InterruptHandler.isInterrupted })
            return try pipeline.run(
                strategy: force ? .force(reason: reason ?? "tessera run --force") : .automatic)
        }
        if output.json { try printJSON(summary.record) } else { print(summary.text) }
        guard summary.decision?.outcome == .deployed else { throw end(.gateRefused) }
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
    /// What the run made, for people.
    var text: String {
        var lines = [""]
        func add(_ label: String, _ value: String) {
            lines.append(label.padded(to: 12) + value)
        }
        let record = record
        add("data", "\(record.dataset) from \(record.dataSource)")
        add(
            "",
            "\(Format.count(record.trainCount)) to train, "
                + "\(Format.count(record.validationCount)) to validate, "
                + (record.testCount > 0
                    ? "\(Format.count(record.testCount)) to test" : "no test set"))
        if record.isSample {
            add("", "NOTE: the sample that ships with Tessera, not the whole of MNIST")
        }
        add(
            "training",
            "\(record.epochs) epochs in \(Format.duration(record.trainingSeconds)), best epoch "
                + "\(record.bestEpoch.map(String.init) ?? "none")"
                + (record.stoppedEarly ? ", stopped early" : ""))
        add("validation", evaluation.validation.headline)
        if let test = evaluation.test { add("test", test.headline) }
        add("model", record.model)
        if let decision { lines += decision.lines }
        if let inference {
            add(
                "inference",
                "\(Format.count(inference.scored)) images scored, "
                    + Format.imageRate(inference.imagesPerSecond))
        }
        add("run", record.folder)
        return lines.joined(separator: "\n")
    }
}

extension Decision {
    /// The outcome with each check of the gate.
    var lines: [String] {
        ["gate".padded(to: 12) + "\(strategy): \(outcome.rawValue) — \(reason)"]
            + checks.map { "".padded(to: 12) + ($0.passed ? "passed  " : "FAILED  ") + $0.reason }
    }
}
