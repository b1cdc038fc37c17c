import DurableFiles
import Foundation
import Glibc
import Orchestration

/// The folder for what people want to look at of what one run made: its config, data statistics,
/// model, evaluation, pictures, decision and predictions. A run that made nothing has none.
public struct RunFolder: Sendable {
    /// Below the home folder.
    public static let parent = RunStore.folderName

    /// Start time and a random part, such as `20261121T101500-3f9a1c`; sorts by time.
    public let id: String
    public let url: URL
    let startedAt: Date

    /// The folder of a new run below `home`, which is made when something is first written to it.
    static func new(home: URL, startedAt: Date = Date()) -> RunFolder {
        let suffix = String(UInt32.random(in: 0..<1 << 24) | 1 << 24, radix: 16).dropFirst()
        return RunFolder(
            home: home, id: "\(Timestamp.compact(startedAt))-\(suffix)", startedAt: startedAt)
    }

    /// The folder of a run that was before.
    ///
    /// - Precondition: the id has the form of `RunID`, as those have that the store gives.
    public init(home: URL, id: String, startedAt: Date) {
        self.id = id
        self.startedAt = startedAt
        url = RunStore.folder(of: id, in: home)
    }

    /// Whether anything was written to it.
    public var exists: Bool { FileManager.default.fileExists(atPath: url.path) }

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
    static func compact(_ date: Date) -> String {
        // Not by DateFormatter, which takes longer to make than all else of a run that has nothing
        // to do.
        var seconds = time_t(date.timeIntervalSince1970.rounded(.down))
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let length = strftime(&text, text.count, "%Y%m%dT%H%M%S", &parts)
        return String(decoding: text.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
