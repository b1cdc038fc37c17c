import DurableFiles
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Training

/// Model files that promise or hold more than is plausible.
@Suite struct ModelFileBoundsTests {
    /// Ten gigabytes that take no room on the disk, and none in memory.
    @Test func aFileThatIsLongerThanItsHeaderSaysIsNotRead() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("large.safetensors")
            let header = Data("{}      ".utf8)
            var length = UInt64(header.count).littleEndian
            try (Data(bytes: &length, count: 8) + header).write(to: file)
            try #require(truncate(file.path, 10 << 30) == 0)
            #expect(
                throws: ModelFileError.wrongLength(
                    file: "large.safetensors", part: "its header", expected: 16, got: 10 << 30)
            ) { try SafetensorsFile.read(file) }
        }
    }

    /// Empty arrays would take forty times their bytes in memory.
    @Test func aHeaderOfCountlessValuesIsRefused() throws {
        let header = Array("{\"a\":[".utf8) + Array(String(repeating: "[],", count: 200_000).utf8)
        var parser = StrictJSONParser(header, file: "f", firstOffset: 8)
        #expect(throws: ModelFileError.self) { try parser.parseDocument() }
        let error = #expect(throws: ModelFileError.self) {
            var parser = StrictJSONParser(header, file: "f", firstOffset: 8)
            _ = try parser.parseDocument()
        }
        #expect("\(error!)".contains("at most 100000 values"))
    }
}
