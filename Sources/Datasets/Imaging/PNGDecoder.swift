import CImageCodecs
import Foundation

/// PNG through libspng: all colour types, 1–16 bits, interlaced or not, checksums enforced.
///
/// - Source: PNG specification, third edition; libspng 0.7.
enum PNGDecoder {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// - Returns: 1 channel for grey, 3 for colour or palette, 4 where there is transparency.
    static func decode(_ data: Data, name: String) throws -> DecodedImage {
        let header = try PNGHeader(data, name: name)
        let decoder = try Session(name: name)
        return try data.withUnsafeBytes { bytes in
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
            let layout = layout(header, transparent: try hasTransparency(header))
            let pixels = try pixels(layout)
            // Reads on to the end marker, so that a file cut after its pixels is told.
            try check(spng_decode_chunks(context))
            let image = DecodedImage(
                width: header.width, height: header.height, channels: layout.channels,
                pixels: layout.isWide ? Self.upperBytes(pixels) : pixels, name: name)
            return image.upright(orientation: try orientation())
        }

        private struct Layout {
            let format: spng_format
            let channels: Int
            var isWide = false
        }

        private func layout(_ header: PNGHeader, transparent: Bool) -> Layout {
            if transparent { return Layout(format: SPNG_FMT_RGBA8, channels: 4) }
            guard header.colorType == UInt8(SPNG_COLOR_TYPE_GRAYSCALE.rawValue) else {
                return Layout(format: SPNG_FMT_RGB8, channels: 3)
            }
            return header.bitDepth == 16
                ? Layout(format: SPNG_FMT_PNG, channels: 1, isWide: true)
                : Layout(format: SPNG_FMT_G8, channels: 1)
        }

        /// Whether there is an alpha channel or a transparent colour.
        private func hasTransparency(_ header: PNGHeader) throws -> Bool {
            var transparency = spng_trns()
            let result = spng_get_trns(context, &transparency)
            if result != Int32(SPNG_ECHUNKAVAIL.rawValue) { try check(result) }
            let hasAlpha = [
                SPNG_COLOR_TYPE_GRAYSCALE_ALPHA.rawValue, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA.rawValue,
            ].contains(UInt32(header.colorType))
            return hasAlpha || result == 0
        }

        private func pixels(_ layout: Layout) throws -> [UInt8] {
            var size = 0
            let format = Int32(layout.format.rawValue)
            try check(spng_decoded_image_size(context, format, &size))
            return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                let flags = layout.channels == 4 ? Int32(SPNG_DECODE_TRNS.rawValue) : 0
                try check(spng_decode_image(context, buffer.baseAddress, size, format, flags))
                count = size
            }
        }

        private static func upperBytes(_ samples: [UInt8]) -> [UInt8] {
            let upper = 1.littleEndian == 1 ? 1 : 0
            return stride(from: upper, to: samples.count, by: 2).map { samples[$0] }
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

    init(_ data: Data, name: String) throws {
        let bytes = [UInt8](data.prefix(33))
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
        try ImageLimits.check(width: width, height: height, format: .png, name: name)
        try checkPixelsCanBeThere(fileBytes: data.count, name: name)
    }

    /// Deflate makes at most 1032 bytes of one, so a short file can't hold a large picture:
    /// it is refused before memory is taken for it.
    private func checkPixelsCanBeThere(fileBytes: Int, name: String) throws {
        let samples = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType] ?? 1
        let raw = (width * samples * Int(bitDepth) + 7) / 8 * height
        guard raw <= fileBytes * 1032 else {
            throw ImageError.truncated(
                name: name, format: .png,
                detail: "\(width)×\(height) pixels can't be in \(fileBytes) bytes")
        }
    }
}
