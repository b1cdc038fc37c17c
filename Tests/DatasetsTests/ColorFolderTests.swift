import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// `--dataset images:FOLDER` with the pictures' colours.
@Suite struct ColorFolderTests {
    static func load(
        _ folder: URL, size: ImageSize? = nil, limits: DatasetLimits = DatasetLimits()
    ) throws -> Dataset {
        try DatasetLoader(
            cache: URL(fileURLWithPath: "/nowhere/cache"), limits: limits, pictures: .color(size)
        ).load(.images(folder))
    }

    /// A picture whose bytes tell where they are.
    static func pixels(_ height: Int, _ width: Int, seed: Int) -> [UInt8] {
        (0..<height * width * 3).map { UInt8(($0 * 7 + seed * 31) % 256) }
    }

    static func write(
        _ path: String, _ height: Int, _ width: Int, seed: Int, in folder: URL
    ) throws {
        try AtomicFile.write(
            try PNGEncoder.encode(
                pixels(height, width, seed: seed), width: width, height: height, channels: 3),
            to: folder.appendingPathComponent(path))
    }

    @Test func picturesOfOneSizeAreTakenAsTheyAre() throws {
        try withTemporaryFolder { folder in
            try Self.write("red/a.png", 3, 4, seed: 1, in: folder)
            try Self.write("blue/b.png", 3, 4, seed: 2, in: folder)
            try Self.write("red/c.png", 3, 4, seed: 3, in: folder)
            let set = try Self.load(folder)
            #expect(set.train.imageShape == [3, 4, 3] && set.train.classNames == ["blue", "red"])
            #expect(set.train.labels == [0, 1, 1])
            #expect(set.train.pixels == [2, 1, 3].flatMap { Self.pixels(3, 4, seed: $0) })
            #expect(set.notices == [])
        }
    }

    @Test func picturesAreBroughtToTheSizeThatIsAskedFor() throws {
        try withTemporaryFolder { folder in
            try Self.write("train/a/1.png", 3, 4, seed: 1, in: folder)
            try Self.write("train/b/2.png", 30, 20, seed: 2, in: folder)
            try Self.write("test/b/3.png", 5, 6, seed: 3, in: folder)
            let size = ImageSize(height: 5, width: 6)
            let set = try Self.load(folder, size: size)
            #expect(set.train.imageShape == [5, 6, 3])
            let first = ColorPicture(
                size: ImageSize(height: 3, width: 4), pixels: Self.pixels(3, 4, seed: 1))
            #expect(Array(set.train.image(at: 0)) == first.resized(to: size).pixels)
            #expect(set.test?.pixels == Self.pixels(5, 6, seed: 3))
        }
    }

    @Test func differentSizesAreToldWithWhatToDo() throws {
        try withTemporaryFolder { folder in
            try Self.write("a/1.png", 3, 4, seed: 1, in: folder)
            try Self.write("b/2.png", 4, 3, seed: 2, in: folder)
            try Self.write("b/3.png", 3, 4, seed: 2, in: folder)
            #expect(
                message(folder) { try Self.load(folder) }
                    == "DIR: pictures of 2 sizes, height first: 3×4 (a/1.png), 4×3 (b/2.png); "
                    + "expected one. Give the size that they are brought to with --image-size "
                    + "(image_size), such as 64 or 48x64")
            let few = DatasetLimits(imageSide: 3)
            try FileManager.default.removeItem(at: folder.appendingPathComponent("b/2.png"))
            #expect(
                message(folder) { try Self.load(folder, limits: few) }.hasPrefix(
                    "DIR: pictures of 3×4 (a/1.png), at most 3 a side. Give the size"))
        }
    }

    /// A test part of another size than the training part.
    @Test func partsHaveOneSizeToo() throws {
        try withTemporaryFolder { folder in
            try Self.write("train/a/1.png", 3, 4, seed: 1, in: folder)
            try Self.write("train/b/2.png", 3, 4, seed: 2, in: folder)
            try Self.write("test/a/3.png", 2, 2, seed: 3, in: folder)
            let text = message(folder) { try Self.load(folder) }
            #expect(text.contains("3×4 (train/a/1.png), 2×2 (test/a/3.png)"), "\(text)")
        }
    }

    @Test func whatTheyTakeTogetherIsBounded() throws {
        try withTemporaryFolder { folder in
            try Self.write("a/1.png", 3, 4, seed: 1, in: folder)
            try Self.write("b/2.png", 3, 4, seed: 2, in: folder)
            #expect(
                message(folder) {
                    try Self.load(folder, limits: DatasetLimits(contentBytes: 71))
                }
                    == "DIR: pictures of 3×4 take more than 71 bytes together, the limit for one part; "
                    + "give a smaller --image-size (image_size)")
            _ = try Self.load(folder, limits: DatasetLimits(contentBytes: 72))
        }
    }

    /// Blank pictures are pictures, too: nothing is looked for in them.
    @Test func noDigitIsLookedFor() throws {
        try withTemporaryFolder { folder in
            for path in ["a/1.png", "b/2.png"] {
                try AtomicFile.write(
                    try PNGEncoder.encode([UInt8](repeating: 9, count: 16), width: 4, height: 4),
                    to: folder.appendingPathComponent(path))
            }
            #expect(message { try OwnFolderTests.load(.images(folder)) }.contains("no digit found"))
            #expect(try Self.load(folder).train.pixels == [UInt8](repeating: 9, count: 96))
        }
    }

    /// The same files in another form are another set: models are judged on one of them.
    @Test func theDigestTellsTheForm() throws {
        try withTemporaryFolder { folder in
            try OwnFolderTests.writePNG(1, to: "a/1.png", in: folder)
            try OwnFolderTests.writePNG(11, to: "b/2.png", in: folder)
            let sets = [
                try OwnFolderTests.load(.images(folder)), try Self.load(folder),
                try Self.load(folder, size: ImageSize(height: 8, width: 8)),
            ]
            #expect(Set(sets.flatMap(\.digests.values)).count == 3)
            #expect(sets[1].train.imageShape == [28, 28, 3])
        }
    }
}
