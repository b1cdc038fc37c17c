import DurableFiles
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Orchestration

/// Links in the home folder: it and its folders may be behind some, and what others lead to stays.
@Suite struct LinkedHomeTests {
    private func link(_ place: URL, to target: URL) throws {
        try Folder.make(place.deletingLastPathComponent())
        try #require(symlink(target.path, place.path) == 0)
    }

    private func write(_ file: URL) throws {
        try Folder.make(file.deletingLastPathComponent())
        try Data("12345".utf8).write(to: file)
    }

    @Test func cleaningAndDeletingRemoveLinksAndNotWhatTheyLeadTo() throws {
        try StoreFixture.within { fixture in
            let outside = fixture.home.deletingLastPathComponent()
                .appendingPathComponent("outside-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: outside) }
            let (kept, gone) = (try fixture.makeRun("a"), try fixture.makeRun("b"))
            for name in ["artifact", "group/.x.1.2.tmp", "run/config.yaml", "in/deep"] {
                try write(outside.appendingPathComponent(name))
            }
            let digest = String(repeating: "ab", count: 32)
            let artifacts = fixture.home.appendingPathComponent("artifacts")
            try link(
                artifacts.appendingPathComponent("ab/\(digest.dropFirst(2))"),
                to: outside.appendingPathComponent("artifact"))
            try link(
                artifacts.appendingPathComponent("cd"), to: outside.appendingPathComponent("group"))
            try link(
                fixture.folder(gone).appendingPathComponent("in"),
                to: outside.appendingPathComponent("in"))
            try Folder.remove(fixture.folder(kept))
            try link(fixture.folder(kept), to: outside.appendingPathComponent("run"))

            let store = try RunStore(home: fixture.home)
            try store.delete(gone)
            let cleaning = try store.clean()
            // The unused artifact of the deleted run, and the link in the place of another.
            #expect(cleaning.temporaries == 0 && cleaning.artifacts == 2)
            #expect(try Folder.names(in: artifacts.appendingPathComponent("ab")) == [])
            try store.delete(kept)
            #expect(FileFacts(fixture.folder(kept).path) == nil)
            #expect(FileFacts(fixture.folder(gone).path) == nil)
            let left = FileTree(outside.path, givesHidden: true).map {
                String($0.path.dropFirst(outside.path.count + 1))
            }
            #expect(left == ["artifact", "group/.x.1.2.tmp", "in/deep", "run/config.yaml"])
        }
    }

    /// On another disk than the home, where the machine has one.
    @Test func runsAndArtifactsMayBeBehindLinks() throws {
        try StoreFixture.within { fixture in
            let disk =
                FileFacts("/dev/shm")?.kind == .folder
                ? URL(fileURLWithPath: "/dev/shm") : fixture.home.deletingLastPathComponent()
            let outside = disk.appendingPathComponent("tessera-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: outside) }
            for name in ["runs", "artifacts"] {
                try Folder.make(outside.appendingPathComponent(name))
                try link(
                    fixture.home.appendingPathComponent(name),
                    to: outside.appendingPathComponent(name))
            }
            let run = try fixture.makeRun("a")
            #expect(
                try Folder.names(in: outside.appendingPathComponent("runs/\(run)"))
                    == ["checkpoints", "config.yaml"])
            let store = try RunStore(home: fixture.home)
            let digest = try ArtifactStore(home: fixture.home).add(Data("unused".utf8))
            try store.delete(run)
            #expect(!FileManager.default.fileExists(atPath: fixture.folder(run).path))
            let cleaning = try store.clean()
            #expect(cleaning.artifacts >= 1 && cleaning.folders == 0)
            #expect(
                try ArtifactStore(home: fixture.home).state(of: digest, bytes: 6) == .missing)
            #expect(FileTree(outside.path).map(\.path) == [])
        }
    }
}
