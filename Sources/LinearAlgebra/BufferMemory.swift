import Foundation
import Synchronization

/// The zeroed memory of a buffer, aligned to 64 bytes: a cache line, the widest vector.
///
/// Within `MemoryLedger.counting` it is counted, and takes up memory only where it is written to.
public struct BufferMemory: @unchecked Sendable {
    public let pointer: UnsafeMutableRawPointer
    private let byteCount: Int
    private let ledger: MemoryLedger?

    /// - Precondition: there is as much memory; ends the process otherwise, as Swift's own arrays do.
    public init(byteCount: Int) {
        precondition(byteCount >= 0, "a buffer of \(byteCount) bytes")
        self.byteCount = max(64, (byteCount + 63) / 64 * 64)
        ledger = MemoryLedger.current
        guard let memory = ledger == nil ? Self.allocate(self.byteCount) : Self.map(self.byteCount)
        else { fatalError("no memory for \(byteCount) bytes") }
        pointer = memory
        ledger?.add(self.byteCount)
    }

    /// Gives it back, once.
    public func deallocate() {
        guard let ledger else { return free(pointer) }
        munmap(pointer, byteCount)
        ledger.add(-byteCount)
    }

    private static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, 64, byteCount) == 0, let memory else { return nil }
        memset(memory, 0, byteCount)
        return memory
    }

    /// Pages that are zero, and the system's until they are written to.
    private static func map(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        let memory = mmap(
            nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
            0)
        return memory == MAP_FAILED ? nil : memory
    }
}

/// Counts the bytes of buffers that a piece of work would take, without taking them.
public final class MemoryLedger: Sendable {
    @TaskLocal static var current: MemoryLedger?

    private let bytes = Atomic<Int>(0)

    /// Of the buffers that live now.
    public var byteCount: Int { bytes.load(ordering: .relaxed) }

    /// Runs what makes buffers on the calling thread. They are for planning: what is written to them takes
    /// memory after all.
    ///
    /// - Parameter body: is handed the ledger, to look at it in between.
    public static func counting<Value>(_ body: (MemoryLedger) throws -> Value) rethrows -> Value {
        let ledger = MemoryLedger()
        return try $current.withValue(ledger) { try body(ledger) }
    }

    fileprivate func add(_ count: Int) { bytes.add(count, ordering: .relaxed) }
}
