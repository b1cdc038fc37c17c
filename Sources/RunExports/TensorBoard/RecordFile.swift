import DurableFiles
import Foundation

/// Writes a TFRecord file, which appears under its name when it is whole.
///
/// A record is its length (8 bytes), the length's masked CRC-32C (4), the bytes, and their masked
/// CRC-32C (4); all numbers are little-endian.
///
/// Source: TensorFlow, `tensorflow/core/lib/io/record_writer.h`.
struct RecordFile {
    private let file: AtomicFileWriter

    init(to url: URL) throws { file = try AtomicFileWriter(to: url) }

    func append(_ record: Data) throws {
        let length = Self.bytes(UInt64(record.count))
        try file.write(length)
        try file.write(Self.bytes(Self.maskedChecksum(length)))
        try file.write(record)
        try file.write(Self.bytes(Self.maskedChecksum(record)))
    }

    func commit() throws { try file.commit() }

    /// A checksum that is itself checksummed is a poor one, so it is turned and shifted.
    static func maskedChecksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let checksum = CRC32C.checksum(bytes)
        return ((checksum >> 15) | (checksum << 17)) &+ 0xA282_EAD8
    }

    private static func bytes(_ value: some FixedWidthInteger) -> Data {
        withUnsafeBytes(of: value.littleEndian) { Data($0) }
    }
}
