import DurableFiles
import Foundation
import TestSupport

@testable import Datasets

/// A small set in the published form: real IDX files, with digests and mirrors of its own.
struct SmallSet {
    let train: ImageSet
    let test: ImageSet
    /// The uncompressed content of the four files, by name.
    let files: [String: [UInt8]]
    let published: PublishedDataset

    init(seed: UInt64 = 1, systemFolder: URL? = nil) {
        train = Self.images(count: 12, seed: seed)
        test = Self.images(count: 5, seed: seed + 1)
        let names = PublishedDataset.fileNames
        files = [
            names.trainImages: Self.imageFile(train), names.trainLabels: Self.labelFile(train),
            names.testImages: Self.imageFile(test), names.testLabels: Self.labelFile(test),
        ]
        published = PublishedDataset(
            name: "small", classNames: ["a", "b", "c"],
            digests: names.map { [files] in SHA256.hexDigest(of: files[$0]!) }, mirrors: [],
            systemFolder: systemFolder)
    }

    static func images(count: Int, seed: UInt64) -> ImageSet {
        var random = SeededGenerator(seed: seed)
        return ImageSet(
            height: 3, width: 4,
            pixels: (0..<count * 12).map { _ in UInt8(truncatingIfNeeded: random.next()) },
            labels: (0..<count).map { UInt8($0 % 3) }, classNames: ["a", "b", "c"])
    }

    static func imageFile(_ set: ImageSet) -> [UInt8] {
        IDXFile(dimensions: [set.count, set.height, set.width], elements: set.pixels).encoded()
    }

    static func labelFile(_ set: ImageSet) -> [UInt8] {
        IDXFile(dimensions: [set.count], elements: set.labels).encoded()
    }

    /// The files as a mirror has them.
    var gzipped: [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: files.map { ($0 + ".gz", Gzip.compress($1)) })
    }

    func write(to folder: URL, gzip: Bool = false) throws {
        try AtomicFile.makeFolder(folder)
        for (name, bytes) in gzip ? gzipped : files {
            try Data(bytes).write(to: folder.appendingPathComponent(name))
        }
    }
}

/// The description of what `body` throws, with `folder` written as `DIR`.
func message(_ folder: URL? = nil, _ body: () throws -> some Any) -> String {
    do {
        let value = try body()
        return "no error: \(value)"
    } catch {
        guard let folder else { return "\(error)" }
        return "\(error)".replacingOccurrences(of: folder.path, with: "DIR")
    }
}
