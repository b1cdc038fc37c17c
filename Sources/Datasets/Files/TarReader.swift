import DurableFiles
import Foundation

/// Reads the files of a tar archive one after another, plain or gzip, without unpacking it.
///
/// What isn't a regular file (folders, links, extended headers) is passed over. Nothing is ever written,
/// so that names that lead elsewhere do no harm.
///
/// Source: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar's manual for sizes in base 256.
final class TarReader {
    /// A regular file within the archive.
    struct Entry: Equatable {
        let path: String
        let byteCount: Int

        var name: String { path.split(separator: "/").last.map(String.init) ?? "" }
    }

    private let content: FileContent
    private let file: String
    private var buffer: ArraySlice<UInt8> = []
    /// Of the uncompressed archive, where `buffer` begins.
    private var offset = 0
    /// Bytes of the entry's content that weren't read yet, and of the padding behind it.
    private var left = 0
    private var padding = 0

    private static let blockBytes = 512

    /// - Throws: as `FileContent.init`.
    init(_ url: URL, limit: Int) throws {
        content = try FileContent(url, limit: limit)
        file = url.path
    }

    /// The next regular file; what is left of the one before is passed over. Nil at the archive's end.
    ///
    /// - Throws: `DatasetError.tar` for what is no archive or ends early, and what `FileContent` throws.
    func next() throws -> Entry? {
        try skip(left + padding)
        (left, padding) = (0, 0)
        while true {
            let header = try block()
            // Two blocks of zeros end an archive; one is enough.
            guard header.contains(where: { $0 != 0 }) else {
                // What follows means nothing, but gzip's checksum stands at the end.
                while try content.next() != nil {}
                return nil
            }
            let (type, entry) = try parse(header)
            let padding = (Self.blockBytes - entry.byteCount % Self.blockBytes) % Self.blockBytes
            guard type == UInt8(ascii: "0") || type == 0 else {
                try skip(entry.byteCount + padding)
                continue
            }
            (left, self.padding) = (entry.byteCount, padding)
            return entry
        }
    }

    /// Hands on the content of the entry that `next` returned, piece by piece.
    ///
    /// - Returns: its SHA-256.
    /// - Throws: as `next`, and what `body` throws.
    func read(_ body: ([UInt8]) throws -> Void) throws -> String {
        let hasher = SHA256()
        while left > 0 {
            try fill()
            let piece = Array(buffer.prefix(left))
            take(piece.count)
            left -= piece.count
            hasher.update(piece)
            try body(piece)
        }
        return hasher.finalize()
    }

    // MARK: - Headers

    private func parse(_ header: [UInt8]) throws -> (type: UInt8, entry: Entry) {
        let sum = header.enumerated().reduce(0) { sum, byte in
            // The checksum counts as spaces in its own sum.
            sum + ((148..<156).contains(byte.offset) ? 0x20 : Int(byte.element))
        }
        guard number(header[148..<156]) == sum else {
            throw failure("a header whose checksum is wrong; it is no tar archive, or damaged")
        }
        guard let size = number(header[124..<136]) else {
            throw failure("a header whose size is no number")
        }
        let (name, prefix) = (text(header[0..<100]), text(header[345..<500]))
        let isPOSIX = header[257..<262].elementsEqual("ustar".utf8)
        let path = isPOSIX && !prefix.isEmpty ? prefix + "/" + name : name
        return (header[156], Entry(path: path, byteCount: size))
    }

    private func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Octal digits between spaces and zeros, or base 256 where the first bit is set; nil for neither.
    private func number(_ field: ArraySlice<UInt8>) -> Int? {
        if let first = field.first, first & 0x80 != 0 {
            let bytes = [first & 0x7F] + field.dropFirst()
            guard bytes.dropLast(7).allSatisfy({ $0 == 0 }) else { return nil }
            return bytes.suffix(7).reduce(0) { $0 << 8 | Int($1) }
        }
        let digits = field.filter { $0 != 0 && $0 != 0x20 }
        guard !digits.isEmpty, digits.allSatisfy({ $0 & 0xF8 == UInt8(ascii: "0") }) else {
            return nil
        }
        return digits.reduce(0) { $0 << 3 | Int($1 & 7) }
    }

    // MARK: - Bytes

    private func block() throws -> [UInt8] {
        var block: [UInt8] = []
        while block.count < Self.blockBytes {
            try fill()
            let piece = buffer.prefix(Self.blockBytes - block.count)
            block += piece
            take(piece.count)
        }
        return block
    }

    private func skip(_ count: Int) throws {
        var count = count
        while count > 0 {
            try fill()
            let piece = min(count, buffer.count)
            take(piece)
            count -= piece
        }
    }

    private func take(_ count: Int) {
        buffer = buffer.dropFirst(count)
        offset += count
    }

    /// Reads on where nothing is in the buffer.
    private func fill() throws {
        guard buffer.isEmpty else { return }
        guard let piece = try content.next() else { throw failure("the archive ends early") }
        buffer = piece[...]
    }

    private func failure(_ reason: String) -> DatasetError {
        .tar(file: file, offset: offset, reason: reason)
    }
}
