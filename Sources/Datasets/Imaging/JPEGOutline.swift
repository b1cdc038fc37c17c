/// What a JPEG's markers say, told before it is decoded: how much work it asks for, whether it has its
/// end, and what stands in it about the camera's orientation.
///
/// Markers are found as libjpeg finds them: what is no marker between two segments is passed over.
///
/// - Source: ITU-T T.81, annex B; Exif 2.32, section 4.7.2.
struct JPEGOutline {
    /// Passes over the picture: one for a sequential picture, ten or so for a progressive one.
    private(set) var scanCount = 0
    /// The TIFF block of the APP1 segments before the first scan; empty if there is none. A block that
    /// needs several segments is put together again.
    private(set) var exif: [UInt8] = []
    /// The last XMP packet before the first scan; empty if there is none.
    private(set) var xmp: [UInt8] = []
    /// Whether the end marker follows what came before it.
    private(set) var hasEnd = false
    /// The marker of the frame header, and its number of components.
    private var frame: UInt8 = 0
    private var frameComponents = 0
    private var scannedComponents = 0

    private static let exifStart = Array("Exif\0\0".utf8)
    private static let xmpStart = Array("http://ns.adobe.com/xap/1.0/\0".utf8)

    init(_ file: [UInt8]) {
        var place = 2
        while let marker = Self.nextMarker(file, &place) {
            // RSTn and TEM stand alone; codes that mean nothing are flipped bytes of the data.
            if (0xD0...0xD8).contains(marker) || marker < 0xC0 { continue }
            if marker == 0xD9 {
                hasEnd = true
                return
            }
            guard place + 2 <= file.count else { return }
            let length = Int(file[place]) << 8 | Int(file[place + 1])
            guard length >= 2, place + length <= file.count else { return }
            take(marker, file[(place + 2)..<(place + length)])
            place += length
        }
    }

    /// Whether all that makes the picture can have come even though the end marker didn't: of a
    /// progressive picture scans may be missing, of which nothing tells.
    var mayBeWholeWithoutEnd: Bool {
        [0xC0, 0xC1].contains(frame) && frameComponents > 0 && scannedComponents >= frameComponents
    }

    /// - Throws: `ImageError.tooMuchWork`.
    func checkWork(width: Int, height: Int, name: String) throws {
        guard scanCount * width * height <= ImageLimits.maximumScannedPixels else {
            throw ImageError.tooMuchWork(
                name: name, format: .jpeg,
                detail: "\(scanCount) scans of \(width)×\(height) pixels, at most "
                    + "\(ImageLimits.maximumScannedPixels) pixels of all scans are decoded")
        }
    }

    // MARK: - Markers

    /// The code after the next 0xFF that isn't followed by 0 (a byte of data) or 0xFF (a fill byte);
    /// `place` is behind it then.
    private static func nextMarker(_ file: [UInt8], _ place: inout Int) -> UInt8? {
        while place + 1 < file.count {
            let (byte, next) = (file[place], file[place + 1])
            place += 1
            if byte == 0xFF, next != 0, next != 0xFF {
                place += 1
                return next
            }
        }
        return nil
    }

    private mutating func take(_ marker: UInt8, _ body: ArraySlice<UInt8>) {
        switch marker {
        case 0xE1 where scanCount == 0: takeApplicationData(body)
        case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
            frame = marker
            frameComponents = body.count > 5 ? Int(body[body.startIndex + 5]) : 0
        case 0xDA:
            scanCount += 1
            scannedComponents += Int(body.first ?? 0)
        default: break
        }
    }

    private mutating func takeApplicationData(_ body: ArraySlice<UInt8>) {
        if body.starts(with: Self.exifStart) {
            exif += body.dropFirst(Self.exifStart.count)
        } else if body.starts(with: Self.xmpStart) {
            xmp = Array(body.dropFirst(Self.xmpStart.count))
        }
    }
}
