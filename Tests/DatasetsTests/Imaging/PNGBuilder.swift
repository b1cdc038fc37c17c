/// Makes PNG files of any kind, uncompressed, and ones that promise more than they hold.
///
/// - Source: PNG specification, third edition; RFC 1950 and 1951 (stored blocks).
struct PNGBuilder {
    var width: Int
    var height: Int
    var bitDepth: UInt8 = 8
    var colorType: UInt8
    var interlace: UInt8 = 0

    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// A whole file.
    ///
    /// - Parameter samples: the rows' bytes, without filters.
    func file(_ samples: [UInt8]) -> [UInt8] {
        let stride = samples.count / height
        var raw: [UInt8] = []
        for y in 0..<height { raw += [0] + samples[y * stride..<(y + 1) * stride] }
        return header + chunk("IDAT", zlib(raw)) + chunk("IEND", [])
    }

    /// The header, then bytes that are no pixels.
    func promise(fileBytes: Int) -> [UInt8] {
        header + [UInt8](repeating: 0, count: fileBytes - header.count)
    }

    private var header: [UInt8] {
        Self.signature
            + chunk(
                "IHDR",
                bigEndian(width) + bigEndian(height) + [bitDepth, colorType, 0, 0, interlace])
    }

    private func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + content
        return bigEndian(content.count) + body + bigEndian(Int(Self.crc(body)))
    }

    private func bigEndian(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    private func zlib(_ raw: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x78, 0x01]
        for start in stride(from: 0, to: raw.count, by: 65_535) {
            let block = raw[start..<min(start + 65_535, raw.count)]
            let (low, high) = (UInt8(block.count & 255), UInt8(block.count >> 8))
            bytes += [start + 65_535 >= raw.count ? 1 : 0, low, high, ~low, ~high] + block
        }
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in raw {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return bytes + bigEndian(Int(b << 16 | a))
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in
            value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1
        }
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { table[Int(($0 ^ UInt32($1)) & 255)] ^ $0 >> 8 }
    }
}
