import DurableFiles
import Foundation

/// Files named by the SHA-256 of their content, so that equal ones are kept once and a changed one
/// shows.
public struct ArtifactStore: Sendable {
    public let folder: URL

    public init(home: URL) { folder = home.appendingPathComponent("artifacts") }

    /// Where an artifact lies: two digits of its digest, then the rest.
    public func url(of digest: String) -> URL {
        folder.appendingPathComponent("\(digest.prefix(2))/\(digest.dropFirst(2))")
    }

    /// Keeps bytes.
    ///
    /// - Returns: their digest.
    /// - Throws: `FileError.unwritable`; then nothing was kept.
    public func add(_ bytes: Data) throws -> String {
        let digest = SHA256.hexDigest(of: bytes)
        if try state(of: digest, bytes: bytes.count) != .intact {
            try AtomicFile.write(bytes, to: url(of: digest))
        }
        return digest
    }

    /// How an artifact is found.
    public enum State: Sendable, Equatable {
        case intact
        case missing
        /// Its content has another digest, or another length.
        case damaged
    }

    /// Reads an artifact through to see whether it still is what it was.
    ///
    /// - Parameter bytes: its length, which is looked at first.
    /// - Throws: `FileError.unreadable` for a file that is there and can't be read.
    public func state(of digest: String, bytes: Int) throws -> State {
        let url = url(of: digest)
        guard let size = try? FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int
        else { return .missing }
        guard size == bytes else { return .damaged }
        return try SHA256.hexDigest(ofFile: url) == digest ? .intact : .damaged
    }

    /// An artifact's bytes.
    ///
    /// - Throws: `ArtifactError`, `FileError.unreadable`.
    public func read(_ digest: String) throws -> Data {
        let url = url(of: digest)
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw ArtifactError.missing(path: url.path)
        }
        let bytes = try RegularFile.read(url)
        guard SHA256.hexDigest(of: bytes) == digest else {
            throw ArtifactError.damaged(path: url.path)
        }
        return bytes
    }
}

public enum ArtifactError: Error, Equatable, CustomStringConvertible {
    case missing(path: String)
    case damaged(path: String)

    public var description: String {
        switch self {
        case .missing(let path):
            "\(path): the artifact is missing; run its stage again to make it"
        case .damaged(let path):
            "\(path): the artifact's content is not what was stored; run its stage again to make it"
        }
    }
}
