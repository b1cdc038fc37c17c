import DurableFiles
import Foundation

/// A file's content, plain or gzip (told apart by the first two bytes), read from its start on.
///
/// The bounds hold while it is read, so that no more than a piece is in memory.
final class FileContent {
    private let url: URL
    private let limit: Int
    private let file: FileReader
    private let hasher = SHA256()
    private var inflater: GzipInflater?
    private var input: ArraySlice<UInt8> = []
    private var isAtEnd = false
    private var compressedBytes = 0
    private var total = 0

    /// Compressed bytes that are inflated at once: at most 4 MiB come of them.
    private static let step = 4096
    /// What gzip may hold at most: so many times its own size, and so much whatever its size.
    /// Images of digits are three to ten times as large as their gzip, text ten.
    static let gzipRatio = 64
    static let gzipAllowance = 16 << 20

    /// - Parameter limit: most uncompressed bytes; a file that holds more is refused as soon as the
    ///   limit is passed, whatever its compressed size.
    /// - Throws: `FileError.unreadable`, for a folder, a pipe or a device as well.
    init(_ url: URL, limit: Int) throws {
        self.url = url
        self.limit = limit
        if try FileFacts.find(url)?.kind == .folder {
            throw FileError.unreadable(path: url.path, reason: "it is a folder, expected a file")
        }
        file = try FileReader(url)
        input = try file.read(1 << 17)[...]
        if input.starts(with: [0x1f, 0x8b]) { inflater = GzipInflater() }
    }

    /// The next bytes of the uncompressed content; nil at its end.
    ///
    /// - Throws: `DatasetError.gzip`, `.tooLarge`, `.gzipRatio`, `FileError.unreadable`.
    func next() throws -> [UInt8]? {
        while true {
            let piece = try inflater == nil ? nextPlain() : nextInflated()
            guard let piece else { return nil }
            guard !piece.isEmpty else { continue }
            total += piece.count
            try checkSize()
            hasher.update(piece)
            return piece
        }
    }

    /// SHA-256 of the uncompressed content; call it once, after its end.
    func digest() -> String { hasher.finalize() }

    // MARK: - Pieces

    private func nextPlain() throws -> [UInt8]? {
        let piece = Array(input)
        guard !piece.isEmpty else { return nil }
        input = try file.read(1 << 17)[...]
        return piece
    }

    private func nextInflated() throws -> [UInt8]? {
        guard let inflater, !isAtEnd else { return nil }
        do {
            if input.isEmpty { input = try file.read(1 << 17)[...] }
            guard !input.isEmpty else {
                isAtEnd = true
                try inflater.finish()
                return nil
            }
            let compressed = Array(input.prefix(Self.step))
            input = input.dropFirst(compressed.count)
            compressedBytes += compressed.count
            var piece: [UInt8] = []
            try inflater.inflate(compressed) { piece += $0 }
            return piece
        } catch let fault as GzipFault {
            throw DatasetError.gzip(file: url.path, offset: fault.offset, reason: fault.reason)
        }
    }

    private func checkSize() throws {
        guard total <= limit else { throw DatasetError.tooLarge(file: url.path, limit: limit) }
        guard inflater != nil else { return }
        let bound = max(compressedBytes, file.byteCount) * Self.gzipRatio + Self.gzipAllowance
        guard total <= bound else {
            throw DatasetError.gzipRatio(
                file: url.path, compressed: file.byteCount, limit: bound, ratio: Self.gzipRatio)
        }
    }
}

extension FileContent {
    /// Hands the uncompressed content to `body` piece by piece.
    ///
    /// - Returns: SHA-256 of the uncompressed content.
    /// - Throws: as `init` and `next`, or what `body` throws.
    static func read(
        _ url: URL, limit: Int, body: ([UInt8]) throws -> Void
    ) throws -> String {
        let content = try FileContent(url, limit: limit)
        while let piece = try content.next() { try body(piece) }
        return content.digest()
    }

    /// SHA-256 of the uncompressed content.
    static func digest(of url: URL, limit: Int) throws -> String {
        try read(url, limit: limit) { _ in }
    }
}
