import DurableFiles
import Foundation
import GRDB

extension RunStore {
    /// SHA-256 of files' contents, remembered as long as a file's place, size and times say that it
    /// wasn't written since.
    ///
    /// The time of the last change of a file's status, which no program can set, is among them. A file
    /// that was changed within the last seconds isn't remembered, since it could be again within the
    /// same tick of the clock (as Git treats its index). What links lead to counts, and not the links.
    ///
    /// All that is remembered is read at once, and what is new is kept in one transaction: a folder of
    /// which nothing changed costs a `stat` a file, which was made when it was walked.
    ///
    /// - Parameter folder: the files are all of those below it: what is remembered of others there is
    ///   forgotten.
    /// - Returns: for each file its digest, or why it can't be read.
    /// - Throws: `StoreError`.
    package func digests(
        of files: [FoundFile], below folder: String? = nil
    ) throws -> [Result<String, FileError>] {
        var known = try read { try KnownDigests($0, of: files, below: folder) }
        var added: [(file: FoundFile, digest: String)] = []
        let digests = files.indices.map { index -> Result<String, FileError> in
            if let digest = known.digests[index] { return .success(digest) }
            let file = files[index]
            let now = Date()
            return SHA256.digest(ofFile: file.path).map { digest, facts in
                if facts == file.facts, facts.isSettled(at: now) { added.append((file, digest)) }
                return digest
            }
        }
        guard !added.isEmpty || !known.gone.isEmpty else { return digests }
        try write { try $0.remember(added, forgetting: known.gone) }
        known.gone = []
        return digests
    }

    /// The same of one file.
    ///
    /// - Throws: `FileError.unreadable`, `StoreError`.
    package func digest(ofFile url: URL) throws -> String {
        guard let facts = try FileFacts.find(url) else {
            throw FileError.unreadable(path: url.path, reason: "there is no such file")
        }
        return try digests(of: [FoundFile(path: url.path, facts: facts)])[0].get()
    }
}

extension FileFacts {
    private static let settlingSeconds: Int64 = 2

    /// Whether the file was left alone for a while.
    fileprivate func isSettled(at now: Date) -> Bool {
        let nanoseconds = Int64(now.timeIntervalSince1970 * 1e9)
        return max(modified, changed) + Self.settlingSeconds * 1_000_000_000 < nanoseconds
    }
}

/// What the store remembers of some files.
private struct KnownDigests {
    /// In the order of the files; nil for one that is new or was written since.
    private(set) var digests: [String?]
    /// Paths below the folder that are none of the files'.
    fileprivate(set) var gone: [String] = []

    private static let columns = "path, device, inode, bytes, modified, changed, digest"

    init(_ db: Database, of files: [FoundFile], below folder: String?) throws {
        digests = Array(repeating: nil, count: files.count)
        if let folder {
            try readAll(db, files, folder)
        } else {
            let statement = try db.cachedStatement(
                sql: "SELECT \(Self.columns) FROM file_state WHERE path = ?")
            for (index, file) in files.enumerated() {
                if let row = try Row.fetchOne(statement, arguments: [file.path]) {
                    take(row, index, file.facts)
                }
            }
        }
    }

    private mutating func readAll(
        _ db: Database, _ files: [FoundFile], _ folder: String
    ) throws {
        let indices = Dictionary(
            files.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })
        let start = folder.hasSuffix("/") ? folder : folder + "/"
        // The character after the slash ends what begins with it.
        let end = start.dropLast() + "0"
        let rows = try Row.fetchCursor(
            db, sql: "SELECT \(Self.columns) FROM file_state WHERE path >= ? AND path < ?",
            arguments: [start, String(end)])
        while let row = try rows.next() {
            let path: String = row[0]
            if let index = indices[path] {
                take(row, index, files[index].facts)
            } else {
                gone.append(path)
            }
        }
    }

    private mutating func take(_ row: Row, _ index: Int, _ facts: FileFacts) {
        let isUnchanged =
            row[1] == Int64(bitPattern: facts.device) && row[2] == Int64(bitPattern: facts.inode)
            && row[3] == Int64(facts.byteCount) && row[4] == facts.modified
            && row[5] == facts.changed
        if isUnchanged { digests[index] = row[6] }
    }
}

extension Database {
    fileprivate func remember(
        _ added: [(file: FoundFile, digest: String)], forgetting gone: [String]
    ) throws {
        let deletion = try cachedStatement(sql: "DELETE FROM file_state WHERE path = ?")
        for path in gone { try deletion.execute(arguments: [path]) }
        let insertion = try cachedStatement(
            sql: "INSERT OR REPLACE INTO file_state VALUES (?, ?, ?, ?, ?, ?, ?)")
        for (file, digest) in added {
            let facts = file.facts
            try insertion.execute(arguments: [
                file.path, Int64(bitPattern: facts.device), Int64(bitPattern: facts.inode),
                facts.byteCount, facts.modified, facts.changed, digest,
            ])
        }
    }
}
