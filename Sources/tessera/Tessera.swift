import ArgumentParser
import DigitPipeline

@main
struct Tessera: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tessera",
        abstract: "Train, judge, deploy and use a classifier of handwritten digits.",
        version: TesseraVersion.description,
        subcommands: [
            RunCommand.self, PrepareCommand.self, TrainCommand.self, EvaluateCommand.self,
            DeployCommand.self, ModelsCommand.self, RunsCommand.self, ReportCommand.self,
            PredictCommand.self,
            BenchCommand.self, SummaryCommand.self,
            SweepCommand.self, CompareCommand.self, ConfigCommand.self, SchemaCommand.self,
            ManualCommand.self,
        ])
}
