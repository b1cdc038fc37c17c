/// Why a file operation failed. Each case names the path and what the system said.
public enum FileError: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case unwritable(path: String, step: String, reason: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "\(path): can't be read: \(reason)"
        case .unwritable(let path, let step, let reason):
            "\(path): can't be written (\(step)): \(reason). Nothing was changed; "
                + "check free space and permissions, then try again."
        }
    }
}
