import Foundation
import Glibc

/// Reads whole files that come from outside.
package enum RegularFile {
    /// The bytes of a regular file, or of one that a symbolic link leads to. Devices and pipes,
    /// which may never end, are refused.
    ///
    /// - Parameter limit: most bytes; a longer file is refused before it is read.
    /// - Throws: `FileError.unreadable`.
    package static func read(_ url: URL, limit: Int = .max) throws -> Data {
        var data = Data()
        try pieces(of: url, limit: limit, sized: { data.reserveCapacity($0) }) {
            data.append(contentsOf: $0)
        }
        return data
    }

    /// The same as an array.
    package static func bytes(_ url: URL, limit: Int = .max) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try pieces(of: url, limit: limit, sized: { bytes.reserveCapacity($0) }) {
            bytes.append(contentsOf: $0)
        }
        return bytes
    }

    /// Gives a regular file's bytes piece by piece.
    ///
    /// - Parameter limit: most bytes; a longer file is refused before it is read.
    /// - Parameter sized: called first, with the file's length.
    /// - Throws: `FileError.unreadable`, and what `body` throws.
    static func pieces(
        of url: URL, limit: Int = .max, sized: (Int) -> Void = { _ in },
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let descriptor = try open(url.path)
        defer { close(descriptor) }
        let byteCount = FileFacts(descriptor: descriptor)?.byteCount ?? 0
        guard byteCount <= limit else { throw tooLarge(url.path, byteCount, limit) }
        sized(byteCount)
        try pieces(of: descriptor, url.path, limit: limit, body)
    }

    /// Gives what is left of an open file.
    static func pieces(
        of descriptor: Int32, _ path: String, limit: Int = .max,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var total = 0
        // Not by FileHandle, which takes 4 KiB at a time, whatever it is asked for.
        try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 64) { buffer in
            while true {
                let count = SystemCall.retrying {
                    Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
                }
                guard count >= 0 else { throw failure(path) }
                guard count > 0 else { return }
                total += count
                // It may have grown since.
                guard total <= limit else { throw tooLarge(path, total, limit) }
                try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    /// Opens a regular file for reading, never waiting for it.
    ///
    /// - Throws: `FileError.unreadable`, for a folder, a pipe, a socket or a device as well.
    static func open(_ path: String) throws -> Int32 {
        // Opening a pipe to read would wait for somebody who writes.
        let descriptor = SystemCall.retrying {
            Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        }
        guard descriptor >= 0 else { throw failure(path) }
        guard FileFacts(descriptor: descriptor)?.kind == .file else {
            close(descriptor)
            throw FileError.unreadable(path: path, reason: "not a regular file")
        }
        return descriptor
    }

    private static func tooLarge(_ path: String, _ got: Int, _ limit: Int) -> FileError {
        .unreadable(
            path: path,
            reason: "\(got) bytes, at most \(limit) are read of such a file; check that it is the "
                + "right one")
    }

    private static func failure(_ path: String) -> FileError {
        let (code, reason) = (errno, SystemCall.reason)
        return .unreadable(path: path, reason: BrokenLink(path, after: code)?.reason ?? reason)
    }
}
