import ArgumentParser
import Datasets
import DigitPipeline
import DurableFiles
import Foundation
import SafeText
import Training

/// `tessera prepare`: find, verify and describe a data set.
struct PrepareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare",
        abstract: "Find, download and verify a data set, divide it, and describe it.",
        discussion: """
            With --export-images DIR its images are written as PNG files, one folder a class; \
            that folder can be read again as --dataset images:DIR. What has no place in a folder's \
            name, such as a slash, is written as %2F.
            """)

    @OptionGroup var file: ConfigFileOptions
    @OptionGroup var machine: MachineOptions
    @OptionGroup(title: "Data") var data: DataOptions
    @OptionGroup var output: JSONOption
    @Option(help: "Write the images of one part as PNG files into this new folder.")
    var exportImages: String?
    @Option(help: "The part to export: train, validation, test or all of the training file.")
    var part: DataPart = .test

    func run() throws {
        let config = try file.effectiveConfig(
            flags: machine.settings + data.settings,
            environment: ProcessInfo.processInfo.environment
        ).config
        let prepared = try withPrinter { printer in
            try PreparedData.load(config.data, cache: datasetCache(), observer: printer.handle)
        }
        if let exportImages {
            let count = try ImageExport(folder: exportImages).write(prepared, part: part)
            Console.standardError().line(
                "wrote \(Format.counted(count, "PNG file")) to \(exportImages)")
        }
        if output.json {
            try printJSON(DatasetStatistics(prepared.dataset))
        } else {
            try StandardOutput.lines(prepared.lines, output.layout)
        }
    }
}

/// Which images of a data set.
enum DataPart: String, ExpressibleByArgument, CaseIterable {
    case train, validation, test, all
}

/// Writes images as `CLASS/INDEX.png`, the index being that in the data's own file.
private struct ImageExport {
    let folder: String

    /// - Throws: `CommandError.folderNotEmpty`, so that two exports never mix; `FileError`.
    func write(_ data: PreparedData, part: DataPart) throws -> Int {
        let root = FilePath.url(folder)
        guard try Folder.names(in: root).isEmpty else {
            throw CommandError.folderNotEmpty(path: folder)
        }
        let (set, indices) = try images(data, part)
        let folders = set.classNames.map {
            root.appendingPathComponent(PathComponent.safe($0))
        }
        for folder in folders { try AtomicFile.makeFolder(folder) }
        for index in indices {
            let png = try set.png(at: index)
            let number = String(index)
            let padding = String(repeating: "0", count: max(0, 5 - number.count))
            let url = folders[Int(set.labels[index])].appendingPathComponent(
                "\(padding)\(number).png")
            do { try png.write(to: url) } catch {
                throw FileError.unwritable(
                    path: url.path, step: "write", reason: FileError.reason(of: error))
            }
        }
        return indices.count
    }

    private func images(_ data: PreparedData, _ part: DataPart) throws -> (ImageSet, [Int]) {
        let train = data.dataset.train
        switch part {
        case .train: return (train, data.split.train)
        case .validation: return (data.validationSource, data.split.validation)
        case .all: return (train, Array(0..<train.count))
        case .test:
            guard let test = data.dataset.test else {
                throw PipelineError.noTestSet(dataset: data.dataset.name, flag: "--part")
            }
            return (test, Array(0..<test.count))
        }
    }
}

extension PreparedData {
    /// The statistics as a table.
    fileprivate var lines: [String] {
        let statistics = DatasetStatistics(dataset)
        let shape = statistics.imageShape.map(String.init).joined(separator: "×")
        var lines = ["\(statistics.dataset) from \(statistics.source), images of \(shape)"]
        func add(_ name: String, _ part: DatasetStatistics.Part) {
            lines.append(
                "\(name.padded(to: 12))\(Format.count(part.sampleCount)) images, mean "
                    + "\(Format.fixed(part.mean, 4)), standard deviation "
                    + Format.fixed(part.standardDeviation, 4))
            lines.append(
                "".padded(to: 12)
                    + zip(classNames, part.classCounts).map { "\($0): \(Format.count($1))" }
                    .joined(separator: "  "))
        }
        func addChannels(_ part: DatasetStatistics.Part) {
            guard let means = part.channelMeans, let deviations = part.channelStandardDeviations
            else { return }
            lines.append(
                "".padded(to: 12) + "by channel: mean " + Self.list(means) + ", standard deviation "
                    + Self.list(deviations))
        }
        add("train file", statistics.train)
        addChannels(statistics.train)
        if let validation = statistics.validation { add("validation", validation) }
        if let test = statistics.test { add("test file", test) }
        lines.append(
            "split".padded(to: 12)
                + "\(Format.count(split.train.count)) to train, "
                + "\(Format.count(split.validation.count)) to validate")
        lines.append(
            "inputs".padded(to: 12)
                + "normalised with mean \(Self.list(split.normalization.mean)), "
                + "standard deviation \(Self.list(split.normalization.standardDeviation))")
        lines += statistics.digests.sorted { $0.key < $1.key }
            .map { "sha256".padded(to: 12) + "\($0.value)  \($0.key)" }
        return lines
    }

    private static func list(_ values: [Double]) -> String {
        values.map { Format.fixed($0, 4) }.joined(separator: ", ")
    }
}
