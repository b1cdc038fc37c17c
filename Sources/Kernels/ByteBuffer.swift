import LinearAlgebra

/// Bytes at a fixed address, zero at first: where max-pool keeps each argmax.
///
/// Shared between workers like `FloatBuffer`: they write to parts that don't overlap.
public final class ByteBuffer: @unchecked Sendable {
    public let count: Int
    public let pointer: UnsafeMutablePointer<UInt8>
    private let memory: BufferMemory

    public init(count: Int) {
        self.count = count
        memory = BufferMemory(byteCount: count * MemoryLayout<UInt8>.stride)
        pointer = memory.pointer.assumingMemoryBound(to: UInt8.self)
    }

    deinit { memory.deallocate() }

    /// The address of byte `start`, after checking that `length` bytes lie there.
    func address(_ start: Int, length: Int) -> UnsafeMutablePointer<UInt8> {
        precondition(
            start >= 0 && start + length <= count,
            "bytes \(start)..<\(start + length) of a buffer of \(count)")
        return pointer + start
    }
}

/// Doubles at a fixed address, zero at first: sums over a batch.
public final class DoubleBuffer: @unchecked Sendable {
    public let count: Int
    public let pointer: UnsafeMutablePointer<Double>
    private let memory: BufferMemory

    public init(count: Int) {
        self.count = count
        memory = BufferMemory(byteCount: count * MemoryLayout<Double>.stride)
        pointer = memory.pointer.assumingMemoryBound(to: Double.self)
    }

    deinit { memory.deallocate() }

    public subscript(index: Int) -> Double {
        get {
            precondition(index >= 0 && index < count, "double \(index) of \(count)")
            return pointer[index]
        }
        set {
            precondition(index >= 0 && index < count, "double \(index) of \(count)")
            pointer[index] = newValue
        }
    }

    /// Sets `count` doubles from `start` on.
    public func fill(_ value: Double, from start: Int, count: Int) {
        address(start, length: count).update(repeating: value, count: count)
    }

    func address(_ start: Int, length: Int) -> UnsafeMutablePointer<Double> {
        precondition(
            start >= 0 && start + length <= count,
            "doubles \(start)..<\(start + length) of a buffer of \(count)")
        return pointer + start
    }
}
