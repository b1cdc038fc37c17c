import DurableFiles
import Foundation
import Glibc

/// A file that the process of a run keeps locked while it runs. The system lets go of it however the
/// process ends, so that nobody takes a killed run for a running one, nor the other way round.
final class RunLock: @unchecked Sendable {
    private let url: URL
    private var descriptor: Int32

    /// - Returns: nil if another process, or another part of this one, has it.
    /// - Throws: `FileError.unwritable`.
    init?(_ url: URL) throws {
        self.url = url
        try AtomicFile.makeFolder(url.deletingLastPathComponent())
        descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw FileError.unwritable(
                path: url.path, step: "open", reason: String(cString: strerror(errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
    }

    /// Removes the file, then unlocks it.
    func remove() {
        guard descriptor >= 0 else { return }
        unlink(url.path)
        close(descriptor)
        descriptor = -1
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Runs `body` while no other process is in here.
    ///
    /// - Throws: `FileError.unwritable`, and what `body` throws.
    static func exclusively<Result>(_ url: URL, _ body: () throws -> Result) throws -> Result {
        try AtomicFile.makeFolder(url.deletingLastPathComponent())
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0, flock(descriptor, LOCK_EX) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw FileError.unwritable(
                path: url.path, step: "lock", reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        return try body()
    }
}
