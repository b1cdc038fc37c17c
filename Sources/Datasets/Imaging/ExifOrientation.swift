/// The orientation tag of a photograph: phones store the sensor's picture and how to turn it.
///
/// It is advice about a picture, not a part of it, so what is missing or malformed means 1 (upright)
/// and never refuses the picture. Exif's tag comes before XMP's, as in Pillow.
///
/// - Source: Exif 2.32; TIFF 6.0; XMP specification, part 2, section 3.5.
enum ExifOrientation {
    /// The orientation, 1 to 8.
    ///
    /// - Parameter tiff: the block that APP1 and PNG's `eXIf` hold.
    /// - Parameter xmp: a packet of XMP.
    static func find(tiff: [UInt8], xmp: [UInt8] = []) -> Int {
        let value = TIFFBlock(tiff)?.number(ofTag: 0x0112) ?? inXMP(xmp) ?? 1
        return (1...8).contains(value) ? value : 1
    }

    /// `tiff:Orientation` as an attribute or as an element.
    private static func inXMP(_ packet: [UInt8]) -> Int? {
        let name = Array("tiff:Orientation".utf8)
        var rest = packet[...]
        while let start = rest.firstRange(of: name) {
            rest = rest[start.upperBound...]
            let value =
                ["=\"", "='", ">"].lazy.map { Array($0.utf8) }
                .filter { rest.starts(with: $0) }
                .map { rest.dropFirst($0.count).first }.first ?? nil
            if let value, value &- 0x30 <= 9 { return Int(value &- 0x30) }
        }
        return nil
    }
}

/// The first folder of a TIFF file, of which single numbers are read.
struct TIFFBlock {
    private let bytes: ArraySlice<UInt8>
    private let isLittleEndian: Bool

    /// Nil unless it begins as TIFF does, behind any repeated `Exif\0\0`.
    init?(_ block: [UInt8]) {
        var bytes = block[...]
        let prefix = Array("Exif\0\0".utf8)
        while bytes.starts(with: prefix) { bytes = bytes.dropFirst(prefix.count) }
        // Some cameras write 42 in the other order.
        let isFortyTwo = [[0, 42], [42, 0]].contains(Array(bytes.dropFirst(2).prefix(2)))
        isLittleEndian = bytes.starts(with: Array("II".utf8))
        guard isFortyTwo, isLittleEndian || bytes.starts(with: Array("MM".utf8)) else { return nil }
        self.bytes = bytes
    }

    /// The one whole number that a tag has, whichever type it is written in; nil without such a tag.
    func number(ofTag wanted: Int) -> Int? {
        guard let folder = unsigned(4, 4), let count = unsigned(folder, 2) else { return nil }
        for entry in 0..<count {
            let place = folder + 2 + 12 * entry
            guard let tag = unsigned(place, 2) else { return nil }
            if tag == wanted, let number = number(atEntry: place) { return number }
        }
        return nil
    }

    /// The number of an entry with one value.
    private func number(atEntry place: Int) -> Int? {
        guard let type = unsigned(place + 2, 2), unsigned(place + 4, 4) == 1 else { return nil }
        let value = place + 8
        switch type {
        case 1, 6, 7: return unsigned(value, 1)
        case 3, 8: return unsigned(value, 2)
        case 4, 9: return unsigned(value, 4)
        case 5, 10:
            guard let far = unsigned(value, 4), let above = unsigned(far, 4),
                let below = unsigned(far + 4, 4), below > 0, above % below == 0
            else { return nil }
            return above / below
        case 11:
            return unsigned(value, 4).flatMap { Int(exactly: Float(bitPattern: UInt32($0))) }
        case 12:
            return unsigned(value, 4).flatMap { unsigned($0, 8) }
                .flatMap { Int(exactly: Double(bitPattern: UInt64(bitPattern: Int64($0)))) }
        default: return nil
        }
    }

    /// `length` bytes from the block's start on as a number; nil beyond its end.
    private func unsigned(_ offset: Int, _ length: Int) -> Int? {
        guard offset >= 0, length <= bytes.count, offset <= bytes.count - length else { return nil }
        let part = bytes.dropFirst(offset).prefix(length)
        return isLittleEndian
            ? part.reversed().reduce(0) { $0 << 8 | Int($1) } : part.reduce(0) { $0 << 8 | Int($1) }
    }
}
