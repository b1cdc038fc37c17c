import CImageCodecs
import Foundation

/// PNG through libspng: all colour types, 1–16 bits, interlaced or not, checksums enforced.
///
/// - Source: PNG specification, third edition; libspng 0.7.
enum PNGDecoder {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// - Returns: 1 channel for grey, 3 for colour or palette, 4 where there is transparency; of
    ///   large pictures grey, or grey and alpha.
    static func decode(
        _ file: [UInt8], name: String, color: ImageColor
    ) throws -> DecodedImage {
        let header = try PNGHeader(file, name: name)
        return try file.withUnsafeBytes { bytes in
            let decoder = try Session(name: name, color: color)
            let image = try decoder.decode(bytes, header: header)
            guard let low = decoder.lowSamples else { return image }
            // Seldom: what the samples' range is was seen with the last of them.
            let again = try Session(
                name: name, color: color, low: low, lowAlpha: decoder.hasLowAlpha(low))
            return try again.decode(bytes, header: header)
        }
    }

    /// One libspng context, freed with it. The bytes given to it outlive its use.
    private final class Session {
        private let context: OpaquePointer
        private let name: String
        private let color: ImageColor
        /// The samples' range, where it is known to be less than their container's, and whether that
        /// is alpha's as well.
        private let low: LowSamples?
        private let lowAlpha: Bool
        /// The largest samples of 16 bits that were met.
        private var brightest = 0
        private var mostOpaque = 0

        init(
            name: String, color: ImageColor, low: LowSamples? = nil, lowAlpha: Bool = false
        ) throws {
            guard let context = spng_ctx_new(0) else {
                throw ImageError.damaged(name: name, format: .png, detail: "no memory for libspng")
            }
            self.context = context
            self.name = name
            self.color = color
            self.low = low
            self.lowAlpha = lowAlpha
        }

        deinit { spng_ctx_free(context) }

        func decode(_ bytes: UnsafeRawBufferPointer, header: PNGHeader) throws -> DecodedImage {
            let side = UInt32(ImageLimits.maximumSide)
            try check(spng_set_image_limits(context, side, side))
            try check(
                spng_set_chunk_limits(
                    context, ImageLimits.maximumChunkBytes, ImageLimits.maximumChunkCacheBytes))
            let error = Int32(SPNG_CRC_ERROR.rawValue)
            try check(spng_set_crc_action(context, error, error))
            try check(spng_set_png_buffer(context, bytes.baseAddress, bytes.count))
            let layout = layout(header, isTransparent: try hasTransparency())
            let rows =
                header.isInterlaced ? try whole(header, layout) : try byRows(header, layout)
            // Reads on to the end marker, so that a file cut after its pixels is told.
            try check(spng_decode_chunks(context))
            let image = rows.image(
                name: name, warnings: low.map { [$0.warning(brightest: brightest)] } ?? [])
            return image.upright(orientation: try orientation(header))
        }

        /// What the samples' range is, if it is less than their container's and wasn't known.
        var lowSamples: LowSamples? {
            guard low == nil, brightest > 0 else { return nil }
            return LowSamples(brightest: brightest, significant: significantBits)
        }

        func hasLowAlpha(_ low: LowSamples) -> Bool { mostOpaque <= low.maximum }

        /// What the file says of its samples.
        private var significantBits: Int? {
            var bits = spng_sbit()
            guard spng_get_sbit(context, &bits) == 0 else { return nil }
            return [bits.grayscale_bits, bits.red_bits, bits.green_bits, bits.blue_bits].max()
                .flatMap { $0 > 0 ? Int($0) : nil }
        }

        /// What libspng is asked for.
        private struct Layout {
            let format: spng_format
            let channels: Int
            /// 16-bit samples in the machine's order.
            var isWide = false
            var flags: Int32 = 0

            var step: Int { isWide ? 2 : 1 }
            /// Of a wide sample's upper byte.
            var offset: Int { isWide && 1.littleEndian == 1 ? 1 : 0 }
        }

        /// libspng's own conversions of 16-bit samples take several times as long as taking the
        /// upper bytes here.
        private func layout(_ header: PNGHeader, isTransparent: Bool) -> Layout {
            let isWide = header.bitDepth == 16
            if isTransparent {
                return Layout(
                    format: isWide ? SPNG_FMT_RGBA16 : SPNG_FMT_RGBA8, channels: 4, isWide: isWide,
                    flags: Int32(SPNG_DECODE_TRNS.rawValue))
            }
            switch UInt32(header.colorType) {
            case SPNG_COLOR_TYPE_GRAYSCALE.rawValue:
                return isWide
                    ? Layout(format: SPNG_FMT_PNG, channels: 1, isWide: true)
                    : Layout(format: SPNG_FMT_G8, channels: 1)
            case SPNG_COLOR_TYPE_TRUECOLOR.rawValue where isWide:
                return Layout(format: SPNG_FMT_PNG, channels: 3, isWide: true)
            case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA.rawValue where isWide:
                return Layout(format: SPNG_FMT_PNG, channels: 4, isWide: true)
            case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA.rawValue where isWide:
                return Layout(format: SPNG_FMT_RGBA16, channels: 4, isWide: true)
            case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA.rawValue,
                SPNG_COLOR_TYPE_GRAYSCALE_ALPHA.rawValue:
                return Layout(format: SPNG_FMT_RGBA8, channels: 4)
            default:
                return Layout(format: SPNG_FMT_RGB8, channels: 3)
            }
        }

        /// Whether there is a transparent colour.
        private func hasTransparency() throws -> Bool {
            var transparency = spng_trns()
            let result = spng_get_trns(context, &transparency)
            if result == Int32(SPNG_ECHUNKAVAIL.rawValue) { return false }
            try check(result)
            return true
        }

