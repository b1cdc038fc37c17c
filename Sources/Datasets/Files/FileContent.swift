import DurableFiles
import Foundation

/// Reads a file's content, plain or gzip (told apart by the first two bytes), in pieces.
enum FileContent {
    /// Hands the uncompressed content to `body` piece by piece.
    ///
    /// - Parameter limit: most uncompressed bytes; a file that holds more is refused as soon as the
    ///   limit is passed, whatever its compressed size.
    /// - Returns: SHA-256 of the uncompressed content.
    /// - Throws: `DatasetError.gzip`, `.tooLarge`, `FileError.unreadable`, or what `body` throws.
    static func read(
        _ url: URL, limit: Int, body: (ArraySlice<UInt8>) throws -> Void
    ) throws -> String {
        let hasher = SHA256()
        var total = 0
        func receive(_ piece: ArraySlice<UInt8>) throws {
            total += piece.count
            guard total <= limit else {
                throw DatasetError.tooLarge(file: url.path, limit: limit)
            }
            hasher.update(piece)
            try body(piece)
        }
        let inflater = GzipInflater()
        var isGzip: Bool?
        do {
            try pieces(of: url) { piece in
                if isGzip == nil { isGzip = piece.starts(with: [0x1f, 0x8b]) }
                if isGzip == true {
                    try inflater.inflate(piece, emit: receive)
                } else {
                    try receive(piece[...])
                }
            }
            if isGzip == true { try inflater.finish() }
        } catch let fault as GzipFault {
            throw DatasetError.gzip(file: url.path, offset: fault.offset, reason: fault.reason)
        }
        return hasher.finalize()
    }

    /// SHA-256 of the uncompressed content.
    static func digest(of url: URL, limit: Int) throws -> String {
        try read(url, limit: limit) { _ in }
    }

    private static func pieces(of url: URL, body: ([UInt8]) throws -> Void) throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder),
            isFolder.boolValue
        {
            throw FileError.unreadable(path: url.path, reason: "it is a folder, expected a file")
        }
        let handle: FileHandle
        do { handle = try FileHandle(forReadingFrom: url) } catch {
            throw FileError.unreadable(path: url.path, reason: error.localizedDescription)
        }
        defer { try? handle.close() }
        while true {
            let piece: Data?
            do { piece = try handle.read(upToCount: 1 << 17) } catch {
                throw FileError.unreadable(path: url.path, reason: error.localizedDescription)
            }
            guard let piece, !piece.isEmpty else { return }
            try body([UInt8](piece))
        }
    }
}
