import DurableFiles
import Foundation

/// What is wanted of a picture's colours.
public enum ImageColor: String, Sendable, CaseIterable {
    /// Brightness is enough: JPEG is decoded to it, and large pictures are.
    case grey
    case rgb
}

/// Reads a picture of any supported format; the format is told by the content, never by the name.
public enum ImageDecoder {
    /// Decodes a whole file's bytes.
    ///
    /// JPEG comes back as one grey channel, PNG, BMP and PNM with the channels that they have;
    /// EXIF orientation is applied. Samples of 16 bits keep their upper 8 (PNG) or are scaled
    /// (PNM). A picture of more than `ImageLimits.largestInColor` pixels comes back grey, or grey
    /// and alpha: photographs then take a third of the memory. With `color` `.rgb` JPEG comes back as
    /// red, green and blue, and large pictures keep their colours.
    ///
    /// - Parameter name: what errors call the file.
    /// - Throws: `ImageError` for whatever is not a whole, sound, supported picture within
    ///   `ImageLimits`; the limits are checked from the header, before memory is taken.
    public static func decode(
        _ data: Data, name: String, color: ImageColor = .grey
    ) throws -> DecodedImage {
        try decode([UInt8](data), name: name, color: color)
    }

    /// The same for bytes in an array.
    public static func decode(
        _ bytes: [UInt8], name: String, color: ImageColor = .grey
    ) throws -> DecodedImage {
        guard !bytes.isEmpty else { throw ImageError.empty(name: name) }
        guard bytes.count <= ImageLimits.maximumFileBytes else {
            throw ImageError.fileTooLarge(
                name: name, bytes: bytes.count, limit: ImageLimits.maximumFileBytes)
        }
        switch try format(of: bytes, name: name) {
        case .png: return try PNGDecoder.decode(bytes, name: name, color: color)
        case .jpeg: return try JPEGDecoder.decode(bytes, name: name, color: color)
        case .bmp:
            return try BMPDecoder.decode(
                ImageBytes(bytes, name: name, format: .bmp), color: color)
        case .netpbm:
            return try PNMDecoder.decode(
                ImageBytes(bytes, name: name, format: .netpbm), color: color)
        }
    }

    /// Decodes a file, whose size is checked before it is read.
    ///
    /// - Throws: `ImageError`, also for a folder, a pipe or a device.
    public static func decode(
        file path: String, color: ImageColor = .grey
    ) throws -> DecodedImage {
        try decode(readFile(path), name: path, color: color)
    }

    private static func readFile(_ path: String) throws -> [UInt8] {
        let limit = ImageLimits.maximumFileBytes
        do {
            let file = try FileReader(path)
            guard file.byteCount <= limit else {
                throw ImageError.fileTooLarge(name: path, bytes: file.byteCount, limit: limit)
            }
            // One more than there should be, to see that it has ended.
            return try file.readAll(limit: limit + 1)
        } catch FileError.unreadable(_, let reason) {
            throw ImageError.unreadable(name: path, reason: reason)
        }
    }

    // MARK: - Format by content

    private static func format(of bytes: [UInt8], name: String) throws -> ImageFormat {
        let start = Array(bytes.prefix(16))
        if start.starts(with: PNGDecoder.signature) { return .png }
        if start.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if start.starts(with: Array("BM".utf8)) { return .bmp }
        if start.count >= 2, start[0] == UInt8(ascii: "P"),
            (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(start[1])
        {
            return .netpbm
        }
        if let partial = incompleteSignature(start) {
            throw ImageError.truncated(
                name: name, format: partial, detail: "only \(bytes.count) bytes of its signature")
        }
        if let known = knownFormat(start) {
            throw ImageError.unsupportedFormat(name: name, format: known)
        }
        throw ImageError.notAnImage(name: name, firstBytes: shown(start))
    }

    /// A file that is nothing but the first bytes of a signature.
    private static func incompleteSignature(_ start: [UInt8]) -> ImageFormat? {
        if PNGDecoder.signature.starts(with: start) { return .png }
        if [0xFF, 0xD8, 0xFF].starts(with: start) { return .jpeg }
        if start == Array("B".utf8) { return .bmp }
        return start == Array("P".utf8) ? .netpbm : nil
    }

    /// Formats that users do send, so that the error can say what they are.
    private static func knownFormat(_ start: [UInt8]) -> String? {
        func has(_ text: String, at offset: Int = 0) -> Bool {
            start.dropFirst(offset).starts(with: Array(text.utf8))
        }
        if has("GIF8") { return "GIF" }
        if has("RIFF") && has("WEBP", at: 8) { return "WebP" }
        if has("II*\0") || has("MM\0*") { return "TIFF" }
        if has("ftypavif", at: 4) { return "AVIF" }
        if has("ftyp", at: 4) { return "HEIC" }
        if has("%PDF") { return "PDF" }
        if has("P7") { return "PAM" }
        if has("<svg") || has("<?xml") { return "SVG" }
        return nil
    }

    private static func shown(_ bytes: [UInt8]) -> String {
        bytes.prefix(8).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined(separator: " ")
    }
}
