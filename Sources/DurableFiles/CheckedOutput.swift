import Foundation
import Glibc

/// Why a stream couldn't be written.
package struct OutputError: Error, Equatable, CustomStringConvertible {
    /// `standard output`, for messages.
    package let name: String
    /// The system's error number.
    package let code: Int32

    package init(name: String, code: Int32) {
        self.name = name
        self.code = code
    }

    /// Its reader went away, as `head` does when it has seen enough.
    package var isClosedByReader: Bool { code == EPIPE }

    package var description: String {
        "\(name): \(String(cString: strerror(code))); what was to be written there isn't whole, and "
            + "what was done before stands. Check free space and where it leads, then ask again."
    }
}

/// A stream that is open already, such as standard output, of which each write is checked.
///
/// Nothing is buffered: what was written is with the system when a call returns. Calls of several
/// threads don't mix.
package final class CheckedOutput: Sendable {
    package static let standardOutput = CheckedOutput(STDOUT_FILENO, name: "standard output")
    package static let standardError = CheckedOutput(STDERR_FILENO, name: "standard error")

    private let descriptor: Int32
    private let name: String
    private let lock = NSLock()

    /// - Parameter descriptor: stays its caller's to close.
    package init(_ descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    package var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Writes all of `data`, in pieces where the system takes it so.
    ///
    /// - Throws: `OutputError`.
    package func write(_ data: Data) throws {
        try lock.withLock {
            try data.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
                var rest = bytes[...]
                while !rest.isEmpty {
                    rest = rest.dropFirst(try writeSome(UnsafeRawBufferPointer(rebasing: rest)))
                }
            }
        }
    }

    /// Closes the stream: some file systems tell only then that there was no space.
    ///
    /// - Throws: `OutputError`.
    package func close() throws {
        guard Glibc.close(descriptor) == 0 || errno == EINTR else { throw failure() }
    }

    private func writeSome(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        while true {
            let count = Glibc.write(descriptor, bytes.baseAddress!, bytes.count)
            if count > 0 { return count }
            if count == 0 { throw OutputError(name: name, code: EIO) }
            switch errno {
            case EINTR: continue
            case EAGAIN: waitUntilWritable()
            default: throw failure()
            }
        }
    }

    /// Another program made the stream non-blocking.
    private func waitUntilWritable() {
        var question = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&question, 1, -1)
    }

    private func failure() -> OutputError { OutputError(name: name, code: errno) }
}

/// The three streams that a program starts with.
package enum StandardStreams {
    /// To be called before anything is opened.
    ///
    /// A stream that was closed (`>&-`) is replaced by one that refuses, lest the next file that is
    /// opened, a database perhaps, be standard output. A reader that went away becomes an error of
    /// `write` in place of the program's end in the middle of its work. What it starts has the usual
    /// signals: a handler, unlike a signal that is ignored, doesn't outlive exec(2).
    package static func prepare() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
        where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
        let before = signal(SIGPIPE) { _ in }
        if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
            signal(SIGPIPE, SIG_IGN)
        }
    }
}
