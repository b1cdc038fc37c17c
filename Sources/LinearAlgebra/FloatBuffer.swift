/// Floats in memory aligned to 64 bytes (a cache line, the widest vector), zero at first.
///
/// Owns its memory; freed with the last reference. Not synchronised: workers that share one write
/// to parts that don't overlap, which is why it may cross threads.
public final class FloatBuffer: @unchecked Sendable {
    public let count: Int
    public let pointer: UnsafeMutablePointer<Float>
    private let memory: BufferMemory

    public init(count: Int) {
        precondition(count >= 0, "a buffer of \(count) floats")
        self.count = count
        memory = BufferMemory(byteCount: count * MemoryLayout<Float>.stride)
        pointer = memory.pointer.assumingMemoryBound(to: Float.self)
    }

    deinit { memory.deallocate() }

    /// All of it.
    public var all: FloatSlice { FloatSlice(buffer: self, offset: 0, count: count) }
}

/// A run of floats in a `FloatBuffer`: what layers and optimizers hand to kernels.
public struct FloatSlice: @unchecked Sendable {
    public let buffer: FloatBuffer
    public let offset: Int
    public let count: Int

    public init(buffer: FloatBuffer, offset: Int, count: Int) {
        precondition(
            offset >= 0 && count >= 0 && offset + count <= buffer.count,
            "floats \(offset)..<\(offset + count) of a buffer of \(buffer.count)")
        self.buffer = buffer
        self.offset = offset
        self.count = count
    }

    /// A new buffer holding a copy of `values`.
    public init(_ values: [Float]) {
        self = FloatBuffer(count: values.count).all
        update(from: values)
    }

    /// The first element's address; valid while the buffer lives.
    @inlinable public var pointer: UnsafeMutablePointer<Float> { buffer.pointer + offset }

    /// `count` floats from `start`, counted from this slice's own beginning.
    public func slice(_ start: Int, count: Int) -> FloatSlice {
        precondition(
            start >= 0 && start + count <= self.count,
            "floats \(start)..<\(start + count) of a slice of \(self.count)")
        return FloatSlice(buffer: buffer, offset: offset + start, count: count)
    }

    public subscript(index: Int) -> Float {
        get {
            precondition(index >= 0 && index < count, "float \(index) of \(count)")
            return pointer[index]
        }
        nonmutating set {
            precondition(index >= 0 && index < count, "float \(index) of \(count)")
            pointer[index] = newValue
        }
    }

    public var array: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

    public func update(from values: [Float]) {
        precondition(values.count == count, "\(values.count) values for \(count) floats")
        values.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { pointer.update(from: base, count: count) }
        }
    }

    public func update(from other: FloatSlice) {
        precondition(other.count == count, "\(other.count) values for \(count) floats")
        pointer.update(from: other.pointer, count: count)
    }

    public func fill(_ value: Float) { pointer.update(repeating: value, count: count) }
}
