/// Why a file operation failed. Each case names the path and what the system said.
package enum FileError: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case unwritable(path: String, step: String, reason: String, outcome: Outcome = .unknown)
    case unremovable(path: String, reason: String)
    /// Somebody else held a lock for longer than was to be waited.
    case locked(path: String, seconds: Double)

    /// What is there after writing failed.
    package enum Outcome: Sendable, Equatable {
        case unknown
        /// What was there before.
        case unchanged
        /// The new content: only that it outlives a loss of power wasn't confirmed.
        case replaced
        /// A part of the new content behind the old, which couldn't be taken back.
        case partial
    }

    package var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "\(path): can't be read: \(reason)"
        case .unwritable(let path, let step, let reason, .replaced):
            "\(path): was written, but the disk didn't confirm it (\(step)): \(reason). The new "
                + "content is there and may be lost if the machine loses power; check the disk, "
                + "then try again."
        case .unwritable(let path, let step, let reason, let outcome):
            "\(path): can't be written (\(step)): \(reason). \(FileError.words(outcome))"
        case .unremovable(let path, let reason):
            "\(path): can't be removed: \(reason). What was removed before stays removed; check "
                + "permissions, then try again to remove the rest."
        case .locked(let path, let seconds):
            "\(path): another process has held this lock for more than "
                + "\(Int(seconds.rounded())) s. Wait until it is done, or end it (`fuser \(path)` "
                + "names it), then try again."
        }
    }

    private static func words(_ outcome: Outcome) -> String {
        let advice = "heck free space and permissions, then try again."
        return switch outcome {
        case .unchanged: "Nothing was changed; c" + advice
        case .partial: "Part of what was to be written is there; c" + advice
        case .unknown, .replaced: "C" + advice
        }
    }
}
