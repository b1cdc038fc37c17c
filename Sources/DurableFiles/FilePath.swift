import Foundation
import Glibc

/// Paths as people write them.
///
/// Not by `URL(fileURLWithPath:)` alone, which takes `link/..` for the folder that the link is in and
/// not for the one that its target is in.
public enum FilePath {
    /// The same place from the root on.
    ///
    /// - Parameters:
    ///   - path: `~` at its start is the user's home folder.
    ///   - folder: where a relative path begins; nil for the folder that the process works in.
    public static func absolute(_ path: String, in folder: String? = nil) -> String {
        let path = path.hasPrefix("~") ? NSString(string: path).expandingTildeInPath : path
        guard !path.hasPrefix("/") else { return cleaned(path) }
        return cleaned((folder ?? FileManager.default.currentDirectoryPath) + "/" + path)
    }

    /// The same as a URL.
    public static func url(_ path: String, in folder: String? = nil) -> URL {
        URL(fileURLWithPath: absolute(path, in: folder))
    }

    /// Without parts that mean nothing. `..` stays behind what isn't a folder, such as a link.
    private static func cleaned(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            guard part == ".." else {
                parts.append(part)
                continue
            }
            if parts.isEmpty { continue }
            let above = "/" + parts.joined(separator: "/")
            if parts.last != "..", FileFacts(above)?.kind == .folder {
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }
}
