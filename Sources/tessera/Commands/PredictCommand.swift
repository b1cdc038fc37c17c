import ArgumentParser
import Datasets
import DigitPipeline
import Foundation
import Inference
import Training

/// `tessera predict`: score pictures.
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Score pictures: files, folders, IDX or CSV files.",
        discussion: """
            PNG, JPEG, BMP, PGM and PPM pictures of any size are brought into MNIST's form, or, for a \
            network of colour images, to its size in red, green and blue. A CSV file \
            has one image a line, with or without labels, as Kaggle's test.csv. A broken \
            file is a row with its reason and never ends the run; the status is 4 then. Without \
            --output the rows go to standard output as CSV.
            """)

    @OptionGroup var home: HomeOptions
    @Argument(help: "Files or folders (searched recursively).", completion: .file())
    var paths: [String]
    @Option(
        help: "Write the rows to this file, .csv or .jsonl.",
        completion: .file(extensions: ["csv", "jsonl"]))
    var output: String?
    @Option(parsing: .unconditional, help: "How many labels a row has, best first.") var topK = 3
    @Option(parsing: .unconditional, help: "Mark rows whose confidence is below this, 0 to 1.")
    var threshold: Float?
    @Option(
        help: modelHelp,
        completion: .file(extensions: ["safetensors"]))
    var model = "deployed"
    @Option(help: "Of digits: automatic, light-on-dark or dark-on-light.")
    var polarity: Polarity = .automatic
    @Flag(
        help: "Print the rows as JSON lines, not CSV; with --output, the summary as JSON."
    )
    var json = false
    @OptionGroup var csv: RawOption

    func validate() throws {
        guard topK >= 1 else {
            throw ValidationError("--top-k", topK, "a whole number of at least 1")
        }
        guard threshold.map({ (0...1).contains($0) }) ?? true else {
            throw ValidationError("--threshold", threshold!, "a number of at least 0 and at most 1")
        }
    }

    func run() throws {
        let config = try home.effectiveConfig().config
        let pool = config.makePool()
        let predictor = try Predictor(
            ChosenModel(model, home: config.homeURL).file, pool: pool)
        var options = BatchScorer.Options()
        options.topK = min(topK, predictor.classNames.count)
        options.threshold = threshold
        options.polarity = polarity
        options.threads = pool.threadCount
        let scorer = try BatchScorer(classifier: predictor, options: options)
        let writer =
            try output.map { try PredictionWriter(to: $0, topK: options.topK, isRaw: csv.raw) }
            ?? PredictionWriter(
                json ? .jsonLines : .csv, topK: options.topK, isRaw: csv.raw)
        let summary = try score(scorer, writer)
        try writer.finish()
        if json && output != nil { try printJSON(summary, .record) }
        report(summary)
        if summary.failed > 0 { throw end(.someNotScored) }
    }

    /// Ctrl-C ends between batches; rows written to standard output until then stay.
    private func score(_ scorer: BatchScorer, _ writer: PredictionWriter) throws -> BatchSummary {
        InterruptHandler.install()
        defer { InterruptHandler.uninstall() }
        do {
            return try scorer.score(
                paths: paths, shouldStop: { InterruptHandler.isInterrupted },
                emit: { try writer.write($0) })
        } catch is CancellationError {
            throw CommandError.interrupted
        }
    }

    private func report(_ summary: BatchSummary) {
        let console = Console.standardError()
        var text =
            "\(Format.count(summary.scored)) scored, \(Format.count(summary.failed)) failed, "
            + "\(Format.count(summary.skipped)) skipped"
        if threshold != nil {
            text += ", \(Format.count(summary.underThreshold)) under the threshold"
        }
        text += " in \(Format.duration(summary.elapsedSeconds))"
        // Of nothing there is no rate.
        if summary.scored > 0 { text += " (\(Format.imageRate(summary.imagesPerSecond)))" }
        console.line(text)
        let counts = summary.countsByLabel.sorted { $0.key < $1.key }.filter { $0.value > 0 }
        if !counts.isEmpty {
            console.line(
                counts.map { "\($0.key): \(Format.count($0.value))" }.joined(separator: "  "))
        }
    }
}

extension Polarity: ExpressibleByArgument {}
