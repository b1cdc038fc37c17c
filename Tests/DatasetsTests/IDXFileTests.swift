import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct IDXFileTests {
    /// Two images of 2×3 pixels.
    static let images = IDXFile(dimensions: [2, 2, 3], elements: Array(1...12))
    static let labels = IDXFile(dimensions: [2], elements: [7, 1])

    static func header(_ magic: UInt32, _ dimensions: [UInt32]) -> [UInt8] {
        ([magic] + dimensions).flatMap { value in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
        }
    }

    static func parseError(
        _ bytes: [UInt8], _ content: IDXFile.Content = .images,
        limits: DatasetLimits = DatasetLimits()
    ) -> String {
        message { try IDXFile.parse(bytes, name: "f", expecting: content, limits: limits) }
    }

    // MARK: - Round trips

    @Test func writesTheBytesOfTheFormat() {
        #expect(
            Self.images.encoded()
                == [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3] + Array(1...12))
        #expect(Self.labels.encoded() == [0, 0, 8, 1, 0, 0, 0, 2, 7, 1])
    }

    @Test func readsPlainAndGzip() throws {
        try withTemporaryFolder { folder in
            let plain = folder.appendingPathComponent("plain")
            let packed = folder.appendingPathComponent("packed")
            try Data(Self.images.encoded()).write(to: plain)
            try Data(Self.images.gzipped()).write(to: packed)
            let digest = SHA256.hexDigest(of: Self.images.encoded())
            for file in [plain, packed] {
                let read = try IDXFile.read(file, expecting: .images)
                #expect(read.file == Self.images)
                #expect(read.digest == digest)
            }
        }
    }

    @Test func readsPiecesOfAnySize() throws {
        let bytes = Self.images.encoded()
        for size in 1...bytes.count {
            var parser = IDXParser(name: "f", content: .images, limits: DatasetLimits())
            for start in stride(from: 0, to: bytes.count, by: size) {
                try parser.consume(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            try #expect(parser.finish() == Self.images)
        }
    }

    // MARK: - Refusals

    @Test func refusesWrongMagicNumbers() {
        #expect(
            Self.parseError(Self.labels.encoded() + [UInt8](repeating: 0, count: 9))
                == "f: magic number 2049, expected 2051. That is a label file; check that the two "
                + "paths are not swapped")
        #expect(
            Self.parseError(Self.images.encoded(), .labels)
                == "f: magic number 2051, expected 2049. That is an image file; check that the "
                + "two paths are not swapped")
        #expect(
            Self.parseError(Array("<html>not found</html>".utf8))
                == "f: magic number 1013478509, expected 2051. This is not an IDX file")
        #expect(
            Self.parseError(Self.header(0x0D03, [1, 1, 1]) + [0, 0, 0, 0])
                == "f: byte 2: element type 13 (32-bit floats), expected 8 (unsigned bytes)")
        #expect(
            Self.parseError(Self.header(0x0102, [1, 1, 1]))
                == "f: byte 2: element type 1 (unknown to IDX), expected 8 (unsigned bytes)")
        #expect(
            Self.parseError(Self.header(0x0804, [1, 1, 1, 1]) + [0])
                == "f: byte 3: 4 dimensions, expected 3")
    }

    @Test func refusesDimensionsThatOverflowOrAreTooLarge() {
        // 2^32 − 1 images of 1024² pixels overflow nothing in 64 bits but any memory.
        #expect(
            Self.parseError(Self.header(2051, [.max, 1024, 1024]))
                == "f: bytes 4 to 15: dimensions 4294967295×1024×1024 need more than the limit of "
                + "2147483648 bytes; the header is damaged or not that of an image set")
        let wide = DatasetLimits(contentBytes: .max, imageSide: .max)
        #expect(
            Self.parseError(Self.header(2051, [.max, .max, .max]), limits: wide)
                .hasPrefix("f: bytes 4 to 15: dimensions 4294967295×4294967295×4294967295 need"))
        #expect(
            Self.parseError(Self.header(2051, [1, 28, 5000]))
                == "f: byte 12: image side 5000, expected 1 to 1024 pixels")
        #expect(
            Self.parseError(Self.header(2051, [1, 0, 28]))
                == "f: byte 8: dimension 1 is 0, expected at least 1")
        #expect(
            Self.parseError(Self.header(2049, [.max]), .labels)
                .hasPrefix("f: bytes 4 to 7: dimensions 4294967295 need more than the limit"))
    }

    @Test func refusesTruncatedAndTrailingBytes() {
        let bytes = Self.images.encoded()
        #expect(
            Self.parseError(Array(bytes.dropLast()))
                == "f: ends at byte 27, expected 28 bytes for dimensions 2×2×3. The file is cut "
                + "short: copy or download it again")
        #expect(
            Self.parseError(bytes + [0])
                == "f: more bytes after byte 28, expected the end of the file there for "
                + "dimensions 2×2×3")
        for length in 0..<16 {
            #expect(
                Self.parseError(Array(bytes.prefix(length)))
                    == "f: ends at byte \(length), expected 16 bytes of header. The file is cut "
                    + "short: copy or download it again")
        }
    }

    @Test func refusesFilesThatAreNotThere() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("none")
            let missing = message(folder) { try IDXFile.read(file, expecting: .images) }
            #expect(missing.hasPrefix("DIR/none: can't be read: "), "\(missing)")
            #expect(
                message(folder) { try IDXFile.read(folder, expecting: .images) }
                    == "DIR: can't be read: it is a folder, expected a file")
            try #expect(folderContents(folder) == [])
        }
    }

    // MARK: - Pairs

    private func readPair(_ images: IDXFile, _ labels: IDXFile, classes: Int = 10) throws -> String
    {
        try withTemporaryFolder { folder in
            let pair = IDXPair(
                images: folder.appendingPathComponent("images"),
                labels: folder.appendingPathComponent("labels"))
            try Data(images.encoded()).write(to: pair.images)
            try Data(labels.gzipped()).write(to: pair.labels)
            let names = (0..<classes).map { "class \($0)" }
            let text = message(folder) {
                try pair.read(classNames: names, limits: DatasetLimits()).set
            }
            try #expect(folderContents(folder) == ["images", "labels"])
            return text
        }
    }

    @Test func refusesLabelsOutsideTheClasses() throws {
        try #expect(
            readPair(Self.images, Self.labels, classes: 7)
                == "DIR/labels: byte 8: label 7, expected 0 to 6")
        let second = IDXFile(dimensions: [2], elements: [6, 255])
        try #expect(
            readPair(Self.images, second, classes: 7)
                == "DIR/labels: byte 9: label 255, expected 0 to 6")
        try #expect(readPair(Self.images, Self.labels, classes: 8).hasPrefix("no error: ImageSet"))
    }

    @Test func refusesCountsThatDiffer() throws {
        let three = IDXFile(dimensions: [3], elements: [0, 1, 2])
        try #expect(
            readPair(Self.images, three)
                == "DIR/images has 2 images, DIR/labels has 3 labels; expected equal counts. "
                + "Check that the two belong together")
    }
}
