import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct GzipTests {
    static let content = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }

    /// What reading a file of `bytes` gives, or the message of its error.
    static func read(_ bytes: [UInt8], limit: Int = 1 << 20) throws -> (
        content: [UInt8], error: String?
    ) {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("f.gz")
            try Data(bytes).write(to: file)
            var content: [UInt8] = []
            do {
                let digest = try FileContent.read(file, limit: limit) { content += $0 }
                #expect(digest == SHA256.hexDigest(of: content))
            } catch {
                return (content, "\(error)".replacingOccurrences(of: folder.path, with: "DIR"))
            }
            return (content, nil)
        }
    }

    @Test func readsOneAndSeveralMembers() throws {
        try #expect(Self.read(Gzip.compress(Self.content)) == (Self.content, nil))
        try #expect(Self.read(Gzip.compress([])) == ([], nil))
        let members = [Self.content[..<10], Self.content[10..<10], Self.content[10...]]
        let bytes = members.flatMap { Gzip.compress(Array($0)) }
        try #expect(Self.read(bytes) == (Self.content, nil))
    }

    @Test func inflatesPiecesOfAnySize() throws {
        let bytes = Gzip.compress(Array(Self.content.prefix(300))) + Gzip.compress([1, 2, 3])
        for size in [1, 2, 7, 100] {
            let inflater = GzipInflater()
            var got: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                try inflater.inflate(piece) { got += $0 }
            }
            try inflater.finish()
            #expect(got == Self.content.prefix(300) + [1, 2, 3])
        }
    }

    @Test func theSameContentGivesTheSameFile() {
        let packed = Gzip.compress(Self.content)
        #expect(packed == Gzip.compress(Self.content))
        #expect(Array(packed[4..<8]) == [0, 0, 0, 0], "no time stamp")
    }

    @Test func refusesTruncation() throws {
        let bytes = Gzip.compress(Self.content)
        for length in [2, 9, 10, 11, bytes.count / 2, bytes.count - 8, bytes.count - 1] {
            let error = try Self.read(Array(bytes.prefix(length))).error
            #expect(
                error == "DIR/f.gz: byte \(length): the file ends inside the gzip stream; expected "
                    + "one whole gzip stream and nothing after it. Copy or download the file again")
        }
    }

    /// As Python's gzip does.
    @Test func zerosBehindAMemberMeanNothing() throws {
        let bytes = Gzip.compress(Self.content)
        for count in [1, 4, 512, 10_000, 300_000] {
            let zeros = [UInt8](repeating: 0, count: count)
            try #expect(Self.read(bytes + zeros) == (Self.content, nil))
            try #expect(
                Self.read(bytes + zeros + Gzip.compress([1, 2]) + zeros)
                    == (Self.content + [1, 2], nil))
        }
        // Within a member they are damage.
        let cut = bytes.prefix(bytes.count / 2) + [UInt8](repeating: 0, count: 100_000)
        try #expect(Self.read(Array(cut)).error != nil)
    }

    @Test func refusesTrailingBytes() throws {
        let bytes = Gzip.compress(Self.content)
        let zeros = [UInt8](repeating: 0, count: 200_000)
        for (padding, tail) in [(0, "garbage"), (3, "x"), (200_000, "garbage")] {
            let error = try Self.read(bytes + zeros[..<padding] + Array(tail.utf8)).error
            #expect(
                error?.hasPrefix(
                    "DIR/f.gz: byte \(bytes.count + padding): other bytes follow the end of the gzip stream"
                )
                    == true, "\(error ?? "no error")")
        }
        let half = try Self.read(bytes + [0x1f, 0x8b]).error
        #expect(half?.contains("the file ends inside the gzip stream") == true)
        let like = try Self.read(bytes + [0x1f, 0, 0, 0]).error
        #expect(like?.contains("damaged gzip data (incorrect header check)") == true)
    }

    @Test func refusesEveryDamagedByteOfSmallFiles() throws {
        let bytes = Gzip.compress(Array(Self.content.prefix(500)))
        // The header's time stamp, level and system (bytes 4 to 9) are not part of the content.
        for index in bytes.indices where !(4...9).contains(index) && index > 1 {
            var damaged = bytes
            damaged[index] ^= 0x55
            let result = try Self.read(damaged)
            #expect(result.error?.hasPrefix("DIR/f.gz: byte ") == true, "byte \(index)")
        }
    }

    /// 64 MB of zeros in 64 kB: refused after the limit, not after inflating all of it.
    @Test func refusesBombs() throws {
        let bomb = Gzip.compress([UInt8](repeating: 0, count: 1 << 26))
        #expect(bomb.count < 100_000)
        let result = try Self.read(bomb, limit: 1_000_000)
        #expect(
            result.error == "DIR/f.gz: more than 1000000 bytes uncompressed, which is the limit "
                + "for one file; check that it is the right file")
        #expect(result.content.count <= 1_000_000)
        // Within an IDX file the header is the bound.
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("f.gz")
            let header = IDXFile(dimensions: [1, 2, 2], elements: [1, 2, 3, 4]).encoded()
            try Data(Gzip.compress(header) + bomb).write(to: file)
            #expect(
                message(folder) { try IDXFile.read(file, expecting: .images) }
                    == "DIR/f.gz: more bytes after byte 20, expected the end of the file there "
                    + "for dimensions 1×2×2")
        }
    }
}
