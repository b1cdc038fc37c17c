/// The 32-bit cyclic redundancy check with Castagnoli's polynomial, as TFRecord files have it.
///
/// zlib's CRC-32 has another polynomial, and libcrypto has none.
///
/// Source: RFC 3720, appendix B.4 (reflected polynomial 0x82F63B78).
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { (index: UInt32) in
        (0..<8).reduce(index) { remainder, _ in
            remainder & 1 == 1 ? (remainder >> 1) ^ 0x82F6_3B78 : remainder >> 1
        }
    }

    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        let table = table
        return ~bytes.reduce(0xFFFF_FFFF) { remainder, byte in
            (remainder >> 8) ^ table[Int((remainder ^ UInt32(byte)) & 0xFF)]
        }
    }
}
