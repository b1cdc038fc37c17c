import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// `--dataset idx:FOLDER` and `--dataset images:FOLDER`.
@Suite struct OwnFolderTests {
    static func load(_ source: DatasetSource) throws -> Dataset {
        try DatasetLoader(cache: URL(fileURLWithPath: "/nowhere/cache")).load(source)
    }

    // MARK: - idx:FOLDER

    static func write(
        _ set: ImageSet, _ images: String, _ labels: String, to folder: URL
    ) throws {
        try Data(SmallSet.imageFile(set)).write(to: folder.appendingPathComponent(images))
        try Data(SmallSet.labelFile(set)).write(to: folder.appendingPathComponent(labels))
    }

    @Test func readsIDXUnderEitherFormOfTheNames() throws {
        let (train, test) = (SmallSet().train, SmallSet().test)
        try withTemporaryFolder { folder in
            try Self.write(
                train, "train-images.idx3-ubyte", "train-labels-idx1-ubyte", to: folder)
            let alone = try Self.load(.idx(folder))
            #expect(alone.train.pixels == train.pixels && alone.test == nil)
            #expect(alone.train.classNames == ClassNames.digits)
            #expect(alone.digests.count == 2 && alone.name == "idx:\(folder.path)")
            try Self.write(test, "test-images-idx3-ubyte", "test-labels-idx1-ubyte", to: folder)
            try Data("a\nb\nc\n".utf8).write(to: folder.appendingPathComponent("classes.txt"))
            let both = try Self.load(.idx(folder))
            #expect(both.train == train && both.test == test && both.digests.count == 4)
        }
    }

