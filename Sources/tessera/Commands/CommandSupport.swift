import ArgumentParser
import Datasets
import DigitPipeline
import Foundation
import Kernels
import Registry
import Training

/// Prints a value as indented JSON with sorted keys on standard output.
func printJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// The same for what the run store holds: keys in snake_case, times to the millisecond.
func printRecordJSON(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.dateEncodingStrategy = .custom { date, encoder in
        var container = encoder.singleValueContainer()
        try container.encode(
            date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// `--json`, where a script would want it.
struct JSONOption: ParsableArguments {
    @Flag(help: "Print one JSON object on standard output instead of text.") var json = false
}

/// The folder that downloads are kept in.
func datasetCache() -> URL {
    DatasetCache.folder(environment: ProcessInfo.processInfo.environment)
}

extension RunConfig {
    var homeURL: URL { URL(fileURLWithPath: home) }

    func makePool() -> WorkerPool { WorkerPool(threadCount: threads == 0 ? nil : threads) }
}

/// A model that a command was pointed at.
struct ChosenModel {
    let file: ModelFile
    /// For people: the file's path or the registry's name for it.
    let label: String

    /// A file's path, or what the registry knows it by: the start of its digest, its file name,
    /// `deployed` or `latest`.
    ///
    /// - Throws: `ModelFileError`, `FileError`, `RegistryError`.
    init(_ reference: String, home: URL) throws {
        if FileManager.default.fileExists(atPath: reference) {
            file = try ModelFile.read(URL(fileURLWithPath: reference))
            label = reference
        } else {
            let model = try DeploymentStage.registry(home: home).model(reference)
            file = try ModelFile(SafetensorsFile(parsing: model.data, name: model.fileName))
            label = "\(model.fileName) (\(model.digest.prefix(12)))"
        }
    }
}

/// Ends a command with a status other than 0 and no message: what it printed says all.
func end(_ status: ExitStatus) -> ExitCode { ExitCode(status.rawValue) }
