import DurableFiles
import Foundation

/// Named tensors and text metadata in the safetensors format: the length of a JSON header, the
/// header, then the tensors' bytes without gaps.
///
/// Reading enforces the format's own rules and is stricter than the reference implementation where
/// that lets two readers see different models in one file: duplicate keys, unknown fields and
/// anything but spaces after the header are refused.
///
/// Source: the format's description in huggingface/safetensors, version 0.8.0.
public struct SafetensorsFile: Sendable, Equatable {
    /// Elements in row-major order, little-endian.
    public struct Tensor: Sendable, Equatable {
        public var dtype: DType
        /// Empty for a scalar.
        public var shape: [Int]
        public var data: Data

        public init(dtype: DType, shape: [Int], data: Data) {
            self.dtype = dtype
            self.shape = shape
            self.data = data
        }
    }

    /// Names the file in messages; not part of the content.
    public var name: String
    public var tensors: [String: Tensor]
    /// The header's `__metadata__`; an empty one is not written.
    public var metadata: [String: String]
    /// Of the bytes that were read; a file put together in memory has no digest yet.
    public private(set) var integrity = ContentIntegrity.noDigest

    public init(
        tensors: [String: Tensor] = [:], metadata: [String: String] = [:],
        name: String = "model.safetensors"
    ) {
        self.name = name
        self.tensors = tensors
        self.metadata = metadata
    }

    /// Reads a whole file's bytes.
    ///
    /// - Parameter name: names the file in messages.
    /// - Throws: `ModelFileError` saying what breaks the format and where, and `altered` for content
    ///   that isn't the one whose digest the file carries.
    public init(parsing data: Data, name: String) throws {
        self.init(name: name)
        try parse(data)
        integrity = try verifiedIntegrity()
    }

    /// Two files are equal when their contents are, whatever they are called.
    public static func == (left: Self, right: Self) -> Bool {
        left.tensors == right.tensors && left.metadata == right.metadata
    }

    /// The tensors' names in the order of their bytes in a file that `encoded` makes.
    public var names: [String] {
        tensors.sorted { left, right in
            let (leftRank, rightRank) = (left.value.dtype.rank, right.value.dtype.rank)
            if leftRank != rightRank { return leftRank > rightRank }
            return left.key.precedesBytewise(right.key)
        }.map(\.key)
    }

    // MARK: - Files

    /// Reads and checks a file.
    ///
    /// - Throws: `FileError.unreadable`; `ModelFileError` for content that breaks the format.
    public static func read(_ url: URL) throws -> SafetensorsFile {
        try checkStart(of: url)
        return try SafetensorsFile(parsing: RegularFile.read(url), name: url.lastPathComponent)
    }

    /// Writes the file atomically, then reads it back and compares.
    ///
    /// - Parameter exclusive: fail instead of replacing a file that exists.
    /// - Throws: `FileError`; `ModelFileError` for tensors that can't be written.
    public func write(to url: URL, exclusive: Bool = false) throws {
        let bytes = try encoded()
        try AtomicFile.write(bytes, to: url, exclusive: exclusive)
        guard try RegularFile.read(url) == bytes else {
            throw ModelFileError.readBack(file: url.lastPathComponent)
        }
    }
}

extension String {
    /// The order of UTF-8 bytes; Swift's own compares characters, which may be written two ways.
    func precedesBytewise(_ other: String) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8)
    }
}
