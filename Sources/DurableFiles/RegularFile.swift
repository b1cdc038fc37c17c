import Foundation
import Glibc

/// Reads whole files that come from outside.
public enum RegularFile {
    /// The bytes of a regular file, or of one that a symbolic link leads to. Devices and pipes,
    /// which may never end, are refused.
    ///
    /// - Throws: `FileError.unreadable`.
    public static func read(_ url: URL) throws -> Data {
        var data = Data()
        try pieces(of: url, sized: { data.reserveCapacity($0) }) {
            data.append(contentsOf: $0)
        }
        return data
    }

    /// Gives a regular file's bytes piece by piece.
    ///
    /// - Parameter sized: called first, with the file's length.
    /// - Throws: `FileError.unreadable`.
    static func pieces(
        of url: URL, sized: (Int) -> Void = { _ in }, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws {
        let descriptor = try open(url)
        defer { close(descriptor) }
        sized(FileFacts(descriptor: descriptor)?.byteCount ?? 0)
        // Not by FileHandle, which takes 4 KiB at a time, whatever it is asked for.
        try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 64) { buffer in
            while true {
                let count = SystemCall.retrying {
                    Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
                }
                guard count >= 0 else { throw failure(url) }
                guard count > 0 else { return }
                body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    private static func open(_ url: URL) throws -> Int32 {
        // Opening a pipe to read would wait for somebody who writes.
        let descriptor = SystemCall.retrying {
            Glibc.open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        }
        guard descriptor >= 0 else { throw failure(url) }
        guard FileFacts(descriptor: descriptor)?.kind == .file else {
            close(descriptor)
            throw FileError.unreadable(path: url.path, reason: "not a regular file")
        }
        return descriptor
    }

    private static func failure(_ url: URL) -> FileError {
        .unreadable(path: url.path, reason: SystemCall.reason)
    }
}
