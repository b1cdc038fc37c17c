import DurableFiles
import Foundation
import TestSupport
import Testing

@Suite struct CheckedOutputTests {
    private static let data = Data((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })

    /// A pipe that another program made non-blocking takes what there is room for, or nothing.
    @Test func aSlowReaderGetsEverything() throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        #expect(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
        let reader = pipe.fileHandleForReading
        let received = Slot()
        let thread = Thread {
            Thread.sleep(forTimeInterval: 0.1)
            received.fill(reader.readDataToEndOfFile())
        }
        thread.start()
        try CheckedOutput(descriptor, name: "pipe").write(Self.data)
        try pipe.fileHandleForWriting.close()
        #expect(received.wait() == Self.data)
    }

    @Test func eachFailureIsToldWithItsReason() throws {
        let full = open("/dev/full", O_WRONLY)
        let output = CheckedOutput(full, name: "full")
        #expect(throws: OutputError(name: "full", code: ENOSPC)) {
            try output.write(Data("a".utf8))
        }
        try output.write(Data())
        try output.close()
        #expect(throws: OutputError(name: "none", code: EBADF)) {
            try CheckedOutput(-1, name: "none").close()
        }
        let error = OutputError(name: "standard output", code: ENOSPC)
        #expect("\(error)".hasPrefix("standard output: No space left on device; "))
        #expect(!error.isClosedByReader && OutputError(name: "a", code: EPIPE).isClosedByReader)
    }

    @Test func aReadOnlyStreamRefuses() throws {
        let descriptor = open("/dev/null", O_RDONLY)
        defer { close(descriptor) }
        #expect(throws: OutputError(name: "null", code: EBADF)) {
            try CheckedOutput(descriptor, name: "null").write(Data("a".utf8))
        }
    }
}

/// What another thread hands over; guarded by `condition`.
private final class Slot: @unchecked Sendable {
    private let condition = NSCondition()
    private var value: Data?

    func fill(_ data: Data) {
        condition.withLock {
            value = data
            condition.signal()
        }
    }

    func wait() -> Data {
        condition.withLock {
            while value == nil { condition.wait() }
            return value!
        }
    }
}
