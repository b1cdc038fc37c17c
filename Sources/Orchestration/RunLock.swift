import DurableFiles
import Foundation
import Glibc

/// A file that the process of a run keeps locked while it runs. The system lets go of it however the
/// process ends, so that nobody takes a killed run for a running one, nor the other way round.
final class RunLock: Sendable {
    private let url: URL
    private let lock: FileLock

    /// - Returns: nil if another process, or another part of this one, has it.
    /// - Throws: `FileError.unwritable`.
    /// - Precondition: the run's id has its form.
    init?(of run: String, in home: URL) throws {
        precondition(RunID.isValid(run), "\(run) is no run's id")
        url = RunLock.file(of: run, in: home)
        guard let lock = try FileLock.attempt(url) else { return nil }
        self.lock = lock
    }

    static func file(of run: String, in home: URL) -> URL {
        home.appendingPathComponent("locks/\(run).lock")
    }

    /// Removes the file, then unlocks it.
    func remove() {
        SystemCall.retrying { unlink(url.path) }
        lock.unlock()
    }
}
