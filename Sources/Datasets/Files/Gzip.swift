import CZlib

/// Why a gzip stream was refused, at which byte of the compressed file.
struct GzipFault: Error, Equatable {
    let offset: Int
    let reason: String
}

/// Inflates a gzip stream that arrives in pieces; several members in a row are one content.
///
/// Source: RFC 1952; zlib's manual.
final class GzipInflater {
    /// zlib keeps a pointer back to its stream, so the stream must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var memberCount = 0
    private var insideMember = false
    private var consumed = 0
    private var output = [UInt8](repeating: 0, count: 1 << 17)

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 is the largest window, 16 asks for the gzip wrapper and its checksum.
        let status = inflateInit2_(
            stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { fatalError("zlib can't start: status \(status)") }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Inflates the next piece and hands on what comes out, at most 128 KiB at a time, so that the
    /// receiver can stop a stream that grows beyond measure.
    func inflate(_ compressed: [UInt8], emit: (ArraySlice<UInt8>) throws -> Void) throws {
        var start = 0
        while start < compressed.count {
            skipPadding(compressed, &start)
            guard start < compressed.count else { break }
            let step = try inflateOnce(compressed, from: start)
            start += step.consumed
            consumed += step.consumed
            if step.produced > 0 { try emit(output[..<step.produced]) }
        }
        // zlib may hold output back when its buffer was full just as the input ended.
        while insideMember {
            let step = try inflateOnce([], from: 0)
            guard step.produced > 0 else { break }
            try emit(output[..<step.produced])
        }
    }

    /// Says that the file has ended.
    func finish() throws {
        guard memberCount > 0, !insideMember else {
            throw GzipFault(offset: consumed, reason: "the file ends inside the gzip stream")
        }
    }

    /// Zeros behind a member fill a tape's or a disk's block and mean nothing.
    private func skipPadding(_ input: [UInt8], _ start: inout Int) {
        guard memberCount > 0 && !insideMember else { return }
        let count = input[start...].prefix { $0 == 0 }.count
        start += count
        consumed += count
    }

    private func inflateOnce(_ input: [UInt8], from start: Int) throws -> (
        consumed: Int, produced: Int
    ) {
        if !insideMember && start < input.count { try beginMember(firstByte: input[start]) }
        let (status, consumed, produced) = callInflate(input, from: start)
        switch status {
        case Z_OK, Z_BUF_ERROR:
            break
        case Z_STREAM_END:
            insideMember = false
        default:
            let text = stream.pointee.msg.map { String(cString: $0) } ?? "status \(status)"
            throw GzipFault(offset: self.consumed + consumed, reason: "damaged gzip data (\(text))")
        }
        return (consumed, produced)
    }

    private func beginMember(firstByte: UInt8) throws {
        guard firstByte == 0x1f else {
            throw GzipFault(
                offset: consumed, reason: "other bytes follow the end of the gzip stream")
        }
        if memberCount > 0 { inflateReset(stream) }
        memberCount += 1
        insideMember = true
    }

    private func callInflate(_ input: [UInt8], from start: Int) -> (Int32, Int, Int) {
        input.withUnsafeBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                let available = source.count - start
                stream.pointee.next_in = source.baseAddress.map {
                    UnsafeMutablePointer(mutating: $0 + start)
                }
                stream.pointee.avail_in = UInt32(available)
                stream.pointee.next_out = target.baseAddress
                stream.pointee.avail_out = UInt32(target.count)
                let status = CZlib.inflate(stream, Z_NO_FLUSH)
                return (
                    status, available - Int(stream.pointee.avail_in),
                    target.count - Int(stream.pointee.avail_out)
                )
            }
        }
    }
}

/// Gzip in one go, for content that is in memory.
enum Gzip {
    /// One gzip member without a time stamp: the same bytes always give the same file.
    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        let status = deflateInit2_(
            stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { fatalError("zlib can't start: status \(status)") }
        defer { deflateEnd(stream) }
        var output = [UInt8](repeating: 0, count: Int(deflateBound(stream, UInt(bytes.count))) + 32)
        let length = bytes.withUnsafeBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.pointee.next_in = source.baseAddress.map {
                    UnsafeMutablePointer(mutating: $0)
                }
                stream.pointee.avail_in = UInt32(source.count)
                stream.pointee.next_out = target.baseAddress
                stream.pointee.avail_out = UInt32(target.count)
                let status = deflate(stream, Z_FINISH)
                precondition(status == Z_STREAM_END, "deflate ended with status \(status)")
                return target.count - Int(stream.pointee.avail_out)
            }
        }
        output.removeSubrange(length...)
        return output
    }
}
