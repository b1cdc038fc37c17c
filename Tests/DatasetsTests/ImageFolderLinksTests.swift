import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// `--dataset images:FOLDER` with links in it, and others of a user's own behind them.
@Suite struct ImageFolderLinksTests {
    private func link(_ path: String, to target: String, in folder: URL) throws {
        try FileManager.default.createSymbolicLink(
            atPath: folder.appendingPathComponent(path).path, withDestinationPath: target)
    }

    private func fingerprint(_ source: DatasetSource) throws -> String? {
        try DatasetLoader(cache: URL(fileURLWithPath: "/nowhere/cache")).fingerprint(of: source)
    }

    @Test func linkedPicturesFoldersAndClassesAreRead() throws {
        try withTemporaryFolder { folder in
            try OwnFolderTests.writePNG(0, to: "set/0/a.png", in: folder)
            try OwnFolderTests.writePNG(1, to: "far/b.png", in: folder)
            try OwnFolderTests.writePNG(2, to: "far/sub/c.png", in: folder)
            try OwnFolderTests.writePNG(3, to: "ones/d.png", in: folder)
            try link("set/0/b.png", to: "../../far/b.png", in: folder)
            try link("set/0/sub", to: "../../far/sub", in: folder)
            try link("set/1", to: "../ones", in: folder)
            try link("linked", to: "set", in: folder)
            for name in ["set", "linked"] {
                let source = DatasetSource.images(folder.appendingPathComponent(name))
                let got = try OwnFolderTests.load(source)
                #expect(got.train.labels == [0, 0, 0, 1], "\(name)")
                #expect(got.train.classNames == ["0", "1"])
                #expect(
                    got.train.pixels
                        == (try OwnFolderTests.digits.get().subset([0, 1, 2, 3]).pixels))
            }
        }
    }

    @Test func fingerprintsChangeWithWhatIsBehindLinks() throws {
        try withTemporaryFolder { folder in
            try OwnFolderTests.writePNG(0, to: "set/0/a.png", in: folder)
            try OwnFolderTests.writePNG(1, to: "set/1/a.png", in: folder)
            try OwnFolderTests.writePNG(2, to: "far/b.png", in: folder)
            try link("set/0/b.png", to: "../../far/b.png", in: folder)
            try link("set/1/far", to: "../../far", in: folder)
            try link("linked", to: "set", in: folder)
            let sources = ["set", "linked"].map {
                DatasetSource.images(folder.appendingPathComponent($0))
            }
            var seen = try sources.map { try #require(try fingerprint($0)) }
            #expect(seen[0] == seen[1])
            for (index, path) in [(3, "far/b.png"), (4, "far/c.png"), (5, "set/0/a.png")] {
                try OwnFolderTests.writePNG(index, to: path, in: folder)
                let now = try sources.map { try #require(try fingerprint($0)) }
                #expect(now[0] == now[1] && !seen.contains(now[0]), "\(path)")
                seen += now
            }
        }
    }

    @Test func linksThatLeadNowhereOrInACircleAreTold() throws {
        try withTemporaryFolder { folder in
            for index in 0..<2 {
                try OwnFolderTests.writePNG(index, to: "set/\(index)/a.png", in: folder)
            }
            try link("set/0/b.png", to: "gone.png", in: folder)
            try link("set/1/more", to: "../1", in: folder)
            try link("set/2", to: "/gone", in: folder)
            let set = folder.appendingPathComponent("set")
            let lines = message(folder) { try OwnFolderTests.load(.images(set)) }
                .split(separator: "\n").map(String.init)
            #expect(
                lines == [
                    "DIR/set: 3 images can't be used:",
                    "  DIR/set/2: broken link to /gone",
                    "  DIR/set/0/b.png: broken link to gone.png",
                    "  DIR/set/1/more: link back to DIR/set/1/, a folder above it; not followed",
                    "Mend or remove them",
                ])
            // What can't be loaded has no fingerprint that could be taken for another's.
            #expect(try fingerprint(.images(set)) == nil)
        }
    }

    @Test func anIDXSetBehindLinksIsReadAndChecked() throws {
        try withTemporaryFolder { folder in
            let far = folder.appendingPathComponent("far")
            try SmallSet().write(to: far)
            let near = folder.appendingPathComponent("near")
            try AtomicFile.makeFolder(near)
            for name in try folderContents(far) {
                try link("near/\(name)", to: "../far/\(name)", in: folder)
            }
            let before = try #require(try fingerprint(.idx(near)))
            try SmallSet(seed: 7).write(to: far)
            #expect(try fingerprint(.idx(near)) != before)
            try link("near/classes.txt", to: "names.txt", in: folder)
            #expect(
                message(folder) { try OwnFolderTests.load(.idx(near)) }
                    == "DIR/near/classes.txt: can't be read: broken link to names.txt")
        }
    }
}
