import Foundation
import Glibc

/// Writes files so that a reader, or a machine that loses power, sees the old content or the new,
/// never a mixture: temporary file in the same folder, fsync, rename, fsync of the folder.
package enum AtomicFile {
    /// Replaces the file at `url` by `data`, making missing folders on the way. A link there is
    /// replaced; for a file that the user names, see `AtomicFileWriter` and `writeOutput`.
    ///
    /// - Parameter exclusive: fail instead of replacing a file that exists.
    /// - Throws: `FileError.unwritable`, whose outcome says what is there now; the temporary file is
    ///   removed. A folder, device, pipe or socket is refused.
    package static func write(_ data: Data, to url: URL, exclusive: Bool = false) throws {
        try refuseSpecialFile(url)
        try Folder.make(url.deletingLastPathComponent())
        let temporary = try TemporaryFile(for: url)
        defer { temporary.discard() }
        try temporary.write(data)
        try temporary.place(at: url, exclusive: exclusive)
    }

    /// Writes a file that the user named: as `AtomicFileWriter` does, a link is followed.
    ///
    /// - Throws: as `write`.
    package static func writeOutput(_ data: Data, to url: URL) throws {
        let writer = try AtomicFileWriter(to: url)
        try writer.write(data)
        try writer.commit()
    }

    /// Makes a folder and those above it.
    ///
    /// - Throws: `FileError.unwritable`.
    package static func makeFolder(_ folder: URL) throws { try Folder.make(folder) }

    /// Moves a finished temporary file to its name, durably; both must be in one file system.
    ///
    /// - Throws: `FileError.unwritable`, whose outcome says what is there now.
    package static func move(_ source: URL, to destination: URL) throws {
        let descriptor = SystemCall.retrying { open(source.path, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw failure(source.path, "open") }
        let synced = SystemCall.retrying { fsync(descriptor) }
        let code = errno
        close(descriptor)
        errno = code
        guard synced == 0 else { throw failure(source.path, "fsync") }
        guard SystemCall.retrying({ rename(source.path, destination.path) }) == 0 else {
            throw failure(destination.path, "rename")
        }
        try Folder.sync(destination.deletingLastPathComponent(), outcome: .replaced)
    }

    /// Appends one record to a log and waits until it is on the disk.
    ///
    /// Records of several processes don't mix: the file is locked while one is written. A record that
    /// isn't known to be on the disk is taken back.
    ///
    /// - Throws: `FileError.unwritable`, whose outcome says what is there now; `FileError.locked`.
    package static func append(_ record: Data, to url: URL) throws {
        let folder = url.deletingLastPathComponent()
        try Folder.make(folder)
        let descriptor = SystemCall.retrying {
            open(url.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        }
        guard descriptor >= 0 else { throw failure(url.path, "open") }
        defer { close(descriptor) }
        try FileLock.wait(for: descriptor, .exclusive, path: url.path)
        guard let before = FileFacts(descriptor: descriptor)?.byteCount else {
            throw failure(url.path, "look")
        }
        // A new log's name has to last before its first record does.
        if before == 0 { try Folder.sync(folder, outcome: .unchanged) }
        do {
            try writeAll(record, descriptor: descriptor, path: url.path)
            guard SystemCall.retrying({ fsync(descriptor) }) == 0 else {
                throw failure(url.path, "fsync")
            }
        } catch let error as FileError {
            throw takeBack(descriptor, to: before, recordSize: record.count, error)
        }
    }

    /// Removes what was written of a record.
    private static func takeBack(
        _ descriptor: Int32, to size: Int, recordSize: Int, _ error: FileError
    ) -> FileError {
        guard case .unwritable(let path, let step, let reason, _) = error else { return error }
        let written = (FileFacts(descriptor: descriptor)?.byteCount).map { $0 - size }
        let outcome: FileError.Outcome
        if written == 0 || SystemCall.retrying({ ftruncate(descriptor, size) }) == 0 {
            outcome = .unchanged
        } else {
            outcome = written == recordSize ? .replaced : .partial
        }
        return .unwritable(path: path, step: step, reason: reason, outcome: outcome)
    }

    // MARK: - Steps

    /// Renaming would replace it.
    static func refuseSpecialFile(_ url: URL, followsLinks: Bool = false) throws {
        guard let kind = FileFacts(url.path, followsLinks: followsLinks)?.kind,
            kind != .file, kind != .link
        else { return }
        throw FileError.unwritable(
            path: url.path, step: "check",
            reason: "it is not a regular file but a \(kind.rawValue)",
            outcome: .unchanged)
    }

    static func writeAll(_ data: Data, descriptor: Int32, path: String) throws {
        try data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            var written = 0
            while written < bytes.count {
                let count = SystemCall.retrying {
                    Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
                }
                guard count > 0 else { throw failure(path, "write") }
                written += count
            }
        }
    }

    /// Of a step before the file got its name.
    static func failure(_ path: String, _ step: String) -> FileError {
        .unwritable(path: path, step: step, reason: SystemCall.reason, outcome: .unchanged)
    }
}
