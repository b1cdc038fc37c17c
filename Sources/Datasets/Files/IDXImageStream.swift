import Foundation

/// The images of an IDX file, one after the other: a file of any size takes the memory of a piece.
public final class IDXImageStream {
    /// Images in the file.
    public let count: Int
    /// Pixels of an image.
    public let height: Int
    public let width: Int
    private let content: FileContent
    private let name: String
    private var buffer: [UInt8]
    private var start = 0
    private var given = 0

    /// Opens a plain or gzip file whose content was read and found to be what its header announces:
    /// a damaged file gives no images at all, rather than those before the damage.
    ///
    /// - Throws: as `IDXFile.read`.
    public convenience init(verifying url: URL, limits: DatasetLimits = DatasetLimits()) throws {
        let content = try FileContent(url, limit: limits.contentBytes)
        var parser = IDXParser(
            name: url.path, content: .images, limits: limits, keepsElements: false)
        while let piece = try content.next() { try parser.consume(piece) }
        _ = try parser.finishedDimensions()
        try self.init(url, limits: limits)
    }

    private init(_ url: URL, limits: DatasetLimits) throws {
        let content = try FileContent(url, limit: limits.contentBytes)
        var parser = IDXParser(
            name: url.path, content: .images, limits: limits, keepsElements: true)
        while !parser.hasHeader, let piece = try content.next() { try parser.consume(piece) }
        let dimensions = try parser.headerDimensions()
        (count, height, width) = (dimensions[0], dimensions[1], dimensions[2])
        buffer = parser.elements
        self.content = content
        name = url.path
    }

    /// The next image, `[height, width]`; nil after the last.
    ///
    /// - Throws: `FileError`, `DatasetError`: the file was changed since it was verified.
    public func next() throws -> [UInt8]? {
        guard given < count else { return nil }
        let size = height * width
        while buffer.count - start < size {
            guard let piece = try content.next() else {
                throw DatasetError.truncated(
                    file: name, length: 16 + given * size + buffer.count - start,
                    expected: 16 + count * size, dimensions: [count, height, width])
            }
            buffer.removeFirst(start)
            start = 0
            buffer += piece
        }
        let image = Array(buffer[start..<start + size])
        start += size
        given += 1
        return image
    }
}
