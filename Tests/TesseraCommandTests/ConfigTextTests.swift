import DigitPipeline
import DurableFiles
import Foundation
import Glibc
import TestSupport
import Testing

@testable import tessera

/// Configurations from files, from pipes, and from what is neither.
@Suite(.timeLimit(.minutes(5)))
struct ConfigTextTests {
    @Test func aPipeIsReadToItsEnd() throws {
        try withPipe { path in
            let text = String(repeating: "epochs: 3\n", count: 20_000)
            Thread.detachNewThread {
                try? Data(text.utf8).write(to: URL(fileURLWithPath: path))
            }
            try #expect(ConfigText.read(path) == text)
        }
    }

    @Test func aPipeThatNobodyWritesIsNotWaitedForLonger() throws {
        try withPipe { path in
            let error = #expect(throws: FileError.self) {
                try ConfigText.read(path, pipeSeconds: 0.2)
            }
            #expect(
                error
                    == .unreadable(
                        path: path, reason: "it is a pipe that nobody closed within 0.2 s"))
        }
    }

    @Test func aPipeThatNeverEndsIsBounded() throws {
        try withPipe { path in
            let writer = open(path, O_RDWR | O_CLOEXEC)
            defer { close(writer) }
            #expect(throws: FileError.self) { try ConfigText.read(path, pipeSeconds: 0.3) }
        }
    }

    @Test func devicesFoldersAndLongFilesAreRefused() throws {
        try withTemporaryFolder { folder in
            let long = folder.appendingPathComponent("long.yaml")
            try Data(count: ConfigText.limit + 1).write(to: long)
            for path in ["/dev/zero", folder.path, long.path] {
                #expect(throws: FileError.self, "\(path)") { try ConfigText.read(path) }
            }
        }
    }

    /// Without a bound this one takes hours.
    @Test func referencesThatGrowWithoutEndAreRefused() throws {
        var text = "a: &a [x, x, x, x, x, x, x, x, x]\n"
        for (name, before) in zip("bcdefghij", "abcdefghi") {
            let items = [String](repeating: "*\(before)", count: 9).joined(separator: ",")
            text += "\(name): &\(name) [\(items)]\n"
        }
        text += "? *j\n: 1\n"
        #expect(
            throws: RunConfigError.notYAML(path: "f", line: 3, reason: YAMLAliases.reason)
        ) { try YAMLConfigFile(text: text, path: "f") }
        #expect(YAMLAliases.lineBeyondLimit(String(repeating: "# *a *b\n", count: 99)) == nil)
        #expect(YAMLAliases.lineBeyondLimit("epochs: &n 3\npatience: *n\n") == nil)
    }

    private func withPipe(_ body: (String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("pipe").path
            try #require(mkfifo(path, 0o600) == 0)
            try body(path)
        }
    }
}
