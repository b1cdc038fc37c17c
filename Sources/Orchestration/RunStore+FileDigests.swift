import DurableFiles
import Foundation
import GRDB
import Glibc

extension RunStore {
    /// SHA-256 of a file's content, remembered as long as the file's place, size and times say that it
    /// wasn't written since.
    ///
    /// The time of the last change of a file's status, which no program can set, is among them. A file
    /// that was changed within the last seconds isn't remembered, since it could be again within the
    /// same tick of the clock (as Git treats its index).
    ///
    /// - Throws: `FileError.unreadable`, `StoreError`.
    public func digest(ofFile url: URL) throws -> String {
        let path = url.standardizedFileURL.path
        guard let identity = FileIdentity(path) else { return try SHA256.hexDigest(ofFile: url) }
        let known = try read { db in
            try String.fetchOne(
                db, sql: "SELECT digest FROM file_digest WHERE path = ? AND identity = ?",
                arguments: [path, identity.text])
        }
        if let known { return known }
        let digest = try SHA256.hexDigest(ofFile: url)
        if identity.isSettled, FileIdentity(path)?.text == identity.text {
            try write { db in
                try db.execute(
                    sql: "INSERT OR REPLACE INTO file_digest VALUES (?, ?, ?)",
                    arguments: [path, identity.text, digest])
            }
        }
        return digest
    }
}

/// What changes whenever a file is written or replaced.
private struct FileIdentity {
    let text: String
    /// Whether the file was left alone for a while.
    let isSettled: Bool

    private static let settlingSeconds = 2

    init?(_ path: String) {
        var facts = stat()
        guard SystemCall.retrying({ stat(path, &facts) }) == 0 else { return nil }
        let (modified, changed) = (facts.st_mtim, facts.st_ctim)
        text =
            "\(facts.st_dev) \(facts.st_ino) \(facts.st_size) "
            + "\(modified.tv_sec).\(modified.tv_nsec) \(changed.tv_sec).\(changed.tv_nsec)"
        let latest = max(modified.tv_sec, changed.tv_sec)
        isSettled = latest + Self.settlingSeconds < time(nil)
    }
}
