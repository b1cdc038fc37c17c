import ArgumentParser
import DigitPipeline
import DurableFiles
import Foundation
import Orchestration
import Reports
import SafeText

/// `tessera report`: a run as one HTML file.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write a run as one self-contained HTML file.",
        discussion: """
            Learning curves, confusion matrix, scores by class, reliability, the most confident \
            mistakes as pictures, timings, checks, lineage and config. The page needs no network.
            """)

    @OptionGroup var chosen: RunArgument
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where to; HOME/reports/RUN.html by default.", valueName: "file"),
        completion: .file(extensions: ["html"]))
    var output: String?

    func run() throws {
        let (store, run) = try chosen.find()
        let console = Console.standardError()
        let report = try RunReport(
            of: store.details(of: run), in: store, cache: datasetCache(),
            observer: { if case .note(let text) = $0 { console.line(text) } })
        let file =
            output.map { FilePath.url($0) }
            ?? store.home.appendingPathComponent(
                "reports/\(PathComponent.safe(run.id)).html")
        try AtomicFile.writeOutput(Data(report.html.utf8), to: file)
        try StandardOutput.line(file.path)
    }
}
