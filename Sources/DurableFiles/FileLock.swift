import Foundation
import Glibc

/// A lock on a file, held until it is let go of, or the process ends in whatever way.
///
/// Waiting is told and has an end: after a second a callback learns what is waited for, and after a
/// stated time it is given up.
package final class FileLock: @unchecked Sendable {
    package enum Mode: Sendable {
        /// With others that share it.
        case shared
        /// Alone.
        case exclusive
    }

    /// Seconds that are waited unless it is said otherwise.
    package static let patience = 60.0
    /// Seconds after which it is told what is waited for.
    package static let silence = 1.0

    /// The descriptor is touched by one thread at a time: the owner's, or that of its end.
    private var descriptor: Int32

    /// Waits for a lock.
    ///
    /// - Parameters:
    ///   - url: the lock file, or with `creates` false also a folder.
    ///   - creates: makes the file, and the folders above it, where it is missing.
    ///   - patience: seconds until it is given up.
    ///   - onWait: called once with the file's path, when a second has passed.
    /// - Throws: `FileError.locked` when patience ends; `FileError.unwritable` (of what is to be
    ///   created) and `FileError.unreadable` for a file that can't be opened or locked.
    package init(
        _ url: URL, _ mode: Mode = .exclusive, creates: Bool = true,
        patience: Double = FileLock.patience, onWait: (String) -> Void = { _ in }
    ) throws {
        descriptor = try FileLock.open(url, creates: creates)
        do {
            try FileLock.wait(
                for: descriptor, mode, path: url.path, patience: patience, onWait: onWait)
        } catch {
            unlock()
            throw error
        }
    }

    private init(held descriptor: Int32) { self.descriptor = descriptor }

    /// A lock if nobody has it now.
    ///
    /// - Returns: nil if somebody has it: another process, or another part of this one.
    /// - Throws: `FileError.unwritable`, `FileError.unreadable`.
    package static func attempt(
        _ url: URL, _ mode: Mode = .exclusive, creates: Bool = true
    ) throws -> FileLock? {
        let descriptor = try open(url, creates: creates)
        do {
            if try take(descriptor, mode, path: url.path) { return FileLock(held: descriptor) }
        } catch {
            close(descriptor)
            throw error
        }
        close(descriptor)
        return nil
    }

    deinit { unlock() }

    /// Lets go of it; does nothing the second time.
    package func unlock() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
    }

    /// Runs `body` while the lock is held.
    ///
    /// - Throws: as `init`, and what `body` throws.
    package static func holding<Result>(
        _ url: URL, _ mode: Mode = .exclusive, creates: Bool = true,
        patience: Double = FileLock.patience, onWait: (String) -> Void = { _ in },
        _ body: () throws -> Result
    ) throws -> Result {
        let lock = try FileLock(
            url, mode, creates: creates, patience: patience, onWait: onWait)
        defer { lock.unlock() }
        return try body()
    }

    // MARK: - Steps

    private static func open(_ url: URL, creates: Bool) throws -> Int32 {
        if creates { try Folder.make(url.deletingLastPathComponent()) }
        let flags = creates ? O_RDWR | O_CREAT : O_RDONLY
        let descriptor = SystemCall.retrying {
            Glibc.open(url.path, flags | O_CLOEXEC | O_NONBLOCK, 0o644)
        }
        guard descriptor >= 0 else { throw failure(url.path, "open lock", creates) }
        return descriptor
    }

    /// Waits for the lock of an open file.
    static func wait(
        for descriptor: Int32, _ mode: Mode, path: String, patience: Double = FileLock.patience,
        onWait: (String) -> Void = { _ in }
    ) throws {
        let start = ContinuousClock.now
        var pause = 0.01
        var isTold = false
        while try !take(descriptor, mode, path: path) {
            let waited = (ContinuousClock.now - start) / .seconds(1)
            guard waited < patience else { throw FileError.locked(path: path, seconds: patience) }
            if !isTold, waited >= silence {
                isTold = true
                onWait(path)
            }
            usleep(UInt32(pause * 1e6))
            pause = min(2 * pause, 0.1)
        }
    }

    /// - Returns: false if somebody else has it.
    private static func take(_ descriptor: Int32, _ mode: Mode, path: String) throws -> Bool {
        let operation = (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB
        if SystemCall.retrying({ flock(descriptor, operation) }) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw failure(path, "lock", true) }
        return false
    }

    private static func failure(_ path: String, _ step: String, _ isWriting: Bool) -> FileError {
        let reason = SystemCall.reason
        guard isWriting else { return .unreadable(path: path, reason: reason) }
        return .unwritable(path: path, step: step, reason: reason, outcome: .unchanged)
    }
}
