import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Tar archives as Python's `tarfile` writes them, and damaged ones.
@Suite struct TarReaderTests {
    static func write(_ bytes: [UInt8], to folder: URL) throws -> URL {
        let file = folder.appendingPathComponent("a.tar")
        try Data(bytes).write(to: file)
        return file
    }

    /// All entries' paths and sizes, their contents passed over.
    static func entries(_ file: URL) throws -> [TarReader.Entry] {
        let reader = try TarReader(file, limit: 1 << 20)
        var entries: [TarReader.Entry] = []
        while let entry = try reader.next() { entries.append(entry) }
        return entries
    }

    private static func text(_ bytes: [UInt8]) throws -> String {
        try withTemporaryFolder { folder in
            let file = try write(bytes, to: folder)
            return message(folder) { try entries(file) }
        }
    }

    @Test func listsFilesAndNothingElse() throws {
        let entries = try Self.entries(GoldenCIFAR.archive)
        #expect(
            entries.map(\.name) == [
                "data_batch_5.bin", "readme.html", "data_batch_1.bin", "test_batch.bin",
                "data_batch_3.bin", "batches.meta.txt", "data_batch_2.bin", "data_batch_4.bin",
            ])
        #expect(entries[0] == .init(path: "cifar-10-batches-bin/data_batch_5.bin", byteCount: 3073))
        #expect(entries[1].byteCount == 700)
    }

    @Test func contentsComeWhole() throws {
        let reader = try TarReader(GoldenCIFAR.archive, limit: 1 << 20)
        _ = try reader.next()
        _ = try reader.next()
        var bytes: [UInt8] = []
        let digest = try reader.read { bytes += $0 }
        #expect(bytes == Array(repeatElement("<html></html>\n", count: 50).joined().utf8))
        #expect(digest == SHA256.hexDigest(of: bytes))
        try #expect(reader.next()?.name == "data_batch_1.bin")
    }

    /// GNU tar's form for large sizes.
    @Test func sizesMayBeInBase256() throws {
        var header = Array(GoldenCIFAR.tar[..<512])
        // An empty archive's first header, turned into that of a file of 3 bytes.
        header.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3])
        header[156] = UInt8(ascii: "0")
        Self.sign(&header)
        let block = [1, 2, 3] + [UInt8](repeating: 0, count: 509)
        try withTemporaryFolder { folder in
            let file = try Self.write(
                header + block + [UInt8](repeating: 0, count: 1024), to: folder)
            try #expect(Self.entries(file).map(\.byteCount) == [3])
        }
    }

    private static func sign(_ header: inout [UInt8]) {
        header.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let digits = Array(String(header.reduce(0) { $0 + Int($1) }, radix: 8).utf8)
        let field = [UInt8](repeating: 0x30, count: 6 - digits.count) + digits + [0, 0x20]
        header.replaceSubrange(148..<156, with: field)
    }

    @Test func whatIsNoArchiveIsTold() throws {
        #expect(
            try Self.text([UInt8](repeating: 65, count: 2048))
                == "DIR/a.tar: byte 512 of the uncompressed archive: a header whose checksum is wrong; "
                + "it is no tar archive, or damaged. Copy or download it again")
        #expect(
            try Self.text([]).contains("byte 0 of the uncompressed archive: the archive ends early")
        )
        var tar = GoldenCIFAR.tar
        tar[0] ^= 1
        #expect(try Self.text(tar).contains("checksum is wrong"))
    }

    @Test func oneThatEndsEarlyIsTold() throws {
        let last = GoldenCIFAR.tar.lastIndex { $0 != 0 }!
        for length in [100, 700, 5000, last - 3000, last] {
            let text = try Self.text(Array(GoldenCIFAR.tar.prefix(length)))
            #expect(text.contains("the archive ends early"), "\(length): \(text)")
        }
    }

    /// What stands behind the archive's end is read as well: gzip's checksum is there.
    @Test func aDamagedGzipIsTold() throws {
        try withTemporaryFolder { folder in
            var bytes = [UInt8](try Data(contentsOf: GoldenCIFAR.archive))
            bytes[bytes.count - 6] ^= 1
            let file = try Self.write(bytes, to: folder)
            #expect(message(folder) { try Self.entries(file) }.contains("damaged gzip data"))
        }
    }

    @Test func aSetThatLacksAFileOrHasItTwiceIsTold() throws {
        try withTemporaryFolder { folder in
            let name = Array("cifar-10-batches-bin/test_batch.bin".utf8)
            let place = try #require(GoldenCIFAR.tar.firstRange(of: name))
            for (new, reason) in [
                ("cifar-10-batches-bin/test_batch.BIN", "no test_batch.bin"),
                ("cifar-10-batches-bin/data_batch_5.bin", "data_batch_5.bin twice"),
            ] {
                var tar = GoldenCIFAR.tar
                let field = Array(new.utf8) + [UInt8](repeating: 0, count: 100 - new.utf8.count)
                var header = Array(tar[place.lowerBound..<place.lowerBound + 512])
                header.replaceSubrange(0..<100, with: field)
                Self.sign(&header)
                tar.replaceSubrange(place.lowerBound..<place.lowerBound + 512, with: header)
                let file = try Self.write(tar, to: folder)
                #expect(
                    message(folder) { try CIFARTests.load(file) }.hasPrefix(
                        "DIR/a.tar: \(reason) in the archive, expected one each of"))
            }
        }
    }
}
