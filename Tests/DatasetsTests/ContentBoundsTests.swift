import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Files that promise or hold more than such files do.
@Suite(.timeLimit(.minutes(2)))
struct ContentBoundsTests {
    static func idx(_ dimensions: [UInt32], _ elements: [UInt8] = []) -> [UInt8] {
        IDXFileTests.header(0x0800 + UInt32(dimensions.count), dimensions) + elements
    }

    static func write(_ bytes: [UInt8], _ name: String, to folder: URL) throws -> URL {
        let file = folder.appendingPathComponent(name)
        try Data(bytes).write(to: file)
        return file
    }

    @Test func gzipIsBoundedByItsOwnSize() throws {
        try withTemporaryFolder { folder in
            let count = 40_000
            let bomb = Gzip.compress(
                Self.idx([UInt32(count), 28, 28], [UInt8](repeating: 0, count: count * 784)))
            let file = try Self.write(bomb, "bomb.gz", to: folder)
            #expect(
                message(folder) { try IDXFile.read(file, expecting: .images).digest }
                    == "DIR/bomb.gz: \(bomb.count) bytes of gzip hold more than "
                    + "\(bomb.count * 64 + (16 << 20)), the limit for that size (64 times as much, "
                    + "and 16 MiB); images of digits hold three to ten times as much. If it is the "
                    + "right file, unpack it with gunzip first")
            #expect(throws: DatasetError.self) { try IDXImageStream(verifying: file) }
            #expect(throws: DatasetError.self) {
                try FileContent.digest(of: file, limit: 1 << 31)
            }
        }
    }

    /// The file of one kind is never read when the header of the other says that it can't fit.
    @Test func labelsAreJudgedByTheirHeader() throws {
        try withTemporaryFolder { folder in
            // Neither has the content that its header announces.
            let pair = IDXPair(
                images: try Self.write(Self.idx([3, 2, 2]), "images", to: folder),
                labels: try Self.write(Self.idx([2_000_000]), "labels", to: folder))
            #expect(
                message(folder) {
                    try pair.read(classNames: ClassNames.digits, limits: DatasetLimits()).set
                }
                    == "DIR/images has 3 images, DIR/labels has 2000000 labels; expected equal "
                    + "counts. Check that the two belong together")
        }
    }

    @Test func theNumberOfImagesIsBounded() throws {
        let limits = DatasetLimits(imageCount: 5)
        #expect(
            IDXFileTests.parseError(Self.idx([6, 1, 1]), limits: limits)
                == "f: bytes 4 to 7: 6 images or labels, the limit is 5; the header is damaged, or "
                + "split the set")
        #expect(IDXFileTests.parseError(Self.idx([5, 1, 1]), limits: limits).contains("cut short"))
    }

    // MARK: - One image after the other

    @Test func aStreamGivesTheImagesOfTheFile() throws {
        let elements = (0..<700 * 12).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let file = IDXFile(dimensions: [700, 3, 4], elements: elements)
        try withTemporaryFolder { folder in
            for (name, bytes) in [("plain", file.encoded()), ("packed", file.gzipped())] {
                let url = try Self.write(bytes, name, to: folder)
                let stream = try IDXImageStream(verifying: url)
                #expect((stream.count, stream.height, stream.width) == (700, 3, 4))
                var got: [UInt8] = []
                while let image = try stream.next() { got += image }
                #expect(got == elements, "\(name)")
            }
        }
    }

    @Test func aDamagedFileGivesNoStream() throws {
        let file = IDXFile(dimensions: [700, 3, 4], elements: [UInt8](repeating: 1, count: 8400))
        try withTemporaryFolder { folder in
            var packed = file.gzipped()
            packed[packed.count - 6] ^= 1
            for (name, bytes) in [("plain", Array(file.encoded().dropLast())), ("packed", packed)] {
                let url = try Self.write(bytes, name, to: folder)
                #expect(throws: DatasetError.self) { try IDXImageStream(verifying: url) }
            }
        }
    }
}
