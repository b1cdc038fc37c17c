import CImageCodecs
import Foundation

/// JPEG through TurboJPEG, as grey (the luma that the file itself carries) or as red, green and blue.
///
/// What libjpeg warns of is decoded, as other readers do, and told in the picture's warnings. What
/// ends before its last pixel is refused.
enum JPEGDecoder {
    static func decode(
        _ file: [UInt8], name: String, color: ImageColor
    ) throws -> DecodedImage {
        let outline = JPEGOutline(file)
        var bytes = file
        if !outline.hasEnd {
            guard outline.mayBeWholeWithoutEnd else {
                throw truncated(name, "it has no end marker")
            }
            bytes = withEnd(file)
        }
        let session = try Session(name: name, color: color)
        var (width, height, pixels, warnings) = try session.decode(bytes, outline)
        if !outline.hasEnd { warnings.append("the JPEG file has no end marker") }
        return DecodedImage(
            width: width, height: height, channels: color == .grey ? 1 : 3, pixels: pixels,
            name: name,
            warnings: warnings
        ).upright(orientation: ExifOrientation.find(tiff: outline.exif, xmp: outline.xmp))
    }

    /// With an end marker, in place of the zeros that a copy may have been filled up with, libjpeg tells
    /// missing pixels from a missing marker.
    private static func withEnd(_ file: [UInt8]) -> [UInt8] {
        let last = file.lastIndex { $0 != 0 } ?? 0
        // A byte of 0xFF in the data is followed by a zero, which stays.
        let isData = file[last] == 0xFF && last + 1 < file.count
        return file[...last] + (isData ? [0x00, 0xFF, 0xD9] : [0xFF, 0xD9])
    }

    private static func truncated(_ name: String, _ detail: String) -> ImageError {
        .truncated(name: name, format: .jpeg, detail: detail)
    }

    /// One TurboJPEG handle, freed with it.
    private final class Session {
        private let handle: tjhandle
        private let name: String
        private let color: ImageColor
        private var warnings: [String] = []

        init(name: String, color: ImageColor) throws {
            guard let handle = tjInitDecompress() else {
                throw ImageError.damaged(
                    name: name, format: .jpeg, detail: "no memory for TurboJPEG")
            }
            self.handle = handle
            self.name = name
            self.color = color
        }

        deinit { tjDestroy(handle) }

        private struct Header {
            let width: Int
            let height: Int
            let isCMYK: Bool
        }

        func decode(
            _ file: [UInt8], _ outline: JPEGOutline
        ) throws -> (width: Int, height: Int, pixels: [UInt8], warnings: [String]) {
            try file.withUnsafeBytes { bytes in
                let header = try readHeader(bytes)
                try outline.checkWork(width: header.width, height: header.height, name: name)
                let stored = try readPixels(bytes, header, isWhole: outline.hasEnd)
                let pixels = header.isCMYK ? Self.pixels(cmyk: stored, color) : stored
                return (header.width, header.height, pixels, warnings)
            }
        }

        private func readHeader(_ bytes: UnsafeRawBufferPointer) throws -> Header {
            var (width, height): (Int32, Int32) = (0, 0)
            var (subsampling, colorSpace): (Int32, Int32) = (0, 0)
            let result = tjDecompressHeader3(
                handle, bytes.bindMemory(to: UInt8.self).baseAddress, UInt(bytes.count), &width,
                &height, &subsampling, &colorSpace)
            // A sampling that TurboJPEG has no name for is decoded all the same: only what has no
            // size has failed.
            guard result == 0 || width > 0 && height > 0 else { throw failure(message) }
            try ImageLimits.check(
                width: Int(width), height: Int(height), format: .jpeg, name: name)
            return Header(
                width: Int(width), height: Int(height),
                isCMYK: [TJCS_CMYK, TJCS_YCCK].map { Int32($0.rawValue) }.contains(colorSpace))
        }

        /// - Parameter isWhole: whether the file has its end; where it hasn't, a warning says that
        ///   pixels are missing, for which TurboJPEG puts grey.
        /// - Returns: one byte a pixel, or three of colour, or four of CMYK.
        private func readPixels(
            _ bytes: UnsafeRawBufferPointer, _ header: Header, isWhole: Bool
        ) throws -> [UInt8] {
            let (format, size) =
                header.isCMYK ? (TJPF_CMYK, 4) : color == .grey ? (TJPF_GRAY, 1) : (TJPF_RGB, 3)
            let count = header.width * header.height * size
            return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                try decompress(isWhole: isWhole) { flags in
                    tjDecompress2(
                        handle, bytes.bindMemory(to: UInt8.self).baseAddress, UInt(bytes.count),
                        buffer.baseAddress, Int32(header.width), 0, Int32(header.height),
                        Int32(format.rawValue), TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT | flags)
                        == 0
                }
                initialized = count
            }
        }

        /// Decodes up to the first warning, and where there is one, again and beyond it.
        ///
        /// TurboJPEG's code calls an error that follows a warning a warning. Its text stays that of the
        /// first warning until an error comes.
        private func decompress(isWhole: Bool, _ attempt: (_ flags: Int32) -> Bool) throws {
            guard !attempt(TJFLAG_STOPONWARNING) else { return }
            let warning = message
            guard tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue) else {
                throw failure(warning)
            }
            guard isWhole else { throw truncated(name, warning) }
            guard attempt(0) || message == warning else { throw failure(message) }
            warnings.append("the JPEG file is malformed and was decoded all the same: \(warning)")
        }

        private var message: String { String(cString: tjGetErrorStr2(handle)) }

        private func failure(_ message: String) -> ImageError {
            message.localizedCaseInsensitiveContains("premature end")
                ? truncated(name, message)
                : .damaged(name: name, format: .jpeg, detail: message)
        }

        /// Adobe's programs store CMYK with light ink as 255; the others follow them.
        ///
        /// - Source: Pillow's conversion, in which K's share of C, M and Y is taken away.
        private static func pixels(cmyk: [UInt8], _ wanted: ImageColor) -> [UInt8] {
            let count = cmyk.count / 4
            var pixels: [UInt8] = []
            pixels.reserveCapacity(wanted == .grey ? count : 3 * count)
            var color: [UInt8] = [0, 0, 0]
            for pixel in 0..<count {
                let light = UInt32(cmyk[4 &* pixel &+ 3])
                for channel in 0..<3 {
                    // Pillow's product of two fractions of 255, rounded.
                    let product = UInt32(255 &- cmyk[4 &* pixel &+ channel]) &* light &+ 128
                    let dark = ((product >> 8) &+ product) >> 8
                    color[channel] = UInt8(truncatingIfNeeded: light &- dark)
                }
                if wanted == .grey {
                    pixels.append(GrayPlane.luma(color, at: 0))
                } else {
                    pixels += color
                }
            }
            return pixels
        }
    }
}
