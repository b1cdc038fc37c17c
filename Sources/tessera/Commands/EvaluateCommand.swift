import ArgumentParser
import DigitPipeline
import DurableFiles
import Foundation
import Inference
import Metrics
import Training

/// `tessera evaluate`: scikit-learn's numbers of a model on a data set.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure a model on a data set, with scikit-learn's numbers.")

    @OptionGroup var file: ConfigFileOptions
    @OptionGroup var machine: MachineOptions
    @OptionGroup(title: "Data") var data: DataOptions
    @OptionGroup var output: JSONOption
    @Option(
        help: modelHelp,
        completion: .file(extensions: ["safetensors"]))
    var model = "deployed"
    @Option(help: "Which images: test, validation, train, or all of the training file.")
    var on: DataPart = .test
    @Option(
        help: "Write each image's index, label and prediction to this .csv file.",
        completion: .file(extensions: ["csv"]))
    var predictions: String?
    @OptionGroup var csv: RawOption

    func run() throws {
        let config = try file.effectiveConfig(
            flags: machine.settings + data.settings,
            environment: ProcessInfo.processInfo.environment
        ).config
        let chosen = try ChosenModel(model, home: config.homeURL)
        let prepared = try withPrinter { printer in
            try PreparedData.load(config.data, cache: datasetCache(), observer: printer.handle)
        }
        try chosen.file.description.check(classNames: prepared.classNames, prepared.training)
        let samples = try samples(prepared)
            .normalized(by: chosen.file.description.normalization)
        let network = try chosen.file.makeModel(pool: config.makePool())
        let report = try EvaluationStage.evaluate(
            network, on: samples, classNames: prepared.classNames)
        if let predictions {
            try PredictionTable(
                network, samples, prepared.classNames, style: csv.raw ? .raw : .neutralized
            )
            .write(to: FilePath.url(predictions))
        }
        if output.json {
            try printJSON(report) {
                $0["model"] = .text(chosen.label)
                $0["dataset"] = .text(prepared.dataset.name)
                $0["set"] = .text(on.rawValue)
            }
        } else {
            try StandardOutput.lines(
                ["\(chosen.label) on \(prepared.dataset.name), \(on.rawValue)"] + report.lines,
                output.layout)
        }
    }

    private func samples(_ data: PreparedData) throws -> ImageSamples {
        switch on {
        case .validation: return data.validation
        case .train: return data.training
        case .all: return data.training.including(Array(data.training.labels.indices))
        case .test:
            guard let test = data.test else {
                throw PipelineError.noTestSet(dataset: data.dataset.name, flag: "--on")
            }
            return test
        }
    }
}
