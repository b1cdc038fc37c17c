/// What a PNG's first chunk says, checked before libspng sees the file.
struct PNGHeader {
    let width: Int
    let height: Int
    let bitDepth: UInt8
    let colorType: UInt8
    let isInterlaced: Bool
    /// What the last `eXIf` chunk holds; nil without one. libspng drops those that begin as APP1 does.
    let exif: [UInt8]?

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
        exif = Self.lastChunk("eXIf", file)
        try ImageLimits.check(width: width, height: height, format: .png, name: name)
        try checkPixelsCanBeThere(fileBytes: file.count, name: name)
        try checkWork(name: name)
    }

    /// The content of the last chunk of that type before the end; nil without one.
    private static func lastChunk(_ type: String, _ file: [UInt8]) -> [UInt8]? {
        var found: Range<Int>?
        var place = 8
        while place + 12 <= file.count {
            let length = file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            let start = place + 8
            guard length <= file.count - start - 4 else { break }
            if file[(place + 4)..<start].elementsEqual(type.utf8) { found = start..<start + length }
            place = start + length + 4
        }
        return found.map { Array(file[$0]) }
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
