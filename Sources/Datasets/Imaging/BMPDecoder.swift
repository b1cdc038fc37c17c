/// Windows bitmaps without compression: 1, 4 and 8 bits by palette; 16, 24 and 32 bits; rows from
/// the bottom or from the top.
///
/// - Source: Microsoft's BITMAPINFOHEADER, BITMAPV4HEADER and BITMAPV5HEADER pages.
enum BMPDecoder {
    static func decode(_ file: ImageBytes, color: ImageColor) throws -> DecodedImage {
        let header = try BMPHeader(file)
        try file.need(header.pixelOffset, header.stride * header.height, "the pixels")
        return header.bitsPerPixel <= 8
            ? try decodeIndexed(file, header, color) : decodeDirect(file, header, color)
    }

    // MARK: - Palette

    private static func decodeIndexed(
        _ file: ImageBytes, _ header: BMPHeader, _ color: ImageColor
    ) throws -> DecodedImage {
        let palette = try header.palette(file)
        let bits = header.bitsPerPixel
        var rows = ImageRows(
            width: header.width, height: header.height, channels: 3, color: color)
        var pixels = [UInt8](repeating: 0, count: header.width * 3)
        for y in 0..<header.height {
            let row = header.rowOffset(y)
            var target = 0
            for x in 0..<header.width {
                let bit = x * bits
                let shift = 8 - bits - bit % 8
                let index = Int(file.bytes[row + bit / 8] >> UInt8(shift)) & (1 << bits - 1)
                guard index < palette.count else {
                    throw file.damaged(
                        "pixel (\(x), \(y)) has colour \(index), the palette has \(palette.count)")
                }
                let entry = palette[index]
                pixels[target] = entry.red
                pixels[target + 1] = entry.green
                pixels[target + 2] = entry.blue
                target += 3
            }
            rows.append(pixels)
        }
        return rows.image(name: file.name)
    }

    // MARK: - Colours in the pixels

    private static func decodeDirect(
        _ file: ImageBytes, _ header: BMPHeader, _ color: ImageColor
    ) -> DecodedImage {
        let masks = header.masks
        let bytesPerPixel = header.bitsPerPixel / 8
        let channels = header.hasAlpha ? 4 : 3
        var rows = ImageRows(
            width: header.width, height: header.height, channels: channels, color: color)
        var pixels = [UInt8](repeating: 0, count: header.width * channels)
        var anyAlpha = false
        for y in 0..<header.height {
            var source = header.rowOffset(y)
            var target = 0
            for _ in 0..<header.width {
                var value: UInt32 = 0
                for byte in 0..<bytesPerPixel {
                    value |= UInt32(file.bytes[source + byte]) << UInt32(8 * byte)
                }
                for channel in 0..<channels {
                    pixels[target + channel] = masks[channel].sample(value)
                }
                if channels == 4 && pixels[target + 3] != 0 { anyAlpha = true }
                source += bytesPerPixel
                target += channels
            }
            rows.append(pixels)
        }
        // Many programs write an alpha channel of zeros and mean an opaque picture.
        if channels == 4 && !anyAlpha { rows.removeTransparency() }
        return rows.image(name: file.name)
    }
}

/// Where a colour's bits lie in a pixel.
struct BMPMask {
    let mask: UInt32

    /// Ones in a row, or none.
    var isContiguous: Bool {
        let bits = mask == 0 ? 0 : mask >> UInt32(mask.trailingZeroBitCount)
        return bits & (bits &+ 1) == 0
    }

    /// The colour's value scaled to 0–255; 0 for a mask without bits.
    func sample(_ pixel: UInt32) -> UInt8 {
        guard mask != 0 else { return 0 }
        let shift = UInt32(mask.trailingZeroBitCount)
        let largest = UInt64(mask >> shift)
        return UInt8((UInt64((pixel & mask) >> shift) * 255 + largest / 2) / largest)
    }
}
