import Foundation

/// Reads labelled square images from CSV in the form of Kaggle's digit-recognizer: a header
/// `label,pixel0,…,pixelN`, then one image a line, every field a whole number of 0 to 255.
struct CSVDigits {
    /// - Returns: the images and the SHA-256 of the (uncompressed) file.
    /// - Throws: `DatasetError.csv` naming line and column; both count from 1.
    static func read(
        _ url: URL, classNames: [String], limits: DatasetLimits
    ) throws -> (set: ImageSet, digest: String) {
        var parser = Parser(file: url.path, classCount: classNames.count, limits: limits)
        let digest = try FileContent.read(url, limit: limits.contentBytes) { piece in
            for byte in piece { try parser.consume(byte) }
        }
        try parser.finish()
        let set = ImageSet(
            height: parser.side, width: parser.side, pixels: parser.pixels, labels: parser.labels,
            classNames: classNames)
        return (set, digest)
    }

    /// One byte at a time, so that a file of any size needs no second copy in memory.
    struct Parser {
        let file: String
        let classCount: Int
        let limits: DatasetLimits
        private(set) var pixels: [UInt8] = []
        private(set) var labels: [UInt8] = []
        /// Height and width, known once the header is read.
        private(set) var side = 0

        private var line = 1
        /// Columns that are complete on this line.
        private var column = 0
        private var columnCount = 0
        private var header: [UInt8] = []
        private var value = 0
        private var digits = 0
        private var afterCarriageReturn = false

        init(file: String, classCount: Int, limits: DatasetLimits) {
            self.file = file
            self.classCount = classCount
            self.limits = limits
        }

        @inline(__always)
        mutating func consume(_ byte: UInt8) throws {
            if line == 1 { return try consumeHeader(byte) }
            if byte &- 0x30 <= 9 && !afterCarriageReturn {
                value = value &* 10 &+ Int(byte &- 0x30)
                digits &+= 1
                if value > 255 || digits > 3 { throw tooLargeValue() }
            } else {
                try consumeSeparator(byte)
            }
        }

        mutating func finish() throws {
            if line == 1 {
                try readHeader()
            } else if column > 0 || digits > 0 {
                // The last line may lack its line feed.
                try endLine()
            }
            guard !labels.isEmpty else {
                throw failure(nil, "no images", "at least one line after the header")
            }
        }

        // MARK: - Lines

        private mutating func consumeSeparator(_ byte: UInt8) throws {
            switch byte {
            case UInt8(ascii: "\n"):
                afterCarriageReturn = false
                try endLine()
                line += 1
            case UInt8(ascii: ",") where !afterCarriageReturn:
                try endField()
            case UInt8(ascii: "\r") where !afterCarriageReturn:
                afterCarriageReturn = true
            default:
                throw failure(
                    column + 1, "byte \(Self.quoted(byte))", "a whole number of 0 to 255")
            }
        }

        private mutating func endField() throws {
            guard digits > 0 else {
                throw failure(column + 1, "an empty field", "a whole number of 0 to 255")
            }
            guard column < columnCount else {
                throw failure(nil, "more than \(columnCount) fields", "\(columnCount)")
            }
            if column == 0 {
                guard value < classCount else {
                    throw failure(1, "label \(value)", "0 to \(classCount - 1)")
                }
                labels.append(UInt8(value))
            } else {
                pixels.append(UInt8(value))
            }
            (value, digits) = (0, 0)
            column += 1
        }

        private mutating func endLine() throws {
            guard column > 0 || digits > 0 else {
                throw failure(nil, "an empty line", "\(columnCount) fields")
            }
            try endField()
            guard column == columnCount else {
                throw failure(nil, "\(column) fields", "\(columnCount)")
            }
            column = 0
        }

        private func tooLargeValue() -> DatasetError {
            let got = digits > 3 ? "more than 3 digits" : "\(value) or more"
            return column == 0
                ? failure(1, "label of \(got)", "0 to \(classCount - 1)")
                : failure(column + 1, got, "a whole number of 0 to 255")
        }

        // MARK: - Header

        private mutating func consumeHeader(_ byte: UInt8) throws {
            if byte == UInt8(ascii: "\n") {
                try readHeader()
                line = 2
                return
            }
            header.append(byte)
            // "pixel" and seven digits a column are more than any header needs.
            guard header.count <= 13 * (limits.imageSide * limits.imageSide + 1) else {
                throw failure(nil, "a header without end", "label,pixel0,…")
            }
        }

        private mutating func readHeader() throws {
            if header.starts(with: [0xef, 0xbb, 0xbf]) { header.removeFirst(3) }
            if header.last == UInt8(ascii: "\r") { header.removeLast() }
            let names = header.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            guard names[0] == "label" else {
                let hint =
                    names[0] == "pixel0" ? " (images without labels can't be trained on)" : ""
                throw failure(1, "header \"\(names[0].prefix(40))\"", "\"label\"\(hint)")
            }
            for (index, name) in names.dropFirst().enumerated() where name != "pixel\(index)" {
                throw failure(index + 2, "header \"\(name.prefix(40))\"", "\"pixel\(index)\"")
            }
            try setSide(pixelCount: names.count - 1)
            columnCount = names.count
            header = []
        }

        private mutating func setSide(pixelCount: Int) throws {
            side = Int(Double(pixelCount).squareRoot().rounded())
            guard pixelCount > 0, side * side == pixelCount else {
                throw failure(
                    nil, "\(pixelCount) pixel columns",
                    "as many as a square image has, such as 784 for 28×28")
            }
            guard side <= limits.imageSide else {
                throw failure(
                    nil, "images of \(side)×\(side) pixels",
                    "at most \(limits.imageSide)×\(limits.imageSide)")
            }
        }

        // MARK: - Messages

        private func failure(_ column: Int?, _ got: String, _ expected: String) -> DatasetError {
            .csv(file: file, line: line, column: column, got: got, expected: expected)
        }

        private static func quoted(_ byte: UInt8) -> String {
            (0x20..<0x7f).contains(byte)
                ? "\"\(Character(UnicodeScalar(byte)))\"" : "0x" + String(byte, radix: 16)
        }
    }
}
