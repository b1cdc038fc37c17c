/// Netpbm's PBM, PGM and PPM, plain (P1–P3) and raw (P4–P6), samples of up to 16 bits.
///
/// A file may hold several pictures; the first is taken.
///
/// - Source: netpbm's pbm(5), pgm(5) and ppm(5).
struct PNMDecoder {
    private let file: ImageBytes
    private var offset = 2
    private let kind: Int

    static func decode(_ file: ImageBytes) throws -> DecodedImage {
        var decoder = PNMDecoder(file)
        return try decoder.decode()
    }

    private init(_ file: ImageBytes) {
        self.file = file
        kind = Int(file.bytes[1]) - Int(UInt8(ascii: "0"))
    }

    private mutating func decode() throws -> DecodedImage {
        let width = try number("width")
        let height = try number("height")
        try ImageLimits.check(width: width, height: height, format: .netpbm, name: file.name)
        let isBitmap = kind == 1 || kind == 4
        let maximum = isBitmap ? 1 : try number("the largest value")
        guard (1...65_535).contains(maximum) else {
            throw file.damaged("the largest value is \(maximum), expected 1–65535")
        }
        let channels = kind == 3 || kind == 6 ? 3 : 1
        let count = width * height * channels
        let pixels =
            switch kind {
            case 1: try plainBits(count)
            case 4: try rawBits(width: width, height: height)
            case 2, 3: try plainSamples(count, maximum: maximum)
            default: try rawSamples(count, maximum: maximum)
            }
        return DecodedImage(
            width: width, height: height, channels: channels, pixels: pixels, name: file.name)
    }

    // MARK: - Pixels

    private mutating func plainBits(_ count: Int) throws -> [UInt8] {
        try file.need(offset, count, "\(count) pixels")
        var pixels = [UInt8](repeating: 255, count: count)
        for index in 0..<count {
            skipSpaceAndComments()
            switch try file.byte(offset, "pixel \(index)") {
            case UInt8(ascii: "0"): break
            case UInt8(ascii: "1"): pixels[index] = 0
            case let other: throw file.damaged("byte \(other) at offset \(offset), expected 0 or 1")
            }
            offset += 1
        }
        return pixels
    }

    private mutating func rawBits(width: Int, height: Int) throws -> [UInt8] {
        try endHeader()
        let stride = (width + 7) / 8
        try file.need(offset, stride * height, "the pixels")
        var pixels = [UInt8](repeating: 255, count: width * height)
        for y in 0..<height {
            for x in 0..<width
            where file.bytes[offset + y * stride + x / 8] >> UInt8(7 - x % 8) & 1 == 1 {
                pixels[y * width + x] = 0
            }
        }
        return pixels
    }

    private mutating func plainSamples(_ count: Int, maximum: Int) throws -> [UInt8] {
        // Each sample takes a digit and all but the last a space: too short is told before
        // memory is taken.
        try file.need(offset, 2 * count - 1, "\(count) samples")
        var pixels = [UInt8](repeating: 0, count: count)
        for index in 0..<count {
            pixels[index] = try scaled(try number("sample \(index)"), maximum, index)
        }
        return pixels
    }

    private mutating func rawSamples(_ count: Int, maximum: Int) throws -> [UInt8] {
        try endHeader()
        let width = maximum < 256 ? 1 : 2
        try file.need(offset, count * width, "the pixels")
        if maximum == 255 { return Array(file.bytes[offset..<offset + count]) }
        var pixels = [UInt8](repeating: 0, count: count)
        for index in 0..<count {
            let place = offset + index * width
            let value =
                width == 1
                ? Int(file.bytes[place]) : Int(file.bytes[place]) << 8 | Int(file.bytes[place + 1])
            pixels[index] = try scaled(value, maximum, index)
        }
        return pixels
    }

    private func scaled(_ value: Int, _ maximum: Int, _ index: Int) throws -> UInt8 {
        guard value <= maximum else {
            throw file.damaged("sample \(index) is \(value), the largest value is \(maximum)")
        }
        return UInt8((value * 255 + maximum / 2) / maximum)
    }

    // MARK: - Text

    /// Exactly one space ends a raw file's header; the pixels start after it.
    private mutating func endHeader() throws {
        guard Self.isSpace(try file.byte(offset, "the end of the header")) else {
            throw file.damaged("no space after the header at offset \(offset)")
        }
        offset += 1
    }

    private mutating func number(_ what: String) throws -> Int {
        skipSpaceAndComments()
        let start = offset
        var value = 0
        while offset < file.count, case let digit = Int(file.bytes[offset]) - 48,
            (0...9).contains(digit)
        {
            // No field is that large; capping keeps a long run of digits from overflowing.
            value = min(value * 10 + digit, 999_999_999)
            offset += 1
        }
        guard offset > start else {
            _ = try file.byte(offset, what)
            throw file.damaged("\(what) at offset \(offset) is not a number")
        }
        return value
    }

    private mutating func skipSpaceAndComments() {
        while offset < file.count {
            if file.bytes[offset] == UInt8(ascii: "#") {
                while offset < file.count, file.bytes[offset] != 10, file.bytes[offset] != 13 {
                    offset += 1
                }
            } else if Self.isSpace(file.bytes[offset]) {
                offset += 1
            } else {
                return
            }
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
}
