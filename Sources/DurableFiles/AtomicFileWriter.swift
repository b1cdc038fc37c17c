import Foundation
import Glibc

/// Writes a file that the user named, piece by piece; it appears under its name only when all of it is
/// there.
///
/// Pieces go to a hidden temporary file in the same folder; `commit` makes it durable and renames
/// it. A writer that is discarded, or given up without a commit, leaves the old content and no
/// temporary file. A link is followed, and what it leads to is replaced or made; a folder, device, pipe
/// or socket is refused.
package final class AtomicFileWriter {
    /// Where the file will be: the given place, or where a link there leads.
    package let destination: URL
    private let temporary: TemporaryFile
    private var buffer = Data()
    private static let bufferSize = 1 << 16
    /// As many as the system itself follows.
    private static let maximumLinkCount = 40

    /// Makes missing folders and the temporary file.
    ///
    /// - Throws: `FileError.unwritable`, also when `url` is a folder, a device or a pipe, which
    ///   renaming would replace.
    package init(to url: URL) throws {
        try AtomicFile.refuseSpecialFile(url, followsLinks: true)
        destination = try AtomicFileWriter.end(of: url)
        try AtomicFile.refuseSpecialFile(destination)
        try Folder.make(destination.deletingLastPathComponent())
        temporary = try TemporaryFile(for: destination)
    }

    /// Where the links at a place lead, also where nothing is there yet.
    private static func end(of url: URL) throws -> URL {
        var place = url
        for _ in 0...maximumLinkCount {
            guard FileFacts(place.path)?.kind == .link else { return place }
            let target: String
            do {
                target = try FileManager.default.destinationOfSymbolicLink(atPath: place.path)
            } catch {
                throw failure(place, FileError.reason(of: error))
            }
            place =
                FilePath.url(target, in: place.deletingLastPathComponent().path)
                .absoluteURL
        }
        throw failure(url, String(cString: strerror(ELOOP)))
    }

    private static func failure(_ url: URL, _ reason: String) -> FileError {
        .unwritable(path: url.path, step: "follow link", reason: reason, outcome: .unchanged)
    }

    /// Adds `data` to the file.
    ///
    /// - Throws: `FileError.unwritable`; the writer is then discarded.
    /// - Precondition: neither committed nor discarded.
    package func write(_ data: some DataProtocol) throws {
        precondition(temporary.isOpen, "\(destination.path): written to after its end")
        buffer.append(contentsOf: data)
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// Makes the file durable and gives it its name.
    ///
    /// - Throws: `FileError.unwritable`, whose outcome says what is there now; the writer is discarded.
    /// - Precondition: neither committed nor discarded.
    package func commit() throws {
        precondition(temporary.isOpen, "\(destination.path): committed after its end")
        try flush()
        defer { temporary.discard() }
        try temporary.place(at: destination, exclusive: false)
    }

    /// Gives the file up; nothing is left behind. Does nothing after a commit.
    package func discard() { temporary.discard() }

    private func flush() throws {
        do { try temporary.write(buffer) } catch {
            discard()
            throw error
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
