import DurableFiles
import Foundation
import SafeText

/// The forms that predictions are written in.
public enum PredictionFormat: String, Sendable, CaseIterable {
    case csv
    case jsonLines = "jsonl"

    /// The form that a file's extension asks for.
    ///
    /// - Throws: `ScoringError.outputFormat`.
    public init(path: String) throws {
        switch URL(fileURLWithPath: path).pathExtension.lowercased() {
        case "csv": self = .csv
        case "jsonl", "ndjson": self = .jsonLines
        default: throw ScoringError.outputFormat(path: path)
        }
    }
}

/// Writes rows as they come, to a file that appears when it is finished, or to standard output.
///
/// A writer that isn't finished leaves no file.
public final class PredictionWriter {
    private enum Sink {
        case file(AtomicFileWriter)
        case stream(CheckedOutput)
    }

    private let sink: Sink
    private let format: PredictionFormat
    private let topK: Int
    private let style: CSVField.Style
    private var buffer = Data()

    /// - Parameter topK: columns of labels in CSV; a row with fewer leaves the rest empty.
    /// - Parameter isRaw: fields of CSV that a spreadsheet would compute stay as they are.
    /// - Throws: `ScoringError.outputFormat` for an unknown extension, `FileError.unwritable`.
    public convenience init(to path: String, topK: Int, isRaw: Bool = false) throws {
        let format = try PredictionFormat(path: path)
        let file = try AtomicFileWriter(to: FilePath.url(path))
        self.init(.file(file), format, topK: topK, style: isRaw ? .raw : .neutralized)
    }

    /// Writes to standard output, or to another open stream. On a terminal CSV shows control
    /// characters as escapes, unless `isRaw`.
    package convenience init(
        _ format: PredictionFormat, topK: Int, isRaw: Bool = false,
        to stream: CheckedOutput = .standardOutput
    ) {
        let style: CSVField.Style =
            isRaw ? .raw : stream.isTerminal ? .visible : .neutralized
        self.init(.stream(stream), format, topK: topK, style: style)
    }

    private init(_ sink: Sink, _ format: PredictionFormat, topK: Int, style: CSVField.Style) {
        self.style = style
        self.sink = sink
        self.format = format
        self.topK = topK
        if format == .csv { buffer += Data((CSVRow.header(topK: topK) + "\n").utf8) }
    }

    /// - Throws: `FileError.unwritable` or `OutputError`.
    public func write(_ row: PredictionRow) throws {
        let line = format == .csv ? CSVRow.line(row, topK: topK, style: style) : JSONRow.line(row)
        buffer += Data((line + "\n").utf8)
        if buffer.count >= 1 << 16 { try flush() }
    }

    /// Writes what is left; a file gets its name now.
    public func finish() throws {
        try flush()
        if case .file(let file) = sink { try file.commit() }
    }

    private func flush() throws {
        defer { buffer.removeAll(keepingCapacity: true) }
        switch sink {
        case .file(let file): try file.write(buffer)
        case .stream(let stream): try stream.write(buffer)
        }
    }
}
