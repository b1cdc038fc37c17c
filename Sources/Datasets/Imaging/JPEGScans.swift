/// How much work a JPEG asks for, told from its markers before it is decoded.
///
/// - Source: ITU-T T.81, annex B.
struct JPEGScans {
    /// Passes over the picture: one for a sequential picture, ten or so for a progressive one.
    private(set) var count = 0

    init(_ file: [UInt8]) {
        var place = 2
        while place + 4 <= file.count, file[place] == 0xFF {
            let marker = file[place + 1]
            // Fill bytes.
            if marker == 0xFF {
                place += 1
                continue
            }
            if marker == 0xD9 { return }
            place += 2 + (Int(file[place + 2]) << 8 | Int(file[place + 3]))
            guard marker == 0xDA else { continue }
            count += 1
            Self.skipEntropyCodedData(file, &place)
        }
    }

    /// To the next marker that isn't a restart; 0xFF of the data itself is followed by 0.
    private static func skipEntropyCodedData(_ file: [UInt8], _ place: inout Int) {
        while place + 1 < file.count {
            let next = file[place + 1]
            if file[place] == 0xFF, next != 0, !(0xD0...0xD7).contains(next) { return }
            place += 1
        }
    }

    /// - Throws: `ImageError.tooMuchWork`.
    func check(width: Int, height: Int, name: String) throws {
        guard count * width * height <= ImageLimits.maximumScannedPixels else {
            throw ImageError.tooMuchWork(
                name: name, format: .jpeg,
                detail: "\(count) scans of \(width)×\(height) pixels, at most "
                    + "\(ImageLimits.maximumScannedPixels) pixels of all scans are decoded")
        }
    }
}
