/// A bitmap's two headers, checked.
struct BMPHeader {
    let width: Int
    let height: Int
    let bitsPerPixel: Int
    let pixelOffset: Int
    /// Red, green, blue and, where there is one, alpha.
    let masks: [BMPMask]
    private let isTopDown: Bool
    private let size: Int
    private let colorsUsed: Int

    var hasAlpha: Bool { masks.count == 4 }
    /// Bytes of a row, which is padded to four.
    var stride: Int { (width * bitsPerPixel + 31) / 32 * 4 }

    init(_ file: ImageBytes) throws {
        pixelOffset = Int(try file.uint32(10, "the file header"))
        size = Int(try file.uint32(14, "the header's size"))
        let isCore = size == 12
        guard isCore || (40...124).contains(size) else {
            throw file.unsupported("a header of \(size) bytes", only: "12 and 40–124")
        }
        try file.need(14, size, "the header")
        width = isCore ? try file.uint16(18, "width") : try file.int32(18, "width")
        let rows = isCore ? try file.uint16(20, "height") : try file.int32(22, "height")
        isTopDown = rows < 0
        height = abs(rows)
        try ImageLimits.check(width: width, height: height, format: .bmp, name: file.name)
        bitsPerPixel = try file.uint16(isCore ? 24 : 28, "bits a pixel")
        guard [1, 4, 8, 16, 24, 32].contains(bitsPerPixel) else {
            throw file.unsupported("\(bitsPerPixel) bits a pixel", only: "1, 4, 8, 16, 24 or 32")
        }
        colorsUsed = isCore ? 0 : Int(try file.uint32(46, "colours used"))
        let compression = isCore ? 0 : try file.uint32(30, "compression")
        masks = try Self.masks(
            file, compression: compression, bitsPerPixel: bitsPerPixel, headerSize: size)
    }

    /// Where row `y`, counted from the top, starts in the file.
    func rowOffset(_ y: Int) -> Int {
        pixelOffset + (isTopDown ? y : height - 1 - y) * stride
    }

    /// The palette, which lies between the headers and the pixels.
    func palette(_ file: ImageBytes) throws -> [(red: UInt8, green: UInt8, blue: UInt8)] {
        let most = 1 << bitsPerPixel
        guard colorsUsed <= most else {
            throw file.damaged("\(colorsUsed) colours, \(bitsPerPixel) bits allow \(most)")
        }
        let count = colorsUsed == 0 ? most : colorsUsed
        let entry = size == 12 ? 3 : 4
        try file.need(14 + size, count * entry, "the palette")
        return (0..<count).map { index in
            let offset = 14 + size + index * entry
            return (file.bytes[offset + 2], file.bytes[offset + 1], file.bytes[offset])
        }
    }

    private static func masks(
        _ file: ImageBytes, compression: UInt32, bitsPerPixel: Int, headerSize: Int
    ) throws -> [BMPMask] {
        let isBitFields = [3, 6].contains(compression) && [16, 32].contains(bitsPerPixel)
        guard compression == 0 || isBitFields else {
            let names: [UInt32: String] = [1: "RLE8", 2: "RLE4", 4: "JPEG", 5: "PNG"]
            throw file.unsupported(
                "compression \(names[compression] ?? "\(compression)") at \(bitsPerPixel) bits",
                only: "uncompressed pixels")
        }
        guard isBitFields else {
            return (bitsPerPixel == 16 ? [0x7C00, 0x3E0, 0x1F] : [0xFF0000, 0xFF00, 0xFF])
                .map(BMPMask.init)
        }
        let hasAlpha = headerSize >= 56 || compression == 6
        var masks = try (0..<(hasAlpha ? 4 : 3)).map {
            BMPMask(mask: try file.uint32(54 + 4 * $0, "colour masks"))
        }
        if masks.last?.mask == 0 { masks.removeLast() }
        guard masks.count >= 3, masks.allSatisfy(\.isContiguous) else {
            throw file.damaged("colour masks are not runs of bits")
        }
        return masks
    }
}
