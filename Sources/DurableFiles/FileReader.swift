import Foundation
import Glibc

/// An open regular file that is read from its start to its end, piece by piece.
package final class FileReader {
    private let descriptor: Int32
    private let path: String
    /// When it was opened.
    package let byteCount: Int

    /// - Throws: `FileError.unreadable`, for a folder, a pipe, a socket or a device as well, none of
    ///   which is waited for.
    package convenience init(_ url: URL) throws { try self.init(url.path) }

    /// The same by a path; many files are opened faster so.
    package init(_ path: String) throws {
        self.path = path
        descriptor = try RegularFile.open(path)
        byteCount = FileFacts(descriptor: descriptor)?.byteCount ?? 0
    }

    deinit { close(descriptor) }

    /// The rest of the file, at most `limit` bytes of it.
    ///
    /// - Throws: `FileError.unreadable`.
    package func readAll(limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(byteCount, limit))
        while bytes.count < limit {
            let piece = try read(min(1 << 18, limit - bytes.count))
            if piece.isEmpty { break }
            bytes += piece
        }
        return bytes
    }

    /// The next bytes, at most `count`; none at the end of the file.
    ///
    /// - Throws: `FileError.unreadable`.
    package func read(_ count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let result = SystemCall.retrying {
                Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            }
            guard result >= 0 else {
                throw FileError.unreadable(path: path, reason: SystemCall.reason)
            }
            filled = result
        }
    }
}
