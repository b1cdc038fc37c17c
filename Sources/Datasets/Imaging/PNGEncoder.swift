import CImageCodecs
import Foundation

/// Writes pictures of grey, or of red, green and blue, as PNG through libspng.
public enum PNGEncoder {
    /// A PNG file of 8 bits a sample.
    ///
    /// - Parameter pixels: `[height, width, channels]`, row-major; one channel or three.
    /// - Throws: `ImageError.unencodable` when the sizes don't agree or the library fails.
    public static func encode(
        _ pixels: [UInt8], width: Int, height: Int, channels: Int = 1
    ) throws -> Data {
        func failure(_ reason: String) -> ImageError {
            .unencodable(width: width, height: height, reason: reason)
        }
        guard channels == 1 || channels == 3 else {
            throw failure("\(channels) channels, expected 1 or 3")
        }
        guard width > 0, height > 0, width <= ImageLimits.maximumSide,
            height <= ImageLimits.maximumSide, pixels.count == width * height * channels
        else {
            throw failure(
                "expected width·height bytes a channel and sides of 1–\(ImageLimits.maximumSide), "
                    + "got \(pixels.count) bytes")
        }
        guard let context = spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else {
            throw failure("no memory for libspng")
        }
        defer { spng_ctx_free(context) }
        func check(_ result: Int32) throws {
            guard result == 0 else { throw failure(String(cString: spng_strerror(result))) }
        }
        var header = spng_ihdr()
        header.width = UInt32(width)
        header.height = UInt32(height)
        header.bit_depth = 8
        let color = channels == 1 ? SPNG_COLOR_TYPE_GRAYSCALE : SPNG_COLOR_TYPE_TRUECOLOR
        header.color_type = UInt8(color.rawValue)
        try check(spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1))
        try check(spng_set_ihdr(context, &header))
        try check(
            spng_encode_image(
                context, pixels, pixels.count, Int32(SPNG_FMT_PNG.rawValue),
                Int32(SPNG_ENCODE_FINALIZE.rawValue)))
        var length = 0
        var result: Int32 = 0
        guard let file = spng_get_png_buffer(context, &length, &result) else {
            throw failure(String(cString: spng_strerror(result)))
        }
        // The buffer is ours to free: libspng hands it over.
        return Data(bytesNoCopy: file, count: length, deallocator: .free)
    }
}
