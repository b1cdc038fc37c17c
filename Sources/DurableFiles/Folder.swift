import Foundation
import Glibc

/// Folders: made, listed, removed and made durable, whatever signal comes in between.
package enum Folder {
    /// Makes a folder and those above it.
    ///
    /// - Throws: `FileError.unwritable`.
    package static func make(_ folder: URL) throws {
        let path = folder.path
        if SystemCall.retrying({ mkdir(path, 0o777) }) == 0 || isFolder(path) { return }
        let parent = folder.deletingLastPathComponent().standardizedFileURL
        guard errno == ENOENT, parent.path != path else { throw failure(path) }
        try make(parent)
        guard SystemCall.retrying({ mkdir(path, 0o777) }) == 0 || isFolder(path) else {
            throw failure(path)
        }
    }

    /// The names in a folder, sorted; none where there is no folder.
    ///
    /// - Throws: `FileError.unreadable`.
    package static func names(in folder: URL) throws -> [String] {
        guard let stream = SystemCall.retrying({ opendir(folder.path) }) else {
            if errno == ENOENT { return [] }
            throw FileError.unreadable(path: folder.path, reason: SystemCall.reason)
        }
        defer { closedir(stream) }
        var names: [String] = []
        let code = forEachEntry(of: stream) { name, _ in names.append(String(cString: name)) }
        guard code == 0 else {
            throw FileError.unreadable(
                path: folder.path, reason: String(cString: strerror(code)))
        }
        return names.sorted()
    }

    /// Gives each entry's name and type (`DT_…`), without `.` and `..`, in no order.
    ///
    /// - Returns: 0, or the code of the system's error that ended the listing.
    static func forEachEntry(
        of stream: OpaquePointer, _ body: (UnsafePointer<CChar>, _ type: Int) -> Void
    ) -> Int32 {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno == EINTR { continue }
                return errno
            }
            withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { name in
                    if strcmp(name, ".") != 0 && strcmp(name, "..") != 0 {
                        body(name, Int(entry.pointee.d_type))
                    }
                }
            }
        }
    }

    /// Removes a file, a link, or a folder with all that is in it; nothing where nothing is. Links
    /// are removed, not followed. What failed in the middle is taken up by the next call.
    ///
    /// - Throws: `FileError.unremovable`, `FileError.unreadable`.
    package static func remove(_ url: URL) throws {
        let path = url.path
        guard let status = FileFacts(path) else {
            if errno == ENOENT || errno == ENOTDIR { return }
            throw FileError.unremovable(path: path, reason: SystemCall.reason)
        }
        if status.kind == .folder {
            for name in try names(in: url) { try remove(url.appendingPathComponent(name)) }
        }
        let result = SystemCall.retrying { status.kind == .folder ? rmdir(path) : unlink(path) }
        guard result == 0 || errno == ENOENT else {
            throw FileError.unremovable(path: path, reason: SystemCall.reason)
        }
    }

    /// The bytes of all files in a folder and below it; links aren't followed.
    ///
    /// - Throws: `FileError.unreadable`.
    package static func byteCount(of folder: URL) throws -> Int {
        guard FileFacts(folder.path)?.kind != .link else { return 0 }
        return try FileTree(folder.path, links: .kept).reduce(0) { sum, entry in
            switch entry.found {
            case .file(let facts): return sum + facts.byteCount
            case .other: return sum
            case .failure(let failure):
                if failure.isMissing { return sum }
                throw FileError.unreadable(path: entry.path, reason: failure.reason)
            }
        }
    }

    /// Waits until what was made, renamed or removed in a folder is on the disk.
    ///
    /// - Parameter outcome: what is there if that fails.
    /// - Throws: `FileError.unwritable`.
    package static func sync(_ folder: URL, outcome: FileError.Outcome = .replaced) throws {
        func failure(_ step: String) -> FileError {
            .unwritable(
                path: folder.path, step: step, reason: SystemCall.reason, outcome: outcome)
        }
        let descriptor = SystemCall.retrying {
            open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw failure("open folder") }
        defer { close(descriptor) }
        guard SystemCall.retrying({ fsync(descriptor) }) == 0 else { throw failure("fsync folder") }
    }

    /// Keeps `errno` for the caller, unless it is a folder.
    private static func isFolder(_ path: String) -> Bool {
        let code = errno
        if code == EEXIST, FileFacts(path, followsLinks: true)?.kind == .folder { return true }
        errno = code
        return false
    }

    private static func failure(_ path: String) -> FileError {
        let (code, reason) = (errno, SystemCall.reason)
        // "File exists" would say little of a link to nothing.
        let broken =
            code == EEXIST && FileFacts(path, followsLinks: true) == nil
            ? BrokenLink(path, after: ENOENT) : nil
        return .unwritable(
            path: path, step: "make folder", reason: broken?.reason ?? reason, outcome: .unchanged)
    }
}
