import Foundation
import Glibc

/// A file being written, hidden beside where it will be: `.NAME.PROCESS.NUMBER.tmp`.
///
/// Its writer holds a lock on it from its making to its renaming, so that everybody can tell a file
/// that is being written from one that a killed process left (see `AbandonedFiles`).
final class TemporaryFile {
    let path: String
    private var descriptor: Int32

    /// - Throws: `FileError.unwritable`.
    init(for destination: URL) throws {
        AbandonedFiles.clearOnce(before: destination)
        (path, descriptor) = try TemporaryFile.create(for: destination)
    }

    deinit { discard() }

    /// Somebody who clears up may look at the file between its making and its locking, and remove it:
    /// then another is made.
    private static func create(for destination: URL) throws -> (String, Int32) {
        let folder = destination.deletingLastPathComponent()
        while true {
            let number = UInt32.random(in: 0 ... .max)
            let name = ".\(destination.lastPathComponent).\(getpid()).\(number).tmp"
            let path = folder.appendingPathComponent(name).path
            let descriptor = SystemCall.retrying {
                open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            }
            if descriptor < 0, errno == EEXIST { continue }
            guard descriptor >= 0 else { throw AtomicFile.failure(path, "create") }
            if isHeld(descriptor) { return (path, descriptor) }
            SystemCall.retrying { unlink(path) }
            close(descriptor)
        }
    }

    /// Locks a new file. Where the file system has no locks, nobody can clear up either.
    private static func isHeld(_ descriptor: Int32) -> Bool {
        if SystemCall.retrying({ flock(descriptor, LOCK_EX | LOCK_NB) }) != 0,
            errno == EWOULDBLOCK
        {
            return false
        }
        return FileFacts(descriptor: descriptor)?.linkCount != 0
    }

    var isOpen: Bool { descriptor >= 0 }

    func write(_ data: Data) throws {
        _ = try AtomicFile.writeAll(data, descriptor: descriptor, path: path)
    }

    /// Makes it durable and gives it its name; the lock ends.
    ///
    /// - Throws: `FileError.unwritable` with its outcome; where nothing was changed the file is
    ///   still there, for `discard`.
    func place(at destination: URL, exclusive: Bool) throws {
        guard SystemCall.retrying({ fsync(descriptor) }) == 0 else {
            throw AtomicFile.failure(path, "fsync")
        }
        let target = destination.path
        if exclusive {
            guard SystemCall.retrying({ link(path, target) }) == 0 else {
                throw AtomicFile.failure(target, "create")
            }
            SystemCall.retrying { unlink(path) }
        } else {
            guard SystemCall.retrying({ rename(path, target) }) == 0 else {
                throw AtomicFile.failure(target, "rename")
            }
        }
        close(descriptor)
        descriptor = -1
        try Folder.sync(destination.deletingLastPathComponent(), outcome: .replaced)
    }

    /// Removes it; does nothing after it has got its name.
    func discard() {
        guard descriptor >= 0 else { return }
        // Removed before it is let go of: nobody sees it unlocked.
        SystemCall.retrying { unlink(path) }
        close(descriptor)
        descriptor = -1
    }
}
