/// The orientation tag of a photograph: phones store the sensor's picture and how to turn it.
///
/// EXIF is advice about a picture, not a part of it, so what is missing or malformed means 1
/// (upright) and never refuses the picture.
///
/// - Source: Exif 2.32; TIFF 6.0.
enum ExifOrientation {
    /// The orientation (1–8) in a JPEG file's APP1 segment.
    static func ofJPEG(_ file: [UInt8]) -> Int {
        let bytes = Array(file.prefix(1 << 18))
        let marker = Array("Exif\0\0".utf8)
        var offset = 2
        while offset + 4 <= bytes.count, bytes[offset] == 0xFF, bytes[offset + 1] != 0xDA {
            let length = Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
            let end = offset + 2 + length
            guard length >= 2, end <= bytes.count else { return 1 }
            let body = bytes[(offset + 4)..<end]
            if bytes[offset + 1] == 0xE1, body.starts(with: marker) {
                return parse(Array(body.dropFirst(marker.count)))
            }
            offset = end
        }
        return 1
    }

    /// The orientation (1–8) in a TIFF block, as APP1 and PNG's `eXIf` hold it.
    static func parse(_ tiff: [UInt8]) -> Int {
        let little = tiff.starts(with: Array("II*\0".utf8))
        guard little || tiff.starts(with: Array("MM\0*".utf8)) else { return 1 }
        func number(_ offset: Int, _ length: Int) -> Int? {
            guard offset >= 0, offset <= tiff.count - length else { return nil }
            let part = tiff[offset..<offset + length]
            return (little ? Array(part.reversed()) : Array(part)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let folder = number(4, 4), let count = number(folder, 2) else { return 1 }
        for entry in 0..<count {
            let offset = folder + 2 + 12 * entry
            guard let tag = number(offset, 2) else { return 1 }
            if tag == 0x0112, number(offset + 2, 2) == 3, let value = number(offset + 8, 2) {
                return (1...8).contains(value) ? value : 1
            }
        }
        return 1
    }
}
