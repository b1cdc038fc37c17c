import Foundation
import Glibc
import Synchronization

/// How many files were removed, or would be.
package struct RemovedFiles: Sendable, Equatable {
    package var count = 0
    package var bytes = 0

    package init(count: Int = 0, bytes: Int = 0) {
        self.count = count
        self.bytes = bytes
    }

    package static func += (sum: inout RemovedFiles, other: RemovedFiles) {
        sum.count += other.count
        sum.bytes += other.bytes
    }
}

/// Temporary files whose writers were killed.
package enum AbandonedFiles {
    /// Removes those of a folder: regular files that have the form of our temporary names and that no
    /// process holds. What is being written now stays.
    ///
    /// - Parameters:
    ///   - name: of one destination only; of any if nil.
    ///   - isDeep: the folders below as well; links aren't followed.
    ///   - isTrial: removes nothing and counts only.
    /// - Throws: `FileError.unreadable`, `FileError.unremovable`.
    @discardableResult
    package static func remove(
        in folder: URL, of name: String? = nil, isDeep: Bool = false, isTrial: Bool = false
    ) throws -> RemovedFiles {
        var removed = RemovedFiles()
        let files =
            try isDeep
            ? filesBelow(folder) : Folder.names(in: folder).map { folder.path + "/" + $0 }
        for file in files {
            let url = URL(fileURLWithPath: file)
            guard isTemporaryName(url.lastPathComponent, of: name) else { continue }
            removed += try remove(url, isTrial: isTrial)
        }
        return removed
    }

    private static func filesBelow(_ folder: URL) throws -> [String] {
        try FileTree(folder.path, links: .kept).compactMap { entry in
            guard case .failure(let failure) = entry.found else { return entry.path }
            if failure.isMissing { return nil }
            throw FileError.unreadable(path: entry.path, reason: failure.reason)
        }
    }

    /// Whether a name has the form of our temporary names, `.NAME.PROCESS.NUMBER.tmp`, and nothing
    /// wider: a user's own files may lie beside ours.
    package static func isTemporaryName(_ name: String, of destination: String? = nil) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 5, parts[0].isEmpty, parts.last == "tmp",
            parts.suffix(3).dropLast().allSatisfy({ UInt32($0) != nil })
        else { return false }
        let original = parts.dropFirst().dropLast(3).joined(separator: ".")
        return destination.map { $0 == original } ?? !original.isEmpty
    }

    private static func remove(_ url: URL, isTrial: Bool) throws -> RemovedFiles {
        let path = url.path
        let descriptor = SystemCall.retrying {
            open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        }
        // Somebody else's, or gone already.
        guard descriptor >= 0 else { return RemovedFiles() }
        defer { close(descriptor) }
        guard let status = FileFacts(descriptor: descriptor), status.kind == .file,
            SystemCall.retrying({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0,
            FileFacts(path)?.isSameFile(as: status) == true
        else { return RemovedFiles() }
        guard isTrial || SystemCall.retrying({ unlink(path) }) == 0 || errno == ENOENT else {
            throw FileError.unremovable(path: path, reason: SystemCall.reason)
        }
        return RemovedFiles(count: 1, bytes: status.byteCount)
    }

    // MARK: - Before writing

    /// The folders that this process has looked at, with the temporary names that were there.
    private static let known = Mutex<[String: Set<String>]>([:])

    /// Removes what an earlier process left of this file. A folder is listed once a process, lest
    /// many files in one folder cost the square of their number.
    static func clearOnce(before destination: URL) {
        let folder = destination.deletingLastPathComponent()
        let name = destination.lastPathComponent
        let found = known.withLock { known in
            if known[folder.path] == nil {
                let names = (try? Folder.names(in: folder)) ?? []
                known[folder.path] = Set(names.filter { isTemporaryName($0) })
            }
            let found = known[folder.path]!.filter { isTemporaryName($0, of: name) }
            known[folder.path]!.subtract(found)
            return found
        }
        // What can't be removed hinders nobody; `runs gc` says why.
        for entry in found {
            _ = try? remove(folder.appendingPathComponent(entry), isTrial: false)
        }
    }
}
