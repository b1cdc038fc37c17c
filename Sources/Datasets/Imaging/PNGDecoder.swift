import CImageCodecs
import Foundation

/// PNG through libspng: all colour types, 1–16 bits, interlaced or not, checksums enforced.
///
/// - Source: PNG specification, third edition; libspng 0.7.
enum PNGDecoder {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// - Returns: 1 channel for grey, 3 for colour or palette, 4 where there is transparency; of
    ///   large pictures grey, or grey and alpha.
    static func decode(_ file: [UInt8], name: String) throws -> DecodedImage {
        let header = try PNGHeader(file, name: name)
        let decoder = try Session(name: name)
        return try file.withUnsafeBytes { bytes in
            try decoder.decode(bytes, header: header)
        }
    }

    /// One libspng context, freed with it. The bytes given to it outlive its use.
    private final class Session {
        private let context: OpaquePointer
        private let name: String

        init(name: String) throws {
            guard let context = spng_ctx_new(0) else {
                throw ImageError.damaged(name: name, format: .png, detail: "no memory for libspng")
            }
            self.context = context
            self.name = name
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
            let image =
                header.isInterlaced ? try whole(header, layout) : try byRows(header, layout)
            // Reads on to the end marker, so that a file cut after its pixels is told.
            try check(spng_decode_chunks(context))
            return image.upright(orientation: try orientation())
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
            if isTransparent {
                return Layout(
                    format: SPNG_FMT_RGBA8, channels: 4, flags: Int32(SPNG_DECODE_TRNS.rawValue))
            }
            let isWide = header.bitDepth == 16
            switch UInt32(header.colorType) {
            case SPNG_COLOR_TYPE_GRAYSCALE.rawValue:
                return isWide
                    ? Layout(format: SPNG_FMT_PNG, channels: 1, isWide: true)
                    : Layout(format: SPNG_FMT_G8, channels: 1)
            case SPNG_COLOR_TYPE_TRUECOLOR.rawValue where isWide:
                return Layout(format: SPNG_FMT_PNG, channels: 3, isWide: true)
            case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA.rawValue where isWide:
                return Layout(format: SPNG_FMT_PNG, channels: 4, isWide: true)
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
        private func whole(_ header: PNGHeader, _ layout: Layout) throws -> DecodedImage {
            let size = try decodedSize(layout)
            let pixels = try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                try check(
                    spng_decode_image(
                        context, buffer.baseAddress, size, Int32(layout.format.rawValue),
                        layout.flags))
                count = size
            }
            var rows = ImageRows(
                width: header.width, height: header.height, channels: layout.channels)
            let stride = size / header.height
            for y in 0..<header.height {
                rows.append(
                    Array(pixels[y * stride..<(y + 1) * stride]), step: layout.step,
                    offset: layout.offset)
            }
            return rows.image(name: name)
        }

        /// Decodes one row after the other, so that only what is kept of them takes memory.
        private func byRows(_ header: PNGHeader, _ layout: Layout) throws -> DecodedImage {
            let stride = try decodedSize(layout) / header.height
            try check(
                spng_decode_image(
                    context, nil, 0, Int32(layout.format.rawValue),
                    layout.flags | Int32(SPNG_DECODE_PROGRESSIVE.rawValue)))
            var rows = ImageRows(
                width: header.width, height: header.height, channels: layout.channels)
            var row = [UInt8](repeating: 0, count: stride)
            for y in 0..<header.height {
                let result = row.withUnsafeMutableBytes {
                    spng_decode_row(context, $0.baseAddress, stride)
                }
                // The last row comes with the word that it is the last.
                let isEnd = result == Int32(SPNG_EOI.rawValue) && y == header.height - 1
                if !isEnd { try check(result) }
                rows.append(row, step: layout.step, offset: layout.offset)
            }
            return rows.image(name: name)
        }

        private func decodedSize(_ layout: Layout) throws -> Int {
            var size = 0
            try check(
                spng_decoded_image_size(context, Int32(layout.format.rawValue), &size))
            return size
        }

        private func orientation() throws -> Int {
            var exif = spng_exif()
            guard spng_get_exif(context, &exif) == 0, let start = exif.data else { return 1 }
            return ExifOrientation.parse(
                [UInt8](UnsafeRawBufferPointer(start: start, count: exif.length)))
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

/// What a PNG's first chunk says, checked before libspng sees the file.
struct PNGHeader {
    let width: Int
    let height: Int
    let bitDepth: UInt8
    let colorType: UInt8
    let isInterlaced: Bool

    init(_ file: [UInt8], name: String) throws {
        let bytes = Array(file.prefix(33))
        guard bytes.count == 33 else {
            throw ImageError.truncated(
                name: name, format: .png,
                detail: "the header needs 33 bytes, the file has \(bytes.count)")
        }
        guard Array(bytes[8..<16]) == [0, 0, 0, 13] + Array("IHDR".utf8) else {
            throw ImageError.damaged(
                name: name, format: .png, detail: "expected an IHDR chunk of 13 bytes first")
        }
        func number(_ offset: Int) -> Int {
            bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        (width, height) = (number(16), number(20))
        (bitDepth, colorType) = (bytes[24], bytes[25])
        isInterlaced = bytes[28] != 0
        try ImageLimits.check(width: width, height: height, format: .png, name: name)
        try checkPixelsCanBeThere(fileBytes: file.count, name: name)
        try checkWork(name: name)
    }

    /// Bytes of the pixels before compression.
    private var rawBytes: Int {
        let samples = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType] ?? 1
        return (width * samples * Int(bitDepth) + 7) / 8 * height
    }

    /// Throws for what would take long to inflate, or much memory.
    private func checkWork(name: String) throws {
        guard rawBytes <= ImageLimits.maximumRawBytes else {
            throw ImageError.tooMuchWork(
                name: name, format: .png,
                detail: "\(width)×\(height) pixels of \(bitDepth) bits a sample are \(rawBytes) "
                    + "bytes uncompressed, at most \(ImageLimits.maximumRawBytes) are decoded")
        }
        guard !isInterlaced || width * height <= ImageLimits.maximumInterlacedPixels else {
            throw ImageError.tooMuchWork(
                name: name, format: .png,
                detail: "\(width)×\(height) pixels are interlaced, at most "
                    + "\(ImageLimits.maximumInterlacedPixels) such pixels are decoded")
        }
    }

    /// Deflate makes at most 1032 bytes of one, so a short file can't hold a large picture:
    /// it is refused before memory is taken for it.
    private func checkPixelsCanBeThere(fileBytes: Int, name: String) throws {
        guard rawBytes <= fileBytes * 1032 else {
            throw ImageError.truncated(
                name: name, format: .png,
                detail: "\(width)×\(height) pixels can't be in \(fileBytes) bytes")
        }
    }
}
