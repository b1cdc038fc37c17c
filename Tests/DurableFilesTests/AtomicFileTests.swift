import Foundation
import Glibc
import TestSupport
import Testing

@testable import DurableFiles

@Suite struct AtomicFileTests {
    @Test func sha256MatchesTheStandardsExamples() {
        // FIPS 180-4 examples: "abc" and the empty message.
        #expect(
            SHA256.hexDigest(of: Data("abc".utf8))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            SHA256.hexDigest(of: Data())
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func writeReplacesAndLeavesNoTemporaryFile() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("deep/model.bin")
            try AtomicFile.write(Data("old".utf8), to: file)
            try AtomicFile.write(Data("new".utf8), to: file)
            #expect(try Data(contentsOf: file) == Data("new".utf8))
            #expect(try folderContents(file.deletingLastPathComponent()) == ["model.bin"])
        }
    }

    @Test func exclusiveWriteRefusesAnExistingFile() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("model.bin")
            try AtomicFile.write(Data("first".utf8), to: file)
            #expect(throws: FileError.self) {
                try AtomicFile.write(Data("second".utf8), to: file, exclusive: true)
            }
            #expect(try Data(contentsOf: file) == Data("first".utf8))
            #expect(try folderContents(folder) == ["model.bin"])
        }
    }

    @Test func aFullDiskIsAnErrorAndKeepsTheOldContent() throws {
        // /dev/full can't be renamed over, so the appending path shows ENOSPC.
        #expect {
            try AtomicFile.append(Data("x".utf8), to: URL(fileURLWithPath: "/dev/full"))
        } throws: { error in
            "\(error)".contains("/dev/full") && "\(error)".contains("No space left")
        }
    }

    @Test func appendKeepsEarlierRecords() throws {
        try withTemporaryFolder { folder in
            let log = folder.appendingPathComponent("log.jsonl")
            try AtomicFile.append(Data("a\n".utf8), to: log)
            try AtomicFile.append(Data("b\n".utf8), to: log)
            #expect(try String(contentsOf: log, encoding: .utf8) == "a\nb\n")
        }
    }

    /// The folder can be written and not opened, so that the last step fails: its fsync.
    @Test func aFileThatIsThereIsNotSaidToBeUnchanged() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("a")
            chmod(folder.path, 0o300)
            defer { chmod(folder.path, 0o700) }
            let error = asOrdinaryUser(owning: folder) {
                #expect(throws: FileError.self) {
                    try AtomicFile.write(Data("new".utf8), to: file)
                }
            }
            guard case .unwritable(_, _, "Permission denied", .replaced) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            let content = try Data(contentsOf: file)
            #expect(content == Data("new".utf8))
            #expect("\(error!)".lowercased().contains("nothing was changed") == false)
        }
    }

    @Test func specialFilesAreNotReplaced() throws {
        try withTemporaryFolder { folder in
            let pipe = folder.appendingPathComponent("pipe")
            mkfifo(pipe.path, 0o644)
            for url in [URL(fileURLWithPath: "/dev/null"), folder, pipe] {
                #expect {
                    try AtomicFile.write(Data(), to: url)
                } throws: { "\($0)".contains("it is not a regular file") }
                #expect {
                    try AtomicFile.writeOutput(Data(), to: url)
                } throws: { "\($0)".contains("it is not a regular file") }
            }
            #expect(FileFacts(pipe.path)?.kind == .pipe)
        }
    }

    @Test func aRecordThatFailedIsTakenBack() throws {
        try withTemporaryFolder { folder in
            let log = folder.appendingPathComponent("log")
            try AtomicFile.append(Data("a\n".utf8), to: log)
            let error = #expect(throws: FileError.self) {
                try AtomicFile.append(Data("x".utf8), to: URL(fileURLWithPath: "/dev/full"))
            }
            guard case .unwritable(_, "write", _, .unchanged) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try Data(contentsOf: log) == Data("a\n".utf8))
        }
    }
}
