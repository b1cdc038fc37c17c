import Foundation
import Glibc

/// The user that the process runs as: by the environment, else by the user database.
///
/// A container may have neither variables nor an entry for its user.
package enum SystemUser {
    /// What the user database has of a user.
    struct Entry: Equatable {
        let name: String
        let home: String
    }

    /// `USER`, else `LOGNAME`, else the database's name of the effective user, else `uid 1234`.
    package static var name: String {
        name(environment: ProcessInfo.processInfo.environment, entry: entry(geteuid()))
    }

    /// `HOME` if it is absolute, else the database's; nil where neither knows one.
    package static func homeFolder(environment: [String: String]) -> String? {
        homeFolder(environment: environment, entry: entry(geteuid()))
    }

    static func name(environment: [String: String], entry: Entry?) -> String {
        ["USER", "LOGNAME"].compactMap { environment[$0] }.first { !$0.isEmpty }
            ?? entry.flatMap { $0.name.isEmpty ? nil : $0.name } ?? "uid \(geteuid())"
    }

    static func homeFolder(environment: [String: String], entry: Entry?) -> String? {
        [environment["HOME"], entry?.home].compactMap { $0 }.first { $0.hasPrefix("/") }
    }

    /// - Returns: nil for a user whom the database doesn't have, or where it can't be asked.
    static func entry(_ user: uid_t) -> Entry? {
        var size = 1 << 12
        while size <= 1 << 20 {
            let (code, entry) = entry(user, bufferSize: size)
            switch code {
            case EINTR: continue
            case ERANGE: size *= 2
            default: return entry
            }
        }
        return nil
    }

    private static func entry(_ user: uid_t, bufferSize: Int) -> (code: Int32, entry: Entry?) {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: bufferSize) { buffer in
            var record = passwd()
            var found: UnsafeMutablePointer<passwd>?
            let code = getpwuid_r(user, &record, buffer.baseAddress!, buffer.count, &found)
            guard code == 0, found != nil else { return (code, nil) }
            // The texts lie in the buffer.
            func text(_ field: UnsafeMutablePointer<CChar>?) -> String {
                field.map { String(cString: $0) } ?? ""
            }
            return (0, Entry(name: text(record.pw_name), home: text(record.pw_dir)))
        }
    }
}
