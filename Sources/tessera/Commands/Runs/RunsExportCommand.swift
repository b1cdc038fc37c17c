import ArgumentParser
import DigitPipeline
import DurableFiles
import Foundation
import Orchestration
import RunExports

/// `tessera runs export`: runs for MLflow and TensorBoard.
struct RunsExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Send runs to an MLflow server, or write them for TensorBoard.",
        discussion: """
            A run that was exported before is completed, not doubled. MLflow's server is asked as its \
            own client would: MLFLOW_TRACKING_URI is the default of --mlflow, and \
            MLFLOW_TRACKING_TOKEN, MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD are used.
            """)

    @OptionGroup var home: HomeOptions
    @Argument(help: "Runs: ids or starts of them, latest, or deployed.")
    var runs: [String] = []
    @Option(help: "All runs with this tag, such as sweep=optimizers.") var tag: String?
    @Option(
        defaultAsFlag: "environment",
        help: ArgumentHelp("An MLflow server's address.", valueName: "url"))
    var mlflow: String?
    @Option(
        help: ArgumentHelp("The folder of TensorBoard's event files.", valueName: "dir"),
        completion: .directory)
    var tensorboard: String?
    @Option(help: "MLflow's experiment.") var experiment = "tessera"
    @OptionGroup var output: JSONOption

    func validate() throws {
        if mlflow == nil && tensorboard == nil {
            throw ValidationError("Where to? Give --mlflow URL, --tensorboard DIR, or both.")
        }
        if runs.isEmpty && tag == nil {
            throw ValidationError("Which runs? Give their ids, latest, or --tag NAME=VALUE.")
        }
    }

    func run() throws {
        let store = try home.existingReadableStore()
        var chosen = try runs.map { try home.run($0, in: store) }
        if let tag {
            let known = Set(chosen.map(\.id))
            chosen += try store.runs().filter { run in
                !known.contains(run.id) && run.tags.contains { "\($0.key)=\($0.value)" == tag }
            }
        }
        guard !chosen.isEmpty else {
            throw CommandError.noRuns(home: "\(store.home.path), tag \(tag ?? "")")
        }
        let server = try mlflow.map { try MLflowExport(to: trackingURI($0)) }
        let records = try chosen.map { run in
            let record = try export(
                ExportedRun(of: store.details(of: run), in: store, experiment: experiment), server)
            if !output.json {
                try StandardOutput.lines(record.places.map { "\(run.id)  \($0)" }, .whole)
            }
            return record
        }
        if output.json { try printJSON(["exports": records]) }
    }

    private func export(_ run: ExportedRun, _ server: MLflowExport?) throws -> ExportRecord {
        let file = try tensorboard.map {
            try TensorBoardExport.write(run, to: FilePath.url($0))
        }
        let result = try server?.write(run)
        for note in result?.notes ?? [] { Console.standardError().line("\(run.id): \(note)") }
        return ExportRecord(run: run.id, eventFile: file?.path, mlflowPage: result?.page)
    }

    private struct ExportRecord: Encodable {
        let run: String
        let eventFile: String?
        let mlflowPage: String?

        var places: [String] { [eventFile, mlflowPage].compactMap { $0 } }

        enum CodingKeys: String, CodingKey {
            case run
            case eventFile = "event_file"
            case mlflowPage = "mlflow_page"
        }
    }

    private func trackingURI(_ given: String) throws -> String {
        guard given == "environment" else { return given }
        guard let uri = ProcessInfo.processInfo.environment["MLFLOW_TRACKING_URI"], !uri.isEmpty
        else {
            throw ValidationError("--mlflow needs the server's address, or MLFLOW_TRACKING_URI.")
        }
        return uri
    }
}
