import ArgumentParser
import Datasets
import DigitPipeline
import Foundation
import Kernels
import Registry
import Training

/// `--json`, where a script would want it, and `--wide`.
struct JSONOption: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Print one JSON object on standard output instead of text, of an error as well; see "
                + "tessera schema."))
    var json = false
    @OptionGroup var wide: WideOption

    /// How text is fitted to where it is written.
    var layout: TextLayout { wide.layout }
}

/// `--wide`, where a command prints text.
struct WideOption: ParsableArguments {
    @Flag(help: "On a terminal, too, print every column and path whole, however long lines get.")
    var wide = false

    /// How text is fitted to where it is written.
    var layout: TextLayout { .standardOutput(isWide: wide) }
}

/// `--raw`, where a command writes CSV.
struct RawOption: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Write CSV's texts as they are: by default those that a spreadsheet would take for a "
                + "formula (=, +, -, @, a tab) have an apostrophe in front."))
    var raw = false
}

/// The folder that downloads are kept in.
func datasetCache() -> URL {
    DatasetCache.folder(environment: ProcessInfo.processInfo.environment)
}

extension RunConfig {
    func makePool() -> WorkerPool { WorkerPool(threadCount: threads == 0 ? nil : threads) }
}

/// A model that a command was pointed at.
struct ChosenModel {
    let file: ModelFile
    /// For people: the file's path or the store's name for it.
    let label: String

    /// - Parameter reference: as `ModelReference` reads it.
    /// - Throws: `ModelFileError`, `FileError`, `RegistryError`, `ModelReferenceError`.
    init(_ reference: String, home: URL) throws {
        let model = try ModelReference(
            reference, home: home, store: { try readableStore(home) }
        ).resolve()
        file = try ModelFile(parsing: model.bytes, name: model.fileName)
        label = model.label
        file.say(label, isNamed: model.source.isFile)
    }
}

extension ModelFile {
    /// Tells on standard error what the user of a file should know.
    ///
    /// - Parameter isNamed: false for one of the store, which was compared with its own digest.
    func say(_ label: String, isNamed: Bool) {
        let notices = isNamed ? notices(of: label) : [unknown.notice(of: label)].compactMap(\.self)
        for notice in notices { Console.standardError().line(notice) }
    }
}

/// The help of every argument that names a model.
let modelHelp: ArgumentHelp = """
    deployed, latest (trained), a run, the start of a digest, a file's name in the registry, or a \
    path (with a slash or ending in .safetensors).
    """

/// Ends a command with a status other than 0 and no message: what it printed says all.
func end(_ status: ExitStatus) -> ExitCode { ExitCode(status.rawValue) }

extension ModelSource {
    var isFile: Bool { if case .file = self { true } else { false } }
}
