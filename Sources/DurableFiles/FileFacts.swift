import Foundation
import Glibc

/// What is at a path.
public struct FileFacts: Sendable, Equatable {
    public enum Kind: String, Sendable {
        case file, folder, link, pipe, socket, device
    }

    public let kind: Kind
    public let byteCount: Int
    let device: UInt64
    let inode: UInt64
    let linkCount: Int

    /// - Parameter followsLinks: what a link leads to, in place of the link.
    /// - Returns: nil where nothing is; see `errno` for whether something else kept it from being seen.
    public init?(_ path: String, followsLinks: Bool = false) {
        var facts = stat()
        let result = SystemCall.retrying {
            followsLinks ? stat(path, &facts) : lstat(path, &facts)
        }
        guard result == 0 else { return nil }
        self.init(facts)
    }

    /// What a path leads to, links followed; nil where nothing is.
    ///
    /// - Throws: `FileError.unreadable` where that can't be seen: a folder on the way may not be
    ///   entered, links lead in a circle, the disk fails.
    public static func find(_ url: URL) throws -> FileFacts? {
        if let facts = FileFacts(url.path, followsLinks: true) { return facts }
        guard errno == ENOENT || errno == ENOTDIR else {
            throw FileError.unreadable(path: url.path, reason: SystemCall.reason)
        }
        return nil
    }

    public init?(descriptor: Int32) {
        var facts = stat()
        guard SystemCall.retrying({ fstat(descriptor, &facts) }) == 0 else { return nil }
        self.init(facts)
    }

    private init(_ facts: stat) {
        kind =
            switch facts.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            case S_IFIFO: .pipe
            case S_IFSOCK: .socket
            default: .device
            }
        byteCount = Int(facts.st_size)
        device = UInt64(facts.st_dev)
        inode = UInt64(facts.st_ino)
        linkCount = Int(facts.st_nlink)
    }

    func isSameFile(as other: FileFacts) -> Bool {
        device == other.device && inode == other.inode
    }
}
