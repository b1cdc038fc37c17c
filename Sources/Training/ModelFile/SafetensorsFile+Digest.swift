import DurableFiles
import Foundation

/// Whether a file's content could be compared with a digest that the file carries.
public enum ContentIntegrity: Sendable, Equatable {
    /// The digest of tensors and metadata is the one that the file carries.
    case verified
    /// The file carries none, as those of other tools and of earlier versions of Tessera.
    case noDigest

    /// What the user of such a file should know; nil where there is nothing to say.
    ///
    /// - Parameter file: its name.
    public func notice(of file: String) -> String? {
        guard self == .noDigest else { return nil }
        return "\(file) has no digest of its content; it can't be told whether it was altered"
    }
}

extension SafetensorsFile {
    /// The metadata entry with the digest of everything else in the file.
    static let digestKey = "tessera_sha256"
    /// The metadata entry that says how the file is written: from 2 on, with a digest. A file that
    /// lost its digest alone is told by it; Tessera's files before had neither entry.
    static let formatVersionKey = "format_version"
    static let formatVersion = 2

    /// The names of metadata entries that are neither these nor the file's own.
    func otherMetadata(than known: [String]) -> [String] {
        let known = Set(known + [Self.digestKey, Self.formatVersionKey])
        return metadata.keys.filter { !known.contains($0) }.sorted()
    }

    /// The same content with its digest, by which each later reading tells alterations.
    ///
    /// It tells damage and careless editing; it is no signature, since whoever alters a file can
    /// compute another one.
    func sealed() -> SafetensorsFile {
        var file = self
        file.metadata[Self.formatVersionKey] = "\(Self.formatVersion)"
        file.metadata[Self.digestKey] = file.contentDigest()
        return file
    }

    /// Compares the content with the digest that the file carries.
    ///
    /// - Throws: `ModelFileError.altered` where they differ, or where the file says that it has a
    ///   digest and has none; `ModelFileError.field` for entries that can't be what was written.
    func verifiedIntegrity() throws -> ContentIntegrity {
        let isSealed = try isWrittenWithDigest()
        guard let expected = metadata[Self.digestKey] else {
            guard !isSealed else {
                throw ModelFileError.altered(file: name, found: "its digest is missing")
            }
            return .noDigest
        }
        guard Self.isDigest(expected) else {
            throw ModelFileError.field(
                file: name, field: "\(Self.metadataKey).\(Self.digestKey)",
                expected: "64 hexadecimal digits in lower case, as Tessera writes them",
                got: String(expected.prefix(80)))
        }
        let got = contentDigest()
        guard got == expected else {
            throw ModelFileError.altered(
                file: name,
                found: "its content has the digest \(got.prefix(12))…, it carries "
                    + "\(expected.prefix(12))…")
        }
        return .verified
    }

    private func isWrittenWithDigest() throws -> Bool {
        guard let text = metadata[Self.formatVersionKey] else { return false }
        // Another tool may use the name for its own; the digest's entry makes it ours.
        guard let version = Int(text), version >= 1, "\(version)" == text else {
            throw ModelFileError.field(
                file: name, field: "\(Self.metadataKey).\(Self.formatVersionKey)",
                expected: "a whole number, as Tessera writes it", got: String(text.prefix(80)))
        }
        guard version <= Self.formatVersion else {
            throw ModelFileError.field(
                file: name, field: "\(Self.metadataKey).\(Self.formatVersionKey)",
                expected: "at most \(Self.formatVersion); use the version of Tessera that wrote it",
                got: text)
        }
        return version >= 2
    }

    private static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// SHA-256 over all that the file says, whatever the order in which it says it: the metadata but
    /// for the digest's own entry, by key, then each tensor's name, type, shape and bytes, by name.
    ///
    /// Each part follows its length, so that no two contents make the same bytes.
    func contentDigest() -> String {
        let hasher = SHA256()
        func add(count: Int) {
            var bytes = [UInt8]()
            bytes.append(littleEndian: UInt64(count))
            hasher.update(bytes)
        }
        func add(_ text: String) {
            add(count: text.utf8.count)
            hasher.update(Array(text.utf8))
        }
        let entries = metadata.filter { $0.key != Self.digestKey }
            .sorted { $0.key.precedesBytewise($1.key) }
        add(count: entries.count)
        for (key, value) in entries {
            add(key)
            add(value)
        }
        add(count: tensors.count)
        for (name, tensor) in tensors.sorted(by: { $0.key.precedesBytewise($1.key) }) {
            add(name)
            add(tensor.dtype.rawValue)
            add(count: tensor.shape.count)
            for dimension in tensor.shape { add(count: dimension) }
            add(count: tensor.data.count)
            hasher.update(tensor.data)
        }
        return hasher.finalize()
    }
}
