import ArgumentParser
import DigitPipeline
import DurableFiles
import Foundation
import Orchestration
import SafeText

/// `tessera sweep`: train many configurations and rank them.
struct SweepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Train many configurations and rank them: grid, random search or halving.",
        discussion: """
            The file says what is tried; Examples/optimizers.yaml is one to start from. Each training \
            is a run with the tag sweep=NAME. Several are trained at a time where a short measurement \
            finds that faster. A sweep that was ended, or killed, goes on where it stopped when it is \
            started again. The ranking is printed and written to HOME/sweeps/NAME.html: trainings \
            that came to their end first, then by the rung of halving that was reached; by the metric; \
            equal ones by the other one of accuracy and loss. Equal in both share a rank (=).

            A training that fails is a row without a metric. Ends with 1 when every training failed.
            """)

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The sweep's YAML file, - for standard input.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String
    @OptionGroup var machine: MachineOptions
    @OptionGroup var cpu: CPUOptions
    @OptionGroup(title: "Data") var data: DataOptions
    @Option(parsing: .unconditional, help: "Trainings at a time; measured by default.")
    var parallel: Int?
    @Option(help: "Write the page to this file.", completion: .file(extensions: ["html"]))
    var html: String?
    @OptionGroup var output: JSONOption

    func validate() throws {
        if let parallel, parallel < 1 {
            throw ValidationError("--parallel", parallel, "a whole number of at least 1")
        }
    }

    func run() throws {
        let variables = try ConfigSchema.settings(
            environment: ProcessInfo.processInfo.environment)
        let machine = try EffectiveConfig(settings: variables + machine.settings).config
        var plan = try SweepFile(path: config).plan
        // The file says what is compared; variables fill in what it leaves open, as the data's folder.
        plan.base = variables + plan.base + data.settings + cpu.settings
        if let parallel { plan.parallelTrials = parallel }
        let printer = SweepPrinter(plan)
        InterruptHandler.install()
        defer {
            InterruptHandler.uninstall()
            printer.finish()
        }
        let outcomes = try SweepRunner(
            plan, home: machine.homeURL, cache: datasetCache(), threads: machine.threads,
            observer: printer.handle, shouldStop: { InterruptHandler.isInterrupted }
        ).run()

        let store = try RunStore(home: machine.homeURL)
        let comparison = try RunComparison(
            store.runs().filter { $0.tags[SweepTags.sweep] == plan.name }, metric: plan.metric,
            in: store)
        let page =
            html.map { FilePath.url($0) }
            ?? machine.homeURL.appendingPathComponent(
                "sweeps/\(PathComponent.safe(plan.name)).html")
        try comparison.write(
            to: page, title: "Sweep \(plan.name)",
            summary: "\(plan.method.rawValue), \(URL(fileURLWithPath: config).lastPathComponent)")
        let failure = outcomes.failure
        if output.json {
            try comparison.printJSON(page: page, failure: failure)
        } else {
            printer.finish()
            try comparison.show(output.layout, page: page.path)
        }
        if let failure { throw failure }
        outcomes.tellFailures()
    }
}

/// `tessera compare`: rank trainings that were run.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Rank trainings by their validation metrics, in the terminal and as a page.",
        discussion: """
            Trainings that differ by their seed alone are one row, with the mean and its standard \
            error. Those that came to their end are ranked above those that were dropped or \
            interrupted, and these by the epochs they got to; then the metric decides, and where it is \
            equal the other one of accuracy and loss. Equal in both share a rank (=). Without runs and --tag all trainings are compared.
            """)

    @Argument(help: "Runs: ids or starts of them.") var runs: [String] = []
    @OptionGroup var tagged: TagFilter
    @Option(help: "validation_accuracy or validation_loss.")
    var metric: SweepPlan.Metric = .validationAccuracy
    @Option(
        help: "Write a page with the curves to this file.", completion: .file(extensions: ["html"]))
    var html: String?
    @OptionGroup var home: HomeOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let store = try home.existingReadableStore()
        let chosen =
            runs.isEmpty ? try store.runs() : try runs.map { try home.run($0, in: store) }
        let comparison = try RunComparison(tagged(chosen), metric: metric, in: store)
        if let html {
            try comparison.write(
                to: FilePath.url(html), title: comparison.title,
                summary: tagged.tag ?? "")
        }
        if output.json {
            return try comparison.printJSON(page: html.map { FilePath.url($0) })
        }
        try comparison.show(output.layout, page: html)
    }
}

extension SweepPlan.Metric: ExpressibleByArgument {}

extension [TrialOutcome] {
    /// The sweep's failure, if every training failed.
    fileprivate var failure: SweepError? {
        let failures = compactMap(\.failure)
        guard let first = failures.first, failures.count == count else { return nil }
        return .allFailed(trainings: count, first: first)
    }

    /// Says how many trainings failed.
    fileprivate func tellFailures() {
        let failed = count { $0.failure != nil }
        guard failed > 0 else { return }
        Console.standardError().line("\(failed) of \(count) trainings failed")
    }
}

extension RunComparison {
    /// - Parameter page: where the comparison was written as a page.
    fileprivate func printJSON(page: URL?, failure: SweepError? = nil) throws {
        try tessera.printJSON(["metric": metric.rawValue], failure: failure) {
            $0["rows"] = .array(try rows.map { try JSONStyle.named.value($0).typedRow })
            $0["page"] = page.map { .text($0.path) } ?? .null
        }
    }
}

extension RunComparison.Row {
    /// `3`, or `1 of 3` where it didn't come to its end.
    fileprivate var epochsText: String {
        guard progress != .finished, let plannedEpochs, plannedEpochs > epochs else {
            return "\(epochs)"
        }
        return "\(epochs) of \(plannedEpochs)"
    }
}

extension RunComparison {
    /// `Comparison of 3 configurations`
    var title: String {
        "Comparison of \(Format.counted(rows.count, "configuration"))"
    }

    /// - Throws: `FileError`, `FigureError`.
    func write(to url: URL, title: String, summary: String) throws {
        let page = try report(title: title, summary: summary).html
        try AtomicFile.writeOutput(Data(page.utf8), to: url)
    }

    /// Prints the ranking, and where its page is.
    ///
    /// - Throws: `OutputError`.
    func show(_ layout: TextLayout, page: String?) throws {
        try StandardOutput.lines(lines(layout), layout)
        // A path is there to be copied.
        if let page { try StandardOutput.lines(["", "page  \(page)"], .whole) }
    }

    /// The ranking in columns.
    func lines(_ layout: TextLayout) -> [String] {
        var table = TextTable(
            .number(""), .folding("configuration", to: 24), .number("accuracy"),
            .number("loss", rank: 1), .number("seeds", rank: 3), .number("epochs", rank: 2),
            .number("time", rank: 4))
        for row in rows {
            table.add(
                row.rank.map { "\($0)" + (row.isTied ? "=" : "") } ?? "-", row.name,
                Self.text(row.validationAccuracy, { Format.percent($0) }),
                Self.text(row.validationLoss, { Format.fixed($0, 4) }), "\(row.seeds.count)",
                row.epochsText,
                row.seconds.map { Format.duration($0) } ?? "")
            if let failure = row.failure { table.add("   failed: \(failure)") }
        }
        return table.lines(layout)
    }

    private static func text(_ mean: SampleMean?, _ format: (Double) -> String) -> String {
        guard let mean else { return "-" }
        return format(mean.mean) + (mean.standardError.map { " ± \(format($0))" } ?? "")
    }
}
