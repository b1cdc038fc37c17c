import DurableFiles
import Foundation
import Glibc

/// A store in a folder. Each object is a file; a lock file serialises processes and threads.
///
/// Reading makes no files, so that a folder that is missing or can't be written can be read.
public struct LocalModelStore: ModelStore {
    public let folder: URL

    /// - Parameter folder: made when something is first written.
    public init(folder: URL) { self.folder = folder.standardizedFileURL }

    public var location: String { folder.path }

    // MARK: - Objects

    public func exists(_ key: String) throws -> Bool {
        FileManager.default.fileExists(atPath: try url(key).path)
    }

    public func get(_ key: String) throws -> Data? {
        let url = try url(key)
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        return try RegularFile.read(url)
    }

    public func put(_ data: Data, at key: String, condition: PutCondition) throws {
        let url = try url(key)
        if condition == .ifAbsent, try exists(key) {
            throw RegistryError.alreadyExists(key: key)
        }
        try AtomicFile.write(data, to: url, exclusive: condition == .ifAbsent)
    }

    public func append(_ data: Data, to key: String, expectedByteCount: Int) throws {
        let url = try url(key)
        let byteCount = try get(key)?.count ?? 0
        guard byteCount == expectedByteCount else {
            throw RegistryError.conflict(
                key: key, expectedByteCount: expectedByteCount, gotByteCount: byteCount)
        }
        try AtomicFile.append(data, to: url)
    }

    public func delete(_ key: String) throws {
        let url = try url(key)
        guard unlink(url.path) == 0 || errno == ENOENT else {
            throw Self.failure(url, "remove")
        }
        // A folder left without files is no part of the store; one with files stays.
        rmdir(url.deletingLastPathComponent().path)
    }

    public func list(prefix: String) throws -> [String: Int] {
        var sizes = [String: Int]()
        // Only the folder that the prefix names is walked.
        let parent = prefix.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
        for (key, url) in try files(below: parent) where key.hasPrefix(prefix) {
            guard !key.split(separator: "/").contains(where: { $0.hasPrefix(".") }) else {
                continue
            }
            let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
            guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
            sizes[key] = (attributes[.size] as? Int) ?? 0
        }
        return sizes
    }

    public func localFile(_ key: String) throws -> URL {
        guard try exists(key) else {
            throw RegistryError.modelMissing(path: try url(key).path)
        }
        return try url(key)
    }

    // MARK: - Locks

    public func exclusively<Result>(_ body: () throws -> Result) throws -> Result {
        try AtomicFile.makeFolder(folder)
        return try locked(O_RDWR | O_CREAT, LOCK_EX) {
            // Whoever left a temporary file was killed: nobody else is writing now.
            for (_, url) in try files(below: "") where url.lastPathComponent.isTemporaryName {
                guard unlink(url.path) == 0 else { throw Self.failure(url, "remove") }
            }
            return try body()
        }
    }

    public func sharing<Result>(_ body: () throws -> Result) throws -> Result {
        // Writers make the lock file first; without one nothing was ever written.
        guard FileManager.default.fileExists(atPath: lockPath) else { return try body() }
        return try locked(O_RDONLY, LOCK_SH, body)
    }

    private var lockPath: String { folder.appendingPathComponent("lock").path }

    private func locked<Result>(
        _ flags: Int32, _ operation: Int32, _ body: () throws -> Result
    ) throws -> Result {
        // A descriptor of its own makes the lock hold between threads as well.
        let descriptor = open(lockPath, flags | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(URL(fileURLWithPath: lockPath), "open") }
        defer { close(descriptor) }
        while flock(descriptor, operation) != 0 {
            guard errno == EINTR else {
                throw Self.failure(URL(fileURLWithPath: lockPath), "lock")
            }
        }
        return try body()
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

    /// Every file below a folder of the store, hidden ones included, by its key.
    private func files(below parent: String) throws -> [(key: String, url: URL)] {
        let start = parent.isEmpty ? folder : folder.appendingPathComponent(parent)
        guard FileManager.default.fileExists(atPath: start.path) else { return [] }
        let names: [String]
        do { names = try FileManager.default.subpathsOfDirectory(atPath: start.path) } catch {
            throw FileError.unreadable(path: start.path, reason: error.localizedDescription)
        }
        return names.map {
            ((parent.isEmpty ? "" : parent + "/") + $0, start.appendingPathComponent($0))
        }
    }

    private static func failure(_ url: URL, _ step: String) -> FileError {
        .unwritable(path: url.path, step: step, reason: String(cString: strerror(errno)))
    }
}

extension String {
    /// The form of `AtomicFile`'s temporary names, `.NAME.PROCESS.NUMBER.tmp`, and nothing wider:
    /// a user's own files may lie beside the registry's.
    fileprivate var isTemporaryName: Bool {
        let parts = split(separator: ".", omittingEmptySubsequences: false)
        return parts.count >= 5 && parts[0].isEmpty && parts.last == "tmp"
            && parts.suffix(3).dropLast().allSatisfy { UInt32($0) != nil }
    }
}
