import DurableFiles
import Foundation
import Glibc

/// A store in a folder. Each object is a file; a lock file serialises processes and threads.
///
/// Reading makes no files, so that a folder that is missing or can't be written can be read.
package struct LocalModelStore: ModelStore {
    package let folder: URL
    private let patience: Double
    private let onWait: @Sendable (String) -> Void

    /// - Parameters:
    ///   - folder: made when something is first written.
    ///   - patience: seconds that a writer waits for another.
    ///   - onWait: told the lock's path after a second of waiting.
    package init(
        folder: URL, patience: Double = FileLock.patience,
        onWait: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.folder = folder.standardizedFileURL
        self.patience = patience
        self.onWait = onWait
    }

    package var location: String { folder.path }

    // MARK: - Objects

    /// - Throws: `FileError.unreadable` where it can't be told, such as in a folder that mustn't be
    ///   looked into: that isn't the same as nothing there.
    package func exists(_ key: String) throws -> Bool {
        let url = try url(key)
        guard FileFacts(url.path, followsLinks: true) == nil else { return true }
        guard [ENOENT, ENOTDIR].contains(errno) else {
            throw FileError.unreadable(path: url.path, reason: SystemCall.reason)
        }
        return false
    }

    package func get(_ key: String) throws -> Data? {
        guard try exists(key) else { return nil }
        return try RegularFile.read(try url(key))
    }

    package func put(_ data: Data, at key: String, condition: PutCondition) throws {
        let url = try url(key)
        if condition == .ifAbsent, try exists(key) {
            throw RegistryError.alreadyExists(key: key)
        }
        try AtomicFile.write(data, to: url, exclusive: condition == .ifAbsent)
    }

    package func append(_ data: Data, to key: String, expectedByteCount: Int) throws {
        let url = try url(key)
        let byteCount = try get(key)?.count ?? 0
        guard byteCount == expectedByteCount else {
            throw RegistryError.conflict(
                key: key, expectedByteCount: expectedByteCount, gotByteCount: byteCount)
        }
        try AtomicFile.append(data, to: url)
    }

    package func delete(_ key: String) throws {
        let url = try url(key)
        let path = url.path
        if let link = linkOnTheWay(to: key) {
            throw FileError.unremovable(
                path: path,
                reason:
                    "\(link) is a link, and what it leads to isn't the registry's; remove the link")
        }
        guard SystemCall.retrying({ unlink(path) }) == 0 || errno == ENOENT else {
            throw FileError.unremovable(path: path, reason: SystemCall.reason)
        }
        // A folder left without files is no part of the store; one with files stays.
        rmdir(url.deletingLastPathComponent().path)
    }

    /// The first folder below the store's own ones that is a link.
    private func linkOnTheWay(to key: String) -> String? {
        let names = key.split(separator: "/")
        return names.indices.dropFirst(2).lazy
            .map { "\(self.folder.path)/\(names[..<$0].joined(separator: "/"))" }
            .first { FileFacts($0)?.kind == .link }
    }

    package func list(prefix: String) throws -> [String: Int] {
        var sizes = [String: Int]()
        // Only the folder that the prefix names is walked.
        let parent = prefix.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        for (key, facts) in try files(below: parent) where key.hasPrefix(prefix) {
            sizes[key] = facts.byteCount
        }
        return sizes
    }

    package func localFile(_ key: String) throws -> URL {
        guard try exists(key) else {
            throw RegistryError.modelMissing(path: try url(key).path)
        }
        return try url(key)
    }

    // MARK: - Locks

    package func exclusively<Result>(_ body: () throws -> Result) throws -> Result {
        try FileLock.holding(
            folder.appendingPathComponent("lock"), patience: patience, onWait: onWait
        ) {
            // Whoever left a temporary file was killed: nobody else is writing now.
            try AbandonedFiles.remove(in: folder, isDeep: true)
            return try body()
        }
    }

    // MARK: - Files

    private func url(_ key: String) throws -> URL {
        let names = key.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = names.allSatisfy {
            !$0.isEmpty && !$0.hasPrefix(".") && !$0.utf8.contains(0)
        }
        guard isPlain else { throw RegistryError.key(key) }
        return names.reduce(folder) { $0.appendingPathComponent(String($1)) }
    }

    /// Every regular file below a folder of the store by its key, without hidden ones; links are kept,
    /// but the folder itself may be behind one.
    private func files(below parent: String) throws -> [(key: String, facts: FileFacts)] {
        let start = parent.isEmpty ? folder.path : "\(folder.path)/\(parent)"
        let tree = FileTree(start, links: .kept, givesHidden: false)
        guard tree.rootKind == nil || tree.rootKind == .folder else { return [] }
        let prefix = parent.isEmpty ? "" : parent + "/"
        return try tree.compactMap { entry in
            switch entry.found {
            case .file(let facts):
                let key = entry.path.utf8.dropFirst(start.utf8.count + 1)
                return (prefix + String(decoding: key, as: UTF8.self), facts)
            case .failure(let failure) where !failure.isMissing:
                throw FileError.unreadable(path: entry.path, reason: failure.reason)
            case .failure, .other: return nil
            }
        }
    }
}
