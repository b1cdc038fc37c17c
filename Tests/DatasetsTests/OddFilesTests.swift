import DurableFiles
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Datasets

/// Pipes, sockets, devices and folders where files are expected: told, never waited for.
@Suite(.timeLimit(.minutes(5)))
struct OddFilesTests {
    static func pipe(_ name: String, in folder: URL) throws -> URL {
        let url = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try #require(mkfifo(url.path, 0o600) == 0)
        return url
    }

    static func load(_ source: DatasetSource, _ folder: URL) -> String {
        message(folder) {
            try DatasetLoader(cache: folder.appendingPathComponent("cache"), mirrors: [])
                .load(source).name
        }
    }

    @Test func aPipeIsNoCSV() throws {
        try withTemporaryFolder { folder in
            let pipe = try Self.pipe("digits.csv", in: folder)
            #expect(
                Self.load(.csv(pipe), folder)
                    == "DIR/digits.csv: can't be read: not a regular file")
            #expect(throws: FileError.self) {
                try DatasetLoader(cache: folder, mirrors: []).fingerprint(of: .csv(pipe))
            }
        }
    }

    @Test(arguments: [
        "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte", "classes.txt",
    ])
    func aPipeIsNoPartOfAnIDXSet(name: String) throws {
        try withTemporaryFolder { folder in
            let set = folder.appendingPathComponent("set")
            try SmallSet().write(to: set)
            let plain = set.appendingPathComponent(name.replacingOccurrences(of: ".gz", with: ""))
            try? FileManager.default.removeItem(at: plain)
            _ = try Self.pipe("set/" + name, in: folder)
            #expect(
                Self.load(.idx(set), folder)
                    == "DIR/set/\(name): can't be read: not a regular file")
        }
    }

    @Test func aDeviceIsNoCSV() throws {
        try withTemporaryFolder { folder in
            #expect(
                Self.load(.csv(URL(fileURLWithPath: "/dev/zero")), folder)
                    == "/dev/zero: can't be read: not a regular file")
            #expect(
                Self.load(.csv(folder), folder)
                    == "DIR: can't be read: it is a folder, expected a file")
        }
    }

    @Test func aPipeAmongPicturesIsTold() throws {
        try withTemporaryFolder { folder in
            for name in ["a", "b"] { _ = try Self.pipe("set/\(name)/digit.png", in: folder) }
            let text = Self.load(.images(folder.appendingPathComponent("set")), folder)
            #expect(text.contains("a/digit.png: can't be read: not a regular file"))
        }
    }

    /// A place that can't be looked into isn't one where nothing is.
    @Test func aFolderWithoutPermissionIsTold() throws {
        try withTemporaryFolder { folder in
            let set = folder.appendingPathComponent("set")
            try SmallSet().write(to: set)
            chmod(set.path, 0)
            defer { chmod(set.path, 0o700) }
            asOrdinaryUser(owning: folder) {
                for source in [
                    DatasetSource.idx(set), .csv(set.appendingPathComponent("a.csv")), .images(set),
                ] {
                    let text = Self.load(source, folder)
                    #expect(text.contains("Permission denied"), "\(source): \(text)")
                }
            }
        }
    }
}
