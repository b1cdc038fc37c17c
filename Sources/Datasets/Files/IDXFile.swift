import Foundation

/// An array of unsigned bytes in the IDX format, MNIST's own.
///
/// The file holds two zero bytes, the element type (8 for unsigned bytes), the number of
/// dimensions, each dimension as a big-endian 32-bit number, then the elements in row-major order.
/// Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
public struct IDXFile: Sendable, Equatable {
    /// Images have three, `[N, height, width]`; labels one, `[N]`.
    public let dimensions: [Int]
    public let elements: [UInt8]

    /// - Precondition: as many elements as the dimensions' product; 1 to 255 dimensions of at most
    ///   32 bits.
    public init(dimensions: [Int], elements: [UInt8]) {
        precondition(
            (1...255).contains(dimensions.count)
                && dimensions.allSatisfy { (0...Int(UInt32.max)).contains($0) },
            "dimensions \(dimensions)")
        precondition(
            dimensions.reduce(1, *) == elements.count,
            "\(elements.count) elements for \(dimensions)")
        self.dimensions = dimensions
        self.elements = elements
    }

    /// What a file is expected to hold, by its number of dimensions.
    public enum Content: Int, Sendable {
        case labels = 1
        case images = 3

        var rank: Int { rawValue }
        var magicNumber: UInt32 { 0x0800 + UInt32(rank) }
    }

    // MARK: - Reading

    /// Reads a plain or gzip file, refusing anything but exactly the content its header announces.
    ///
    /// - Returns: the array and the SHA-256 of the uncompressed content.
    /// - Throws: `DatasetError` naming the file, the offset or field, what was expected and got;
    ///   `FileError.unreadable`.
    public static func read(
        _ url: URL, expecting content: Content, limits: DatasetLimits = DatasetLimits()
    ) throws -> (file: IDXFile, digest: String) {
        try read(url, expecting: content, limits: limits) { _ in }
    }

    /// The same; `checkDimensions` may refuse the file before more than its header is read.
    static func read(
        _ url: URL, expecting content: Content, limits: DatasetLimits,
        checkDimensions: @escaping ([Int]) throws -> Void
    ) throws -> (file: IDXFile, digest: String) {
        var parser = IDXParser(
            name: url.path, content: content, limits: limits, checkDimensions: checkDimensions)
        let digest = try FileContent.read(url, limit: limits.contentBytes) { piece in
            try parser.consume(piece)
        }
        return (try parser.finish(), digest)
    }

    /// What the header of a plain or gzip file announces; the rest isn't read.
    static func dimensions(
        of url: URL, expecting content: Content, limits: DatasetLimits
    ) throws -> [Int] {
        let file = try FileContent(url, limit: limits.contentBytes)
        var parser = IDXParser(
            name: url.path, content: content, limits: limits, keepsElements: false)
        while !parser.hasHeader, let piece = try file.next() { try parser.consume(piece) }
        return try parser.headerDimensions()
    }

    /// The same as `read` for content that is in memory and not compressed.
    public static func parse(
        _ bytes: [UInt8], name: String, expecting content: Content,
        limits: DatasetLimits = DatasetLimits()
    ) throws -> IDXFile {
        var parser = IDXParser(name: name, content: content, limits: limits)
        try parser.consume(bytes)
        return try parser.finish()
    }

    // MARK: - Writing

    /// The bytes of the file, uncompressed.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = [0, 0, 0x08, UInt8(dimensions.count)]
        bytes.reserveCapacity(4 + 4 * dimensions.count + elements.count)
        for dimension in dimensions {
            let value = UInt32(dimension)
            bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
        }
        return bytes + elements
    }

    /// The bytes of the file as one gzip member without a time stamp.
    public func gzipped() -> [UInt8] { Gzip.compress(encoded()) }
}
