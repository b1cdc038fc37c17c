import DurableFiles
import Foundation
import TestSupport
import Testing

@Suite struct RegularFileTests {
    @Test func filesAndLinksToThemAreRead() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("file")
            let link = folder.appendingPathComponent("link")
            try Data("content".utf8).write(to: file)
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
            #expect(try RegularFile.read(file) == Data("content".utf8))
            #expect(try RegularFile.read(link) == Data("content".utf8))
        }
    }

    @Test func whatMayNeverEndIsRefused() throws {
        #expect {
            try RegularFile.read(URL(fileURLWithPath: "/dev/zero"))
        } throws: { "\($0)" == "/dev/zero: can't be read: not a regular file" }
        try withTemporaryFolder { folder in
            #expect(throws: FileError.self) { try RegularFile.read(folder) }
            let missing = folder.appendingPathComponent("missing")
            #expect {
                try RegularFile.read(missing)
            } throws: { "\($0)".hasPrefix("\(missing.path): can't be read: ") }
        }
    }
}
