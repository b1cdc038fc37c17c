import DurableFiles
import Foundation

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
        case handle(FileHandle)
    }

    private let sink: Sink
    private let format: PredictionFormat
    private let topK: Int
    private var buffer = Data()

    /// - Parameter topK: columns of labels in CSV; a row with fewer leaves the rest empty.
    /// - Throws: `ScoringError.outputFormat` for an unknown extension, `FileError.unwritable`.
    public convenience init(to path: String, topK: Int) throws {
        let format = try PredictionFormat(path: path)
        let file = try AtomicFileWriter(to: URL(fileURLWithPath: path))
        self.init(.file(file), format, topK: topK)
    }

    /// Writes to standard output, or to another open file.
    public convenience init(
        _ format: PredictionFormat, topK: Int, to handle: FileHandle = .standardOutput
    ) {
        self.init(.handle(handle), format, topK: topK)
    }

    private init(_ sink: Sink, _ format: PredictionFormat, topK: Int) {
        self.sink = sink
        self.format = format
        self.topK = topK
        if format == .csv { buffer += Data((CSVRow.header(topK: topK) + "\n").utf8) }
    }

    /// - Throws: `FileError.unwritable` or `ScoringError.standardOutput`.
    public func write(_ row: PredictionRow) throws {
        let line = format == .csv ? CSVRow.line(row, topK: topK) : JSONRow.line(row)
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
        case .handle(let handle):
            do { try handle.write(contentsOf: buffer) } catch {
                throw ScoringError.standardOutput(reason: error.localizedDescription)
            }
        }
    }
}
