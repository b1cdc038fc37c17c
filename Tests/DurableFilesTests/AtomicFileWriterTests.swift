import DurableFiles
import Foundation
import TestSupport
import Testing

@Suite struct AtomicFileWriterTests {
    @Test func piecesAppearAtTheCommitAndNotBefore() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("deep/rows.csv")
            let writer = try AtomicFileWriter(to: file)
            var expected = Data()
            for index in 0..<3_000 {
                let piece = Data("row \(index), some text to fill the buffer\n".utf8)
                try writer.write(piece)
                expected += piece
            }
            #expect(!FileManager.default.fileExists(atPath: file.path))
            try writer.commit()
            #expect(try Data(contentsOf: file) == expected)
            #expect(try folderContents(file.deletingLastPathComponent()) == ["rows.csv"])
        }
    }

    @Test func aDiscardedWriterLeavesTheOldContentAlone() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("rows.csv")
            try Data("old".utf8).write(to: file)
            let writer = try AtomicFileWriter(to: file)
            try writer.write(Data("new".utf8))
            writer.discard()
            writer.discard()
            #expect(try Data(contentsOf: file) == Data("old".utf8))
            #expect(try folderContents(folder) == ["rows.csv"])
        }
    }

    @Test func aLinkKeepsLeadingToTheNewContent() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("real.csv")
            let link = folder.appendingPathComponent("link.csv")
            try Data("old".utf8).write(to: file)
            try FileManager.default.createSymbolicLink(
                atPath: link.path, withDestinationPath: "real.csv")
            let writer = try AtomicFileWriter(to: link)
            try writer.write(Data("new".utf8))
            try writer.commit()
            #expect(try Data(contentsOf: file) == Data("new".utf8))
            #expect(
                try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == "real.csv")
        }
    }

    @Test func devicesAndFoldersAreNotReplaced() throws {
        try withTemporaryFolder { folder in
            for path in ["/dev/null", folder.path] {
                #expect {
                    _ = try AtomicFileWriter(to: URL(fileURLWithPath: path))
                } throws: { "\($0)".contains("it is not a regular file") }
            }
        }
    }

    @Test func aLinkToNothingAndALinkToALinkAreFollowed() throws {
        try withTemporaryFolder { folder in
            func at(_ name: String) -> URL { folder.appendingPathComponent(name) }
            let files = FileManager.default
            try files.createDirectory(at: at("below"), withIntermediateDirectories: true)
            try files.createSymbolicLink(
                atPath: at("second").path, withDestinationPath: "below/new.csv")
            try files.createSymbolicLink(atPath: at("first").path, withDestinationPath: "second")
            try AtomicFile.writeOutput(Data("new".utf8), to: at("first"))
            #expect(try Data(contentsOf: at("below/new.csv")) == Data("new".utf8))
            #expect(try files.destinationOfSymbolicLink(atPath: at("first").path) == "second")
            try files.createSymbolicLink(atPath: at("loop").path, withDestinationPath: "loop")
            #expect {
                try AtomicFile.writeOutput(Data(), to: at("loop"))
            } throws: { "\($0)".contains("Too many levels of symbolic links") }
            try files.createSymbolicLink(atPath: at("null").path, withDestinationPath: "/dev/null")
            #expect {
                try AtomicFile.writeOutput(Data(), to: at("null"))
            } throws: { "\($0)".contains("it is not a regular file but a device") }
        }
    }
}
