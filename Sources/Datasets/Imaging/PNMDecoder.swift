/// Netpbm's PBM, PGM and PPM, plain (P1–P3) and raw (P4–P6), samples of up to 16 bits.
///
/// A file may hold several pictures; the first is taken.
///
/// - Source: netpbm's pbm(5), pgm(5) and ppm(5).
struct PNMDecoder {
    private let file: ImageBytes
    private let bytes: [UInt8]
    private let color: ImageColor
    private var offset = 2
    private let kind: Int
    /// Text is read up to here.
    private var textEnd = 0
    /// Whether a raw sample has two bytes.
    private var isWide = false

    static func decode(_ file: ImageBytes, color: ImageColor) throws -> DecodedImage {
        var decoder = PNMDecoder(file, color: color)
        return try decoder.decode()
    }

    private init(_ file: ImageBytes, color: ImageColor) {
        self.file = file
        self.color = color
        bytes = file.bytes
        kind = Int(file.bytes[1]) - Int(UInt8(ascii: "0"))
    }

    private mutating func decode() throws -> DecodedImage {
        // Comments and all: a picture starts soon.
        textEnd = min(file.count, ImageLimits.maximumTextHeaderBytes)
        let width = try number("width")
        let height = try number("height")
        try ImageLimits.check(width: width, height: height, format: .netpbm, name: file.name)
        let isBitmap = kind == 1 || kind == 4
        let maximum = isBitmap ? 1 : try number("the largest value")
        guard (1...65_535).contains(maximum) else {
            throw file.damaged("the largest value is \(maximum), expected 1–65535")
        }
        let channels = kind == 3 || kind == 6 ? 3 : 1
        let count = width * channels
        isWide = maximum > 255
        switch kind {
        case 1, 2, 3: try startText(count * height)
        case 4: try endHeader((width + 7) / 8 * height)
        default: try endHeader(count * height * (isWide ? 2 : 1))
        }
        // 65535 is what programs write for any samples of two bytes; a lesser range is meant.
        let brightest = maximum == 65_535 ? try brightest(count * height) : 0
        guard let low = LowSamples(brightest: brightest) else {
            return try rows(width, height, channels, SampleScale(maximum: maximum)).image(
                name: file.name)
        }
        return try rows(width, height, channels, SampleScale(maximum: low.maximum)).image(
            name: file.name, warnings: [low.warning(brightest: brightest)])
    }

    /// The largest of the samples that follow, which aren't consumed.
    private func brightest(_ count: Int) throws -> Int {
        var scout = self
        var brightest = 0
        if kind >= 4 {
            for place in stride(from: offset, to: offset + 2 * count, by: 2) {
                brightest = max(brightest, Int(bytes[place]) << 8 | Int(bytes[place + 1]))
            }
            return brightest
        }
        for index in 0..<count {
            brightest = max(brightest, try scout.number("sample \(index)"))
        }
        return brightest
    }

    private mutating func rows(
        _ width: Int, _ height: Int, _ channels: Int, _ scale: SampleScale
    ) throws -> ImageRows {
        var rows = ImageRows(width: width, height: height, channels: channels, color: color)
        var row = [UInt8](repeating: 0, count: width * channels)
        for y in 0..<height {
            let first = y * row.count
            switch kind {
            case 1: try plainBits(into: &row)
            case 4: rawBits(into: &row)
            case 2, 3: try plainSamples(into: &row, first: first, scale)
            default: try rawSamples(into: &row, first: first, scale)
            }
            rows.append(row)
        }
        return rows
    }

    // MARK: - Raw pixels

    private mutating func rawBits(into row: inout [UInt8]) {
        for x in row.indices {
            row[x] = bytes[offset &+ x / 8] >> UInt8(7 - x % 8) & 1 == 1 ? 0 : 255
        }
        offset += (row.count + 7) / 8
    }

    private mutating func rawSamples(
        into row: inout [UInt8], first: Int, _ scale: SampleScale
    ) throws {
        if scale.maximum == 255 && !isWide {
            row.replaceSubrange(row.indices, with: bytes[offset..<offset + row.count])
            offset += row.count
            return
        }
        for x in row.indices {
            var value = Int(bytes[offset])
            offset &+= 1
            if isWide {
                value = value << 8 | Int(bytes[offset])
                offset &+= 1
            }
            row[x] = try scaled(value, first + x, scale)
        }
    }