        /// Decodes an interlaced picture, whose rows aren't whole before the last pass.
        private func whole(_ header: PNGHeader, _ layout: Layout) throws -> ImageRows {
            let size = try decodedSize(layout)
            let pixels = try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                try check(
                    spng_decode_image(
                        context, buffer.baseAddress, size, Int32(layout.format.rawValue),
                        layout.flags))
                count = size
            }
            var rows = ImageRows(
                width: header.width, height: header.height, channels: layout.channels,
                color: color)
            let stride = size / header.height
            for y in 0..<header.height {
                take(Array(pixels[y * stride..<(y + 1) * stride]), layout, into: &rows)
            }
            return rows
        }

        /// Decodes one row after the other, so that only what is kept of them takes memory.
        private func byRows(_ header: PNGHeader, _ layout: Layout) throws -> ImageRows {
            let stride = try decodedSize(layout) / header.height
            try check(
                spng_decode_image(
                    context, nil, 0, Int32(layout.format.rawValue),
                    layout.flags | Int32(SPNG_DECODE_PROGRESSIVE.rawValue)))
            var rows = ImageRows(
                width: header.width, height: header.height, channels: layout.channels,
                color: color)
            var row = [UInt8](repeating: 0, count: stride)
            for y in 0..<header.height {
                let result = row.withUnsafeMutableBytes {
                    spng_decode_row(context, $0.baseAddress, stride)
                }
                // The last row comes with the word that it is the last.
                let isEnd = result == Int32(SPNG_EOI.rawValue) && y == header.height - 1
                if !isEnd { try check(result) }
                take(row, layout, into: &rows)
            }
            return rows
        }

        // MARK: - Samples

        private func take(_ row: [UInt8], _ layout: Layout, into rows: inout ImageRows) {
            guard layout.isWide else { return rows.append(row) }
            measure(row, layout)
            if let low {
                rows.append(narrowed(row, layout, low))
            } else {
                rows.append(row, step: layout.step, offset: layout.offset)
            }
        }

        private func measure(_ row: [UInt8], _ layout: Layout) {
            let hasAlpha = layout.channels % 2 == 0
            var channel = 0
            for place in stride(from: 0, to: row.count, by: 2) {
                let value = Self.sample(row, place)
                channel &+= 1
                if hasAlpha && channel == layout.channels {
                    if value > mostOpaque { mostOpaque = value }
                } else if value > brightest {
                    brightest = value
                }
                if channel == layout.channels { channel = 0 }
            }
        }

        /// The row's samples as one byte each.
        private func narrowed(_ row: [UInt8], _ layout: Layout, _ low: LowSamples) -> [UInt8] {
            let alpha = layout.channels % 2 == 0 ? layout.channels - 1 : layout.channels
            return (0..<row.count / 2).map { index in
                let value = Self.sample(row, 2 * index)
                let isFull = index % layout.channels == alpha && !lowAlpha
                return isFull ? UInt8(value >> 8) : low[value]
            }
        }

        /// A sample in the machine's order.
        @inline(__always)
        private static func sample(_ row: [UInt8], _ place: Int) -> Int {
            let (first, second) = (Int(row[place]), Int(row[place &+ 1]))
            return 1.littleEndian == 1 ? second << 8 | first : first << 8 | second
        }

        private func decodedSize(_ layout: Layout) throws -> Int {
            var size = 0
            try check(
                spng_decoded_image_size(context, Int32(layout.format.rawValue), &size))
            return size
        }

        /// From `eXIf`, or from the text that older programs keep Exif in, or from XMP.
        private func orientation(_ header: PNGHeader) throws -> Int {
            let texts = try texts()
            return ExifOrientation.find(
                tiff: header.exif ?? texts["Raw profile type exif"].map(Self.profile) ?? [],
                xmp: texts["XML:com.adobe.xmp"] ?? [])
        }

        /// The last text of each keyword.
        private func texts() throws -> [String: [UInt8]] {
            var count: UInt32 = 0
            guard spng_get_text(context, nil, &count) == 0, count > 0 else { return [:] }
            var texts = [spng_text](repeating: spng_text(), count: Int(count))
            try check(spng_get_text(context, &texts, &count))
            let found = texts.compactMap { text -> (String, [UInt8])? in
                guard let start = text.text else { return nil }
                let keyword = withUnsafeBytes(of: text.keyword) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                return (keyword, [UInt8](UnsafeRawBufferPointer(start: start, count: text.length)))
            }
            return Dictionary(found) { $1 }
        }

        /// ImageMagick's form of a profile: an empty line, its kind, its length, then hexadecimal digits.
        private static func profile(_ text: [UInt8]) -> [UInt8] {
            let lines = text.split(
                separator: UInt8(ascii: "\n"), maxSplits: 3, omittingEmptySubsequences: false)
            guard lines.count == 4 else { return [] }
            let digits = lines[3].compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            return stride(from: 0, to: digits.count - 1, by: 2).map {
                UInt8(digits[$0] << 4 | digits[$0 + 1])
            }
        }

        private func check(_ result: Int32) throws {
            guard result != 0 else { return }
            let detail = String(cString: spng_strerror(result))
            let early = [SPNG_IO_EOF, SPNG_EOF, SPNG_EIDAT_TOO_SHORT].map { Int32($0.rawValue) }
            if early.contains(result) {
                throw ImageError.truncated(name: name, format: .png, detail: detail)
            }
            throw ImageError.damaged(name: name, format: .png, detail: detail)
        }
    }
}
