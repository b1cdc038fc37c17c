import Foundation
import Glibc

/// Writes a file piece by piece, which appears under its name only when all of it is there.
///
/// Pieces go to a hidden temporary file in the same folder; `commit` makes it durable and renames
/// it. A writer that is discarded, or given up without a commit, leaves the old content and no
/// temporary file.
public final class AtomicFileWriter {
    /// Where the file will be: the given place, or where a link there leads.
    public let destination: URL
    private let temporary: String
    private var descriptor: Int32
    private var buffer = Data()
    private static let bufferSize = 1 << 16

    /// Makes missing folders and the temporary file.
    ///
    /// - Throws: `FileError.unwritable`, also when `url` is a folder, a device or a pipe, which
    ///   renaming would replace.
    public init(to url: URL) throws {
        destination = url.resolvingSymlinksInPath()
        var status = stat()
        if stat(destination.path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw FileError.unwritable(
                path: destination.path, step: "check", reason: "it is not a regular file")
        }
        let folder = destination.deletingLastPathComponent()
        try AtomicFile.makeFolder(folder)
        temporary =
            folder.appendingPathComponent(
                ".\(destination.lastPathComponent).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
            ).path
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw AtomicFile.failure(temporary, "create") }
    }

    deinit { discard() }

    /// Adds `data` to the file.
    ///
    /// - Throws: `FileError.unwritable`; the writer is then discarded.
    /// - Precondition: neither committed nor discarded.
    public func write(_ data: some DataProtocol) throws {
        precondition(descriptor >= 0, "\(destination.path): written to after its end")
        buffer.append(contentsOf: data)
        if buffer.count >= Self.bufferSize { try flush() }
    }

    /// Makes the file durable and gives it its name.
    ///
    /// - Throws: `FileError.unwritable`; the old content is kept and the writer discarded.
    /// - Precondition: neither committed nor discarded.
    public func commit() throws {
        precondition(descriptor >= 0, "\(destination.path): committed after its end")
        try flush()
        do {
            guard fsync(descriptor) == 0 else { throw AtomicFile.failure(temporary, "fsync") }
            try AtomicFile.place(temporary, at: destination.path, exclusive: false)
        } catch {
            discard()
            throw error
        }
        close(descriptor)
        descriptor = -1
        try AtomicFile.syncFolder(destination.deletingLastPathComponent())
    }

    /// Gives the file up; nothing is left behind. Does nothing after a commit.
    public func discard() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        unlink(temporary)
    }

    private func flush() throws {
        do {
            try AtomicFile.writeAll(buffer, descriptor: descriptor, path: temporary)
        } catch {
            discard()
            throw error
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