    // MARK: - Plain pixels

    /// Sets the bounds of a plain file: too short for its samples is told before memory is taken,
    /// and what lies between them is bounded by their number.
    private mutating func startText(_ count: Int) throws {
        // Each sample takes a digit, and all but the last a space; bits need no space.
        try file.need(offset, kind == 1 ? count : 2 * count - 1, "\(count) samples")
        textEnd = min(
            file.count,
            offset + ImageLimits.maximumTextHeaderBytes + count * ImageLimits.maximumTextSampleBytes
        )
    }

    private mutating func plainBits(into row: inout [UInt8]) throws {
        for x in row.indices {
            skipSpaceAndComments()
            guard offset < textEnd else { throw textEnded() }
            let byte = bytes[offset]
            guard byte == UInt8(ascii: "0") || byte == UInt8(ascii: "1") else {
                throw file.damaged("byte \(byte) at offset \(offset), expected 0 or 1")
            }
            row[x] = byte == UInt8(ascii: "0") ? 255 : 0
            offset &+= 1
        }
    }

    private mutating func plainSamples(
        into row: inout [UInt8], first: Int, _ scale: SampleScale
    ) throws {
        for x in row.indices {
            row[x] = try scaled(try number("sample \(first + x)"), first + x, scale)
        }
    }

    // MARK: - Samples

    /// A sample's value in 0–255, by a table where the values are few.
    private struct SampleScale {
        let maximum: Int
        private let table: [UInt8]

        init(maximum: Int) {
            self.maximum = maximum
            table = (0...maximum).map { UInt8(($0 * 255 + maximum / 2) / maximum) }
        }

        subscript(value: Int) -> UInt8 { table[value] }
    }

    @inline(__always)
    private func scaled(_ value: Int, _ index: Int, _ scale: SampleScale) throws -> UInt8 {
        guard value <= scale.maximum else {
            throw file.damaged("sample \(index) is \(value), the largest value is \(scale.maximum)")
        }
        return scale[value]
    }

    // MARK: - Text

    /// Exactly one space ends a raw file's header; the pixels start after it.
    private mutating func endHeader(_ pixelBytes: Int) throws {
        guard Self.isSpace(try file.byte(offset, "the end of the header")) else {
            throw file.damaged("no space after the header at offset \(offset)")
        }
        offset += 1
        try file.need(offset, pixelBytes, "the pixels")
    }

    /// - Parameter what: made only where it is told.
    private mutating func number(_ what: @autoclosure () -> String) throws -> Int {
        skipSpaceAndComments()
        let start = offset
        var value = 0
        while offset < textEnd {
            let digit = bytes[offset] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            // No field is that large; capping keeps a long run of digits from overflowing.
            value = min(value &* 10 &+ Int(digit), 999_999_999)
            offset &+= 1
        }
        guard offset > start else {
            guard offset < textEnd else { throw textEnded() }
            throw file.damaged("\(what()) at offset \(offset) is not a number")
        }
        return value
    }

    private mutating func skipSpaceAndComments() {
        while offset < textEnd {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "#") {
                while offset < textEnd, bytes[offset] != 10, bytes[offset] != 13 { offset &+= 1 }
            } else if Self.isSpace(byte) {
                offset &+= 1
            } else {
                return
            }
        }
    }

    /// The file ends here, or what it has between its numbers is beyond measure.
    private func textEnded() -> ImageError {
        guard textEnd < file.count else {
            return .truncated(
                name: file.name, format: .netpbm,
                detail: "more numbers are needed at offset \(offset), the file has \(file.count) "
                    + "bytes")
        }
        return .tooMuchWork(
            name: file.name, format: .netpbm,
            detail:
                "\(textEnd) bytes of text don't hold the header and all samples, and no more is "
                + "read for that many (\(ImageLimits.maximumTextSampleBytes) bytes each, and "
                + "\(ImageLimits.maximumTextHeaderBytes))")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte &- 9 <= 4 }
}
