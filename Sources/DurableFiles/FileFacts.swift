import Foundation
import Glibc

/// What is at a path.
package struct FileFacts: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case file, folder, link, pipe, socket, device
    }

    package let kind: Kind
    package let byteCount: Int
    package let device: UInt64
    package let inode: UInt64
    let linkCount: Int
    /// When the content was last written, and when anything of the file last changed, which no program
    /// can set: nanoseconds since 1970.
    package let modified: Int64
    package let changed: Int64

    /// - Parameter followsLinks: what a link leads to, in place of the link.
    /// - Returns: nil where nothing is; see `errno` for whether something else kept it from being seen.
    package init?(_ path: String, followsLinks: Bool = false) {
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
    ///   entered, a link leads nowhere or in a circle, the disk fails.
    package static func find(_ url: URL) throws -> FileFacts? {
        if let facts = FileFacts(url.path, followsLinks: true) { return facts }
        let (code, reason) = (errno, SystemCall.reason)
        guard code == ENOENT || code == ENOTDIR else {
            throw FileError.unreadable(path: url.path, reason: reason)
        }
        if let broken = BrokenLink(url.path, after: code) {
            throw FileError.unreadable(path: url.path, reason: broken.reason)
        }
        return nil
    }

    package init?(descriptor: Int32) {
        var facts = stat()
        guard SystemCall.retrying({ fstat(descriptor, &facts) }) == 0 else { return nil }
        self.init(facts)
    }

    init(_ facts: stat) {
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
        modified = Self.nanoseconds(facts.st_mtim)
        changed = Self.nanoseconds(facts.st_ctim)
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    func isSameFile(as other: FileFacts) -> Bool {
        device == other.device && inode == other.inode
    }
}

/// A file that was found, with what was seen of it then.
package struct FoundFile: Sendable {
    /// From the root on.
    package let path: String
    package let facts: FileFacts

    package init(path: String, facts: FileFacts) {
        self.path = path
        self.facts = facts
    }
}

/// A link that leads nowhere.
struct BrokenLink {
    let target: String

    /// - Parameter code: with which looking at what the path leads to failed.
    /// - Returns: nil where that isn't a link's fault.
    init?(_ path: String, after code: Int32 = errno) {
        guard code == ENOENT,
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path)
        else { return nil }
        self.target = target
    }

    var reason: String { "broken link to \(target)" }
}
