import DurableFiles
import Foundation
import GRDB
import Glibc
import SafeText

/// Why the run store can't be opened, read or written.
package enum StoreError: Error, Equatable, CustomStringConvertible {
    case notAStore(path: String, reason: String)
    case newer(path: String, migrations: [String])
    case full(path: String)
    case busy(path: String)
    case failed(path: String, reason: String)
    case unknownRun(String, similar: [String])
    case ambiguousRun(String, matches: [String])
    case runIsRunning(String)
    case runsAreRunning([String])
    /// What is stored was altered, by a disk or by somebody.
    case damaged(path: String, table: String, row: String, column: String, reason: String)
    case notARunID(String)
    /// A run was deleted, and not all of its files.
    case leftovers(run: String, reason: String)

    package var description: String {
        switch self {
        case .notAStore(let path, let reason):
            "\(path): not a run store (\(reason)). Move the file away to start a new store; the "
                + "artifacts beside it stay."
        case .newer(let path, let migrations):
            "\(path): written by a newer version of Tessera (\(migrations.joined(separator: ", "))). "
                + "Use that version, or another --home."
        case .full(let path):
            "\(path): the disk is full. What was recorded before is kept; make room and run again."
        case .busy(let path):
            "\(path): another process has kept the store locked for too long; try again when it is "
                + "done."
        case .failed(let path, let reason): "\(path): \(reason)"
        case .unknownRun(let id, let similar):
            "no run \(id)"
                + (similar.isEmpty
                    ? Suggestion.clause(
                        for: id, in: ["latest", "deployed"],
                        next: "`tessera runs list` shows them")
                    : "; did you mean \(similar.joined(separator: ", "))?")
        case .ambiguousRun(let id, let matches):
            "\(id) is the start of several runs: \(matches.joined(separator: ", "))"
        case .runIsRunning(let id): "run \(id) is running; end it first, or wait for it"
        case .runsAreRunning(let ids):
            "nothing was removed, since runs are running: \(ids.joined(separator: ", ")); try again "
                + "when they have ended"
        case .damaged(let path, let table, let row, let column, let reason):
            "\(path): damaged: table \(table), \(row), column \(column): \(reason). Restore the file "
                + "from a copy, or remove what is damaged: \(StoreError.remedy(path, table, row))"
        case .notARunID(let id):
            "\(StoreRow.quoted(id)) can't be a run's id, which is like \(RunID.example); check the "
                + "machine's clock"
        case .leftovers(let run, let reason):
            "run \(run) was deleted, but not all of its files: \(reason) `tessera runs gc` tries it "
                + "again"
        }
    }

    private static func remedy(_ path: String, _ table: String, _ row: String) -> String {
        if table == "run", let id = row.split(separator: " ").last, RunID.isValid(String(id)) {
            return "`tessera runs delete \(id)`"
        }
        let number = row.split(separator: " ").dropFirst().first ?? ""
        guard row.hasPrefix("row "), Int(number) != nil else {
            return "`tessera runs delete` with that run"
        }
        return table == "run"
            ? "sqlite3 \(path) 'PRAGMA foreign_keys = ON; DELETE FROM run WHERE rowid = \(number)'"
            : "`tessera runs delete` with its run, then `tessera runs gc`"
    }

    /// What SQLite said, in the words of a user.
    init(_ error: DatabaseError, path: String) {
        switch error.resultCode {
        case .SQLITE_FULL: self = .full(path: path)
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            self = .notAStore(path: path, reason: error.message ?? "damaged")
        case .SQLITE_IOERR where StoreError.isDiskFull(path):
            // The log's index is a mapped file, whose growing fails with another code.
            self = .full(path: path)
        case .SQLITE_IOERR:
            self = .failed(
                path: path,
                reason: "can't be read or written (\(error.message ?? "I/O error")); "
                    + "check the disk's free space and permissions")
        case .SQLITE_CANTOPEN, .SQLITE_READONLY:
            self = .failed(
                path: path,
                reason: "can't be opened for writing: "
                    + (StoreError.obstacle(path) ?? error.message ?? "\(error.resultCode)"))
        default: self = .failed(path: path, reason: error.message ?? "\(error.resultCode)")
        }
    }

    /// Why a store can't be written, in the system's words; nil where it could.
    private static func obstacle(_ path: String) -> String? {
        let folder = (path as NSString).deletingLastPathComponent
        for place in [path, folder] where access(place, W_OK) != 0 && errno != ENOENT {
            return SystemCall.reason
        }
        return nil
    }

    /// Whether the store may be read from a copy: nothing is wrong with it but that it can't be written.
    package var isAboutWriting: Bool {
        switch self {
        case .full, .failed: true
        default: false
        }
    }

    private static func isDiskFull(_ path: String) -> Bool {
        var facts = statvfs()
        let folder = (path as NSString).deletingLastPathComponent
        guard SystemCall.retrying({ statvfs(folder, &facts) }) == 0 else { return false }
        return UInt64(facts.f_bavail) * UInt64(facts.f_frsize) < 1 << 16
    }
}
