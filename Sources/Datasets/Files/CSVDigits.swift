import DurableFiles
import Foundation

/// Reads square images from the forms of CSV that circulate: one image a line, a label before or after
/// its pixels or none, with a header or without, every value a whole number of 0 to 255.
///
/// Kaggle's digit-recognizer has a header `label,pixel0,…`; others name the columns `1x1,1x2,…`, or not
/// at all. Fields may be quoted and separated by commas, semicolons or tabs; empty lines count for
/// nothing; a number may be written `12.0` or `1.2e1`. `CSVLayout` tells which column is what.
public struct CSVDigits {
    /// Height and width of the images.
    let side: Int
    let pixels: [UInt8]
    /// Empty where the file has none.
    let labels: [UInt8]
    /// What the user should know of how it was read.
    let notice: String?

    public var images: IDXFile {
        IDXFile(dimensions: [pixels.count / (side * side), side, side], elements: pixels)
    }

    /// A set to train on.
    ///
    /// - Returns: the images, the SHA-256 of the (uncompressed) file, and what should be known of it.
    /// - Throws: `DatasetError.csv` naming line and column, both from 1; `.csvWithoutLabels`.
    static func read(
        _ url: URL, classNames: [String], limits: DatasetLimits
    ) throws -> (set: ImageSet, digest: String, notices: [SourceNotice]) {
        let (digits, digest) = try read(
            url, for: .training(classCount: classNames.count), limits: limits)
        guard !digits.labels.isEmpty else {
            throw DatasetError.csvWithoutLabels(
                file: url.path, columns: digits.side * digits.side)
        }
        let set = ImageSet(
            height: digits.side, width: digits.side, pixels: digits.pixels, labels: digits.labels,
            classNames: classNames)
        let notices = digits.notice.map { [SourceNotice(source: url.path, reason: $0)] } ?? []
        return (set, digest, notices)
    }

    /// The images of a file to score, whether it has labels or not.
    ///
    /// - Throws: as `read`.
    public static func images(
        _ url: URL, limits: DatasetLimits = DatasetLimits()
    ) throws -> IDXFile {
        try read(url, for: .scoring, limits: limits).digits.images
    }

    private static func read(
        _ url: URL, for purpose: CSVDigitsParser.Purpose, limits: DatasetLimits
    ) throws -> (digits: CSVDigits, digest: String) {
        var parser = CSVDigitsParser(file: url.path, purpose: purpose, limits: limits)
        let digest = try FileContent.read(url, limit: limits.contentBytes) { piece in
            for byte in piece { try parser.consume(byte) }
        }
        return (try parser.finish(), digest)
    }
}