    /// A line ends where a line ends, and not at what else Unicode calls so; names that look alike are
    /// two.
    @Test func classNamesAreLinesAndKeepTheirCharacters() throws {
        try withTemporaryFolder { folder in
            let text = "zero\u{2028}x\r\none\u{0B}\n caf\u{E9} \ncafe\u{301}\r"
            try Data(text.utf8).write(to: folder.appendingPathComponent("classes.txt"))
            #expect(
                try ClassNames.read(inFolder: folder).map { Array($0.utf8) }
                    == ["zero\u{2028}x", "one\u{0B}", "caf\u{E9}", "cafe\u{301}"].map {
                        Array($0.utf8)
                    })
        }
    }

    @Test func aClassFolderWhoseNameIsNoTextIsTold() throws {
        try withTemporaryFolder { folder in
            let png = try PNGEncoder.encode(
                ImageFixtures.digits()[0], width: 28, height: 28)
            for name in ["a", "b"] {
                let part = folder.appendingPathComponent(name)
                try FileManager.default.createDirectory(
                    at: part, withIntermediateDirectories: true)
                try png.write(to: part.appendingPathComponent("0.png"))
            }
            let name =
                Array("\(folder.path)/caf".utf8CString.dropLast()) + [CChar(bitPattern: 0xE9), 0]
            #expect(mkdir(name, 0o755) == 0)
            let text = message(folder) { try Self.load(.images(folder)) }
            #expect(text.contains("its name is not UTF-8; rename it"), "\(text)")
        }
    }

    @Test func refusesIncompleteOrUnequalIDXFolders() throws {
        let set = SmallSet()
        try withTemporaryFolder { folder in
            let load = { message(folder) { try Self.load(.idx(folder)) } }
            #expect(
                load() == "DIR/train-images-idx3-ubyte: not there; expected this file or "
                    + "train-images-idx3-ubyte.gz")
            try set.write(to: folder)
            let labels = folder.appendingPathComponent("t10k-labels-idx1-ubyte")
            try FileManager.default.removeItem(at: labels)
            #expect(load().hasPrefix("DIR/t10k-labels-idx1-ubyte: not there; expected"))
            let wide = ImageSet(
                height: 4, width: 3, pixels: set.test.pixels, labels: set.test.labels,
                classNames: set.test.classNames)
            try Self.write(
                wide, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", to: folder)
            #expect(
                load() == "DIR/t10k-images-idx3-ubyte: images of 4×3 pixels, expected 3×4 as the "
                    + "training images have")
        }
    }

    // MARK: - images:FOLDER

    /// A 28×28 digit of the shipped sample: it is used as it is.
    static let digits = Result { try MNISTSample.load(limits: DatasetLimits()).train }

    static func writePNG(_ index: Int, to path: String, in folder: URL) throws {
        let file = folder.appendingPathComponent(path)
        let png = try PNGEncoder.encode(
            Array(digits.get().image(at: index)), width: 28, height: 28)
        try AtomicFile.write(png, to: file)
    }

    @Test func readsOneFolderAClass() throws {
        try withTemporaryFolder { folder in
            try Self.writePNG(1, to: "one/b.png", in: folder)
            try Self.writePNG(11, to: "one/a/deep/z.PNG", in: folder)
            try Self.writePNG(2, to: "Two/x.png", in: folder)
            try Data("note".utf8).write(to: folder.appendingPathComponent("one/notes.txt"))
            try Data("junk".utf8).write(to: folder.appendingPathComponent("one/.hidden.png"))
            let got = try Self.load(.images(folder))
            // Sorted by bytes: capital letters first.
            #expect(got.train.classNames == ["Two", "one"])
            #expect(got.train.labels == [0, 1, 1])
            #expect(
                got.train
                    == ImageSet(
                        height: 28, width: 28,
                        pixels: try Self.digits.get().subset([2, 11, 1]).pixels,
                        labels: [0, 1, 1], classNames: ["Two", "one"]))
            #expect(
                got.notices.map(\.reason) == [
                    "files that are not named as images were not read: one/notes.txt"
                ])
            // As `sha256sum` would list them.
            let manifest = try ["Two/x.png", "one/a/deep/z.PNG", "one/b.png"].map { path in
                let file = folder.appendingPathComponent(path)
                return "\(try SHA256.hexDigest(ofFile: file))  \(path)\n"
            }.joined()
            let digest = SHA256.hexDigest(of: Array(manifest.utf8))
            #expect(got.digests == [folder.lastPathComponent: digest])
        }
    }

    @Test func readsTrainAndTestFolders() throws {
        try withTemporaryFolder { folder in
            for (index, path) in [
                (0, "train/0/a.png"), (1, "train/1/b.png"), (11, "test/1/c.png"),
            ] {
                try Self.writePNG(index, to: path, in: folder)
            }
            let got = try Self.load(.images(folder))
            #expect(got.train.classNames == ["0", "1"] && got.train.labels == [0, 1])
            #expect(got.test?.labels == [1] && got.test?.classNames == ["0", "1"])
            try Self.writePNG(2, to: "test/2/d.png", in: folder)
            try Self.writePNG(3, to: "test/3/d.png", in: folder)
            #expect(
                message(folder) { try Self.load(.images(folder)) }
                    == "DIR/test: classes that train hasn't got: 2, 3; expected one folder a class "
                    + "with images in each")
        }
    }

    @Test func listsEveryImageThatCannotBeRead() throws {
        try withTemporaryFolder { folder in
            try Self.writePNG(0, to: "0/good.png", in: folder)
            try AtomicFile.write(Data("junk".utf8), to: folder.appendingPathComponent("0/bad.png"))
            try AtomicFile.write(Data(), to: folder.appendingPathComponent("1/empty.jpg"))
            try AtomicFile.makeFolder(folder.appendingPathComponent("2"))
            let lines = message(folder) { try Self.load(.images(folder)) }.split(separator: "\n")
            try #require(lines.count == 5, "\(lines)")
            #expect(lines.first == "DIR: 3 images can't be used:")
            #expect(lines[1].contains("DIR/0/bad.png"))
            #expect(lines[2].contains("DIR/1/empty.jpg"))
            #expect(lines[3] == "  DIR/2: no images in this class")
            #expect(lines.last == "Mend or remove them")
        }
    }

    @Test func refusesFoldersWithoutClasses() throws {
        try withTemporaryFolder { folder in
            #expect(
                message(folder) { try Self.load(.images(folder)) }
                    == "DIR: 0 folders, which is not 2 to 256 classes; expected one folder a class "
                    + "with images in each")
            let none = folder.appendingPathComponent("none")
            #expect(
                message(folder) { try Self.load(.images(none)) }
                    .hasPrefix("DIR/none: can't be read: "))
        }
    }
}
