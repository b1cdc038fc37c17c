import DurableFiles
import Foundation
import GRDB
import Glibc
import TestSupport
import Testing

@testable import Orchestration

@Suite struct FileDigestTests {
    /// Sets both times of a file to some seconds ago; its change time is now all the same.
    private func age(_ file: URL, seconds: Int) {
        var times = [timeval(), timeval()]
        for index in 0..<2 { times[index].tv_sec = time(nil) - seconds }
        utimes(file.path, times)
    }

    private func remembered(_ store: RunStore) throws -> Int {
        try store.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM file_state") ?? 0 }
    }

    @Test func aFileThatIsWrittenIsReadAgain() throws {
        try withTemporaryFolder { home in
            let store = try RunStore(home: home)
            let file = home.appendingPathComponent("data")
            for content in ["one", "two"] {
                try Data(content.utf8).write(to: file)
                // As old as one that was copied with its times: the change of status is new.
                age(file, seconds: 100)
                let digest = SHA256.hexDigest(of: Data(content.utf8))
                #expect(try store.digest(ofFile: file) == digest)
                #expect(try store.digest(ofFile: file) == digest)
            }
            #expect(try remembered(store) == 0)
            #expect(throws: FileError.self) {
                try store.digest(ofFile: home.appendingPathComponent("none"))
            }
        }
    }

    @Test func aFileThatWasLeftAloneIsRemembered() throws {
        try withTemporaryFolder { home in
            let store = try RunStore(home: home)
            let file = home.appendingPathComponent("data")
            try Data("one".utf8).write(to: file)
            Thread.sleep(forTimeInterval: 3.1)
            let digest = try store.digest(ofFile: file)
            #expect(try remembered(store) == 1)
            #expect(try store.digest(ofFile: file) == digest)
            // One byte, the same size and the same time of writing.
            var facts = stat()
            stat(file.path, &facts)
            let handle = try FileHandle(forUpdating: file)
            try handle.write(contentsOf: Data("t".utf8))
            try handle.close()
            let times = [facts.st_atim, facts.st_mtim]
            utimensat(AT_FDCWD, file.path, times, 0)
            #expect(try store.digest(ofFile: file) == SHA256.hexDigest(of: Data("tne".utf8)))
        }
    }
}
