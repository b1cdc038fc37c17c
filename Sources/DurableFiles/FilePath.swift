import Foundation
import Glibc

/// Paths as people write them.
///
/// Not by `URL(fileURLWithPath:)` alone, which takes `link/..` for the folder that the link is in and
/// not for the one that its target is in.
package enum FilePath {
    /// The same place from the root on.
    ///
    /// - Parameters:
    ///   - path: `~` at its start is the user's home folder.
    ///   - folder: where a relative path begins; nil for the folder that the process works in.
    package static func absolute(_ path: String, in folder: String? = nil) -> String {
        let path = path.hasPrefix("~") ? NSString(string: path).expandingTildeInPath : path
        guard !path.hasPrefix("/") else { return cleaned(path) }
        let folder = folder ?? FileManager.default.currentDirectoryPath
        return cleaned(folder.hasSuffix("/") ? folder + path : folder + "/" + path)
    }

    /// The same as a URL.
    package static func url(_ path: String, in folder: String? = nil) -> URL {
        URL(fileURLWithPath: absolute(path, in: folder))
    }

    /// Without `.`, and without `..` where that is the folder that the text says, which it isn't behind
    /// a link. Slashes stay as they are: an address that was given for a path must be told as one.
    private static func cleaned(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        where part != "." {
            guard part == ".." else {
                parts.append(part)
                continue
            }
            while parts.last == "" { parts.removeLast() }
            if parts.isEmpty { continue }
            let above = "/" + parts.joined(separator: "/")
            if parts.last != "..", FileFacts(above)?.kind == .folder {
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        while parts.last == "" { parts.removeLast() }
        return "/" + parts.joined(separator: "/")
    }
}
