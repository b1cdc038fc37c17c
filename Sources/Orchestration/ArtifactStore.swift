import DurableFiles
import Foundation

/// Files named by the SHA-256 of their content, so that equal ones are kept once and a changed one
/// shows.
package struct ArtifactStore: Sendable {
    package let folder: URL

    package init(home: URL) { folder = home.appendingPathComponent("artifacts") }

    /// 64 hexadecimal digits, in lower case.
    static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    /// Where an artifact lies: two digits of its digest, then the rest.
    ///
    /// - Precondition: a digest, and no other name.
    package func url(of digest: String) -> URL {
        precondition(ArtifactStore.isDigest(digest), "\(digest) is no digest")
        return folder.appendingPathComponent("\(digest.prefix(2))/\(digest.dropFirst(2))")
    }

    /// Keeps bytes.
    ///
    /// - Returns: their digest.
    /// - Throws: `FileError.unwritable`; then nothing was kept.
    package func add(_ bytes: Data) throws -> String {
        let digest = SHA256.hexDigest(of: bytes)
        if try state(of: digest, bytes: bytes.count) != .intact {
            try AtomicFile.write(bytes, to: url(of: digest))
        }
        return digest
    }

    /// How an artifact is found.
    package enum State: Sendable, Equatable {
        case intact
        case missing
        /// Its content has another digest, or another length.
        case damaged
    }

    /// Reads an artifact through to see whether it still is what it was.
    ///
    /// - Parameter bytes: its length, which is looked at first.
    /// - Throws: `FileError.unreadable` for a file that is there and can't be read.
    package func state(of digest: String, bytes: Int) throws -> State {
        let url = url(of: digest)
        guard let facts = FileFacts(url.path, followsLinks: true) else { return .missing }
        guard facts.kind == .file, facts.byteCount == bytes else { return .damaged }
        return try SHA256.hexDigest(ofFile: url) == digest ? .intact : .damaged
    }

    /// An artifact's content.
    ///
    /// - Parameter parse: reads the bytes.
    /// - Throws: `ArtifactError`, `FileError.unreadable`, and what `parse` throws.
    package func read<Content>(
        _ digest: String, as parse: (Data) throws -> Content
    ) throws -> Content {
        let bytes = try read(digest)
        do { return try parse(bytes) } catch let error as DecodingError {
            throw ArtifactError.form(path: url(of: digest).path, reason: error.inWords)
        }
    }

    /// An artifact's bytes.
    ///
    /// - Throws: `ArtifactError`, `FileError.unreadable`.
    package func read(_ digest: String) throws -> Data {
        let url = url(of: digest)
        guard FileFacts(url.path, followsLinks: true) != nil else {
            throw ArtifactError.missing(path: url.path)
        }
        let bytes = try RegularFile.read(url)
        guard SHA256.hexDigest(of: bytes) == digest else {
            throw ArtifactError.damaged(path: url.path)
        }
        return bytes
    }
}

package enum ArtifactError: Error, Equatable, CustomStringConvertible {
    case missing(path: String)
    case damaged(path: String)
    /// Whole, but not what it is said to be.
    case form(path: String, reason: String)

    package var description: String {
        switch self {
        case .missing(let path):
            "\(path): the artifact is missing; run its stage again to build it"
        case .damaged(let path):
            "\(path): the artifact's content is not what was stored; run its stage again to build it"
        case .form(let path, let reason):
            "\(path): the artifact is not of the form that its record says (\(reason)); run its stage "
                + "again with --force"
        }
    }
}

extension DecodingError {
    /// Where in the JSON it is, and what.
    var inWords: String {
        switch self {
        case .dataCorrupted(let context): Self.words(context)
        case .keyNotFound(let key, let context): "\(key.stringValue): \(Self.words(context))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context): Self.words(context)
        @unknown default: "\(self)"
        }
    }

    private static func words(_ context: Context) -> String {
        let place = context.codingPath.map(\.stringValue).joined(separator: ".")
        return place.isEmpty ? context.debugDescription : "\(place): \(context.debugDescription)"
    }
}
