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

    private func found(_ folder: URL) -> [FoundFile] {
        FileTree(folder.path).compactMap { entry in
            guard case .file(let facts) = entry.found else { return nil }
            return FoundFile(path: entry.path, facts: facts)
        }
    }

    /// Of a whole folder, in its files' order; what is gone is forgotten, and folders with a name that
    /// begins alike are others.
    @Test func aFolderIsRememberedAtOnce() throws {
        try withTemporaryFolder { home in
            let store = try RunStore(home: home)
            let (folder, other) = (
                home.appendingPathComponent("in"), home.appendingPathComponent("in.b")
            )
            for (index, name) in ["in/a", "in/b/c", "in/d", "in.b/a"].enumerated() {
                try AtomicFile.write(
                    Data("\(index)".utf8), to: home.appendingPathComponent(name))
            }
            Thread.sleep(forTimeInterval: 3.1)
            let files = found(folder)
            let digests = try store.digests(of: files, below: folder.path).map { try $0.get() }
            #expect(digests == ["0", "1", "2"].map { SHA256.hexDigest(of: Data($0.utf8)) })
            _ = try store.digests(of: found(other), below: other.path)
            #expect(try remembered(store) == 4)

            // What is remembered is what is given: nothing is read.
            try store.write {
                try $0.execute(sql: "UPDATE file_state SET digest = 'known ' || path")
            }
            let known = try store.digests(of: files, below: folder.path).map { try $0.get() }
            #expect(known == files.map { "known " + $0.path })
            let each = try store.digests(of: files).map { try $0.get() }
            #expect(each == known)

            try Folder.remove(folder.appendingPathComponent("b"))
            try Data("new".utf8).write(to: folder.appendingPathComponent("a"))
            let now = try store.digests(of: found(folder), below: folder.path).map { try $0.get() }
            #expect(now == [SHA256.hexDigest(of: Data("new".utf8)), known[2]])
            let paths = try store.read {
                try String.fetchAll($0, sql: "SELECT path FROM file_state ORDER BY path")
            }
            // What was written just now isn't remembered yet: the old entry is another file's.
            #expect(paths.map { $0.dropFirst(home.path.count) } == ["/in.b/a", "/in/a", "/in/d"])
        }
    }

    @Test func whatCannotBeReadIsToldAndLookedAtAgain() throws {
        try withTemporaryFolder { home in
            let store = try RunStore(home: home)
            let folder = home.appendingPathComponent("in")
            try AtomicFile.write(Data("1".utf8), to: folder.appendingPathComponent("a"))
            symlink("/proc/self/mem", folder.appendingPathComponent("b").path)
            let files = found(folder)
            try Folder.remove(folder.appendingPathComponent("a"))
            let digests = try store.digests(of: files, below: folder.path)
            let reasons = digests.map { digest in
                if case .failure(let error) = digest { FileError.reason(of: error) } else { "" }
            }
            #expect(reasons == ["No such file or directory", "Input/output error"])
            #expect(try remembered(store) == 0)
        }
    }
}
