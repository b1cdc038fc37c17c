import DurableFiles
import Foundation
import Glibc

/// Reads the text of a configuration: from a file, or from a pipe as a shell's `<(command)` makes one.
///
/// A pipe is waited for, but not for ever; devices, sockets and folders are refused.
enum ConfigText {
    /// More than this is no configuration.
    static let limit = 1 << 20
    /// For all that comes through a pipe.
    static let pipeSeconds = 10.0

    /// - Parameter path: `-` is standard input.
    /// - Throws: `FileError.unreadable`.
    static func read(_ path: String, pipeSeconds: Double = pipeSeconds) throws -> String {
        if let descriptor = openDescriptor(path) {
            return try UTF8Text.decode(readOpen(descriptor, path, seconds: pipeSeconds), path: path)
        }
        let url = FilePath.url(path)
        guard let facts = try FileFacts.find(url) else { throw failure(path, "no such file") }
        let bytes =
            facts.kind == .pipe
            ? try readPipe(path, seconds: pipeSeconds) : try RegularFile.bytes(url, limit: limit)
        return try UTF8Text.decode(bytes, path: path)
    }

    /// What was opened before the program began: standard input, or a shell's `<(command)`. It is read as
    /// it is, since a socket, for one, can't be opened again by its name.
    private static func openDescriptor(_ path: String) -> Int32? {
        if path == "-" || path == "/dev/stdin" { return STDIN_FILENO }
        let folder = ["/dev/fd/", "/proc/self/fd/"].first { path.hasPrefix($0) }
        return folder.flatMap { Int32(path.dropFirst($0.count)) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    private static func readOpen(
        _ descriptor: Int32, _ path: String, seconds: Double
    ) throws -> [UInt8] {
        let end = ContinuousClock.now + .seconds(seconds)
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            guard .now < end else { throw notClosed(path, seconds) }
            if try !readPiece(descriptor, path, &bytes) { return bytes }
        }
        throw tooMuch(path)
    }

    private static func notClosed(_ path: String, _ seconds: Double) -> FileError {
        failure(path, "it is a pipe that nobody closed within \(seconds) s")
    }

    private static func tooMuch(_ path: String) -> FileError {
        failure(path, "more than \(limit) bytes, which is no configuration")
    }

    private static func readPipe(_ path: String, seconds: Double) throws -> [UInt8] {
        let descriptor = SystemCall.retrying { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0 else { throw failure(path, SystemCall.reason) }
        defer { close(descriptor) }
        let end = ContinuousClock.now + .seconds(seconds)
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            guard .now < end else { throw notClosed(path, seconds) }
            if try !readPiece(descriptor, path, &bytes) {
                guard bytes.isEmpty else { return bytes }
                // Nobody writes, or not yet.
                usleep(20_000)
            }
        }
        throw tooMuch(path)
    }

    /// Waits up to a tenth of a second.
    ///
    /// - Returns: false at the end of what is written.
    private static func readPiece(
        _ descriptor: Int32, _ path: String, _ bytes: inout [UInt8]
    ) throws -> Bool {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // Reading what has nothing yet would wait for ever.
        guard poll(&wanted, 1, 100) > 0 else { return true }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = SystemCall.retrying { Glibc.read(descriptor, &buffer, buffer.count) }
        if count < 0 && errno == EAGAIN { return true }
        guard count >= 0 else { throw failure(path, SystemCall.reason) }
        bytes += buffer[..<count]
        return count > 0
    }

    private static func failure(_ path: String, _ reason: String) -> FileError {
        .unreadable(path: path, reason: reason)
    }
}
