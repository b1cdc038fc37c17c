import CImageCodecs
import Foundation

/// JPEG through TurboJPEG, as grey: the luma that the file itself carries.
enum JPEGDecoder {
    static func decode(_ file: [UInt8], name: String) throws -> DecodedImage {
        guard let handle = tjInitDecompress() else {
            throw ImageError.damaged(name: name, format: .jpeg, detail: "no memory for TurboJPEG")
        }
        defer { tjDestroy(handle) }
        let (size, pixels) = try file.withUnsafeBytes { bytes in
            let size = try readHeader(handle, bytes, name: name)
            try JPEGScans(file).check(width: size.width, height: size.height, name: name)
            return (size, try readPixels(handle, bytes, size: size, name: name))
        }
        let image = DecodedImage(
            width: size.width, height: size.height, channels: 1, pixels: pixels, name: name)
        return image.upright(orientation: ExifOrientation.ofJPEG(file))
    }

    private typealias Size = (width: Int, height: Int)

    private static func readHeader(
        _ handle: tjhandle, _ bytes: UnsafeRawBufferPointer, name: String
    ) throws -> Size {
        var (width, height): (Int32, Int32) = (0, 0)
        var (subsampling, colorSpace): (Int32, Int32) = (0, 0)
        let result = tjDecompressHeader3(
            handle, bytes.bindMemory(to: UInt8.self).baseAddress, UInt(bytes.count), &width,
            &height, &subsampling, &colorSpace)
        // Said first: TurboJPEG itself reports an odd sampling of CMYK as a plain failure.
        if [TJCS_CMYK, TJCS_YCCK].map({ Int32($0.rawValue) }).contains(colorSpace), width > 0 {
            throw ImageError.unsupported(
                name: name, format: "JPEG", found: "CMYK colours", supported: "grey and RGB")
        }
        guard result == 0 else { throw failure(handle, name: name) }
        try ImageLimits.check(
            width: Int(width), height: Int(height), format: .jpeg, name: name)
        return (Int(width), Int(height))
    }

    /// A warning is an error here: TurboJPEG fills what it could not read with grey.
    private static func readPixels(
        _ handle: tjhandle, _ bytes: UnsafeRawBufferPointer, size: Size, name: String
    ) throws -> [UInt8] {
        let count = size.width * size.height
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT
            let result = tjDecompress2(
                handle, bytes.bindMemory(to: UInt8.self).baseAddress, UInt(bytes.count),
                buffer.baseAddress, Int32(size.width), 0, Int32(size.height),
                Int32(TJPF_GRAY.rawValue), flags)
            guard result == 0 else { throw failure(handle, name: name) }
            initialized = count
        }
    }

    private static func failure(_ handle: tjhandle, name: String) -> ImageError {
        let detail = String(cString: tjGetErrorStr2(handle))
        return detail.localizedCaseInsensitiveContains("premature end")
            ? .truncated(name: name, format: .jpeg, detail: detail)
            : .damaged(name: name, format: .jpeg, detail: detail)
    }
}
