import DurableFiles
import Foundation

/// The folder that holds all of one run: its config, data statistics, model, evaluation, pictures,
/// decision and predictions.
public struct RunFolder: Sendable {
    /// Start time and a random part, such as `20261121T101500-3f9a1c`; sorts by time.
    public let id: String
    public let url: URL

    /// Makes the folder of a new run below `home`.
    ///
    /// - Throws: `FileError`, `PipelineError.runFolderExists`.
    public static func create(home: URL, startedAt: Date = Date()) throws -> RunFolder {
        let suffix = String(UInt32.random(in: 0..<1 << 24) | 1 << 24, radix: 16).dropFirst()
        let id = "\(Timestamp.compact(startedAt))-\(suffix)"
        let folder = RunFolder(id: id, url: home.appendingPathComponent("runs/\(id)"))
        guard !FileManager.default.fileExists(atPath: folder.url.path) else {
            throw PipelineError.runFolderExists(path: folder.url.path)
        }
        try AtomicFile.makeFolder(folder.url)
        return folder
    }

    public func file(_ name: String) -> URL { url.appendingPathComponent(name) }

    public func write(_ text: String, to name: String) throws {
        try AtomicFile.write(Data(text.utf8), to: file(name))
    }

    /// Writes a value as indented JSON with sorted keys.
    public func write(json value: some Encodable, to name: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        try AtomicFile.write(try encoder.encode(value) + Data("\n".utf8), to: file(name))
    }
}

/// Points in time as text, in UTC.
enum Timestamp {
    /// `20261121T101500`
    static func compact(_ date: Date) -> String { text(date, "yyyyMMdd'T'HHmmss") }

    /// `2026-11-21T10:15:00Z`
    static func iso8601(_ date: Date) -> String { text(date, "yyyy-MM-dd'T'HH:mm:ss'Z'") }

    private static func text(_ date: Date, _ format: String) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = format
        return formatter.string(from: date)
    }
}
