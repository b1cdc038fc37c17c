import Foundation
import Glibc
import TestSupport
import Testing

@testable import DurableFiles

@Suite struct FileTreeTests {
    private func make(_ paths: [String], in folder: URL) throws {
        for path in paths {
            let file = folder.appendingPathComponent(path)
            try Folder.make(file.deletingLastPathComponent())
            try Data(path.utf8).write(to: file)
        }
    }

    private func names(_ tree: FileTree, _ folder: URL) -> [String] {
        tree.map { String($0.path.dropFirst(folder.path.count + 1)) }
    }

    @Test func entriesComeInTheOrderOfTheirPathsBytes() throws {
        try withTemporaryFolder { folder in
            let paths = ["a.b", "a/c", "a/b/z", "a-", "a/b.", "é", "B", "日", "a/.hidden", ".x/y"]
            try make(paths, in: folder)
            let sorted = paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            #expect(
                names(FileTree(folder.path), folder)
                    == sorted.filter { !$0.contains("/.") && $0 != ".x/y" })
            #expect(names(FileTree(folder.path, givesHidden: true), folder) == sorted)
            var tree = FileTree(folder.path)
            while tree.next() != nil {}
            #expect(tree.hiddenCount == 2)
        }
    }

    @Test func eachEntryHasWhatAStatSays() throws {
        try withTemporaryFolder { folder in
            try make(["file"], in: folder)
            symlink("file", folder.appendingPathComponent("link").path)
            mkfifo(folder.appendingPathComponent("pipe").path, 0o600)
            let facts = FileFacts(folder.appendingPathComponent("file").path)
            for entry in FileTree(folder.path) {
                switch (entry.name, entry.found) {
                case ("file", .file(let found)), ("link", .file(let found)):
                    #expect(found == facts && found.byteCount == 4)
                    #expect(found.changed > 1_700_000_000_000_000_000)
                case ("pipe", .other(let found)): #expect(found.kind == .pipe)
                default: Issue.record("\(entry)")
                }
            }
            // A file is a tree of one.
            let file = folder.appendingPathComponent("link").path
            #expect(FileTree(file).map(\.path) == [file])
            #expect(FileTree(file).rootKind == .file)
        }
    }

    /// What is in the home folder's own folders: a link is what it is.
    @Test func linksCanBeKept() throws {
        try withTemporaryFolder { folder in
            try make(["top/a", "far/b", "far/.c"], in: folder)
            symlink("../far", folder.appendingPathComponent("top/link").path)
            symlink("top", folder.appendingPathComponent("start").path)
            let start = folder.appendingPathComponent("start")
            #expect(names(FileTree(start.path, links: .kept), start) == ["a", "link"])
            #expect(names(FileTree(start.path), start) == ["a", "link/b"])
            #expect(try Folder.byteCount(of: folder.appendingPathComponent("top")) == 5)
        }
    }

    @Test func deepAndLongTreesAreWalkedToTheirEnd() throws {
        try withTemporaryFolder { folder in
            let name = String(repeating: "n", count: 200)
            // Longer than the system takes at once.
            var path = folder.path
            var isOpen = true
            let start = FileManager.default.currentDirectoryPath
            chdir(path)
            for _ in 0..<25 {
                mkdir(name, 0o700)
                isOpen = isOpen && chdir(name) == 0
                path += "/" + name
            }
            close(open("leaf", O_CREAT | O_WRONLY, 0o600))
            chdir(start)
            try #require(isOpen)
            let entries = Array(FileTree(folder.path))
            guard case .failure(let failure) = entries.first?.found else {
                Issue.record("\(entries)")
                return
            }
            #expect(entries.count == 1 && failure.mayBeFolder)
            #expect(failure.reason.contains("File name too long"), "\(failure.reason)")
            _ = try? runRemoval(folder.appendingPathComponent(name).path)
        }
    }

    /// Foundation's removal stops at such paths.
    private func runRemoval(_ path: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/rm")
        process.arguments = ["-rf", path]
        try process.run()
        process.waitUntilExit()
    }

    @Test func namesThatAreNoTextAreFailures() throws {
        try withTemporaryFolder { folder in
            let name = Array("\(folder.path)/".utf8) + [0x66, 0xFF, 0]
            let result = name.map { CChar(bitPattern: $0) }.withUnsafeBufferPointer {
                mkdir($0.baseAddress!, 0o700)
            }
            try #require(result == 0)
            let entries = Array(FileTree(folder.path))
            guard case .failure(let failure) = entries.first?.found else {
                Issue.record("\(entries)")
                return
            }
            #expect(failure.reason.hasPrefix("the name is not valid UTF-8") && failure.mayBeFolder)
        }
    }
}

@Suite struct FilePathTests {
    @Test func relativePathsBeginWhereTheyAreToldTo() {
        #expect(FilePath.absolute("/a/./b/c/") == "/a/b/c")
        #expect(FilePath.absolute("https://host/x", in: "/a") == "/a/https://host/x")
        #expect(FilePath.absolute("a/b", in: "/x") == "/x/a/b")
        #expect(FilePath.absolute("./a", in: "/x/") == "/x/a")
        #expect(FilePath.absolute("/") == "/" && FilePath.absolute("/..") == "/")
        let here = FileManager.default.currentDirectoryPath
        #expect(FilePath.absolute("a") == "\(here)/a" && FilePath.absolute(".") == here)
        #expect(FilePath.absolute("~/a") == NSHomeDirectory() + "/a")
    }

    /// `..` behind a link is the folder of its target.
    @Test func foldersAboveAreThoseOfTheDisk() throws {
        try withTemporaryFolder { folder in
            try Folder.make(folder.appendingPathComponent("far/deep"))
            symlink("far/deep", folder.appendingPathComponent("near").path)
            let path = folder.path
            #expect(FilePath.absolute("far/deep/../x", in: path) == "\(path)/far/x")
            #expect(FilePath.absolute("near/../x", in: path) == "\(path)/near/../x")
            #expect(FilePath.absolute("none/../x", in: path) == "\(path)/none/../x")
        }
    }
}
