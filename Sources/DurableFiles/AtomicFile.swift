import Foundation
import Glibc

/// Writes files so that a reader, or a machine that loses power, sees the old content or the new,
/// never a mixture: temporary file in the same folder, fsync, rename, fsync of the folder.
public enum AtomicFile {
    /// Replaces the file at `url` by `data`, making missing folders on the way.
    ///
    /// - Parameter exclusive: fail instead of replacing a file that exists.
    /// - Throws: `FileError.unwritable`; the temporary file is removed and the old content kept.
    public static func write(_ data: Data, to url: URL, exclusive: Bool = false) throws {
        let folder = url.deletingLastPathComponent()
        try makeFolder(folder)
        let temporary = folder.appendingPathComponent(
            ".\(url.lastPathComponent).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp")
        do {
            try writeDurably(data, to: temporary.path)
            try place(temporary.path, at: url.path, exclusive: exclusive)
        } catch {
            unlink(temporary.path)
            throw error
        }
        try syncFolder(folder)
    }

    /// Makes a folder and those above it.
    public static func makeFolder(_ folder: URL) throws {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw FileError.unwritable(
                path: folder.path, step: "make folder", reason: error.localizedDescription)
        }
    }

    /// Moves a finished temporary file to its name, durably; both must be in one file system.
    public static func move(_ source: URL, to destination: URL) throws {
        let descriptor = open(source.path, O_RDONLY)
        guard descriptor >= 0 else { throw failure(source.path, "open") }
        let synced = fsync(descriptor)
        close(descriptor)
        guard synced == 0 else { throw failure(source.path, "fsync") }
        guard rename(source.path, destination.path) == 0 else {
            throw failure(destination.path, "rename")
        }
        try syncFolder(destination.deletingLastPathComponent())
    }

    /// Appends one record to a log and waits until it is on the disk.
    ///
    /// Records of several processes don't mix: the file is locked while one is written.
    public static func append(_ record: Data, to url: URL) throws {
        try makeFolder(url.deletingLastPathComponent())
        let descriptor = open(url.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(url.path, "open") }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX) == 0 else { throw failure(url.path, "lock") }
        let sizeBefore = lseek(descriptor, 0, SEEK_END)
        do {
            try writeAll(record, descriptor: descriptor, path: url.path)
        } catch {
            // A record that didn't fit must not leave its first half behind.
            ftruncate(descriptor, sizeBefore)
            throw error
        }
        guard fsync(descriptor) == 0 else { throw failure(url.path, "fsync") }
        try syncFolder(url.deletingLastPathComponent())
    }

    // MARK: - Steps

    private static func writeDurably(_ data: Data, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(path, "create") }
        defer { close(descriptor) }
        try writeAll(data, descriptor: descriptor, path: path)
        guard fsync(descriptor) == 0 else { throw failure(path, "fsync") }
    }

    static func writeAll(_ data: Data, descriptor: Int32, path: String) throws {
        try data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            var written = 0
            while written < bytes.count {
                let count = Glibc.write(
                    descriptor, bytes.baseAddress! + written, bytes.count - written)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw failure(path, "write") }
                written += count
            }
        }
    }

    static func place(_ temporary: String, at path: String, exclusive: Bool) throws {
        if exclusive {
            guard link(temporary, path) == 0 else { throw failure(path, "create") }
            unlink(temporary)
        } else {
            guard rename(temporary, path) == 0 else { throw failure(path, "rename") }
        }
    }

    static func syncFolder(_ folder: URL) throws {
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(folder.path, "open") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(folder.path, "fsync") }
    }

    static func failure(_ path: String, _ step: String) -> FileError {
        .unwritable(path: path, step: step, reason: String(cString: strerror(errno)))
    }
}
