import DurableFiles
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// `--dataset cifar10:PLACE`: CIFAR-10's binary form, against what NumPy reads.
@Suite struct CIFARTests {
    static let trainNames = CIFARFiles.trainBatches

    static func load(_ place: URL) throws -> Dataset {
        try DatasetLoader(cache: URL(fileURLWithPath: "/nowhere/cache")).load(.cifar(place))
    }

    static func expectGolden(
        _ set: Dataset, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let files = GoldenCIFAR.expected.files
        func expect(_ set: ImageSet?, _ names: [String]) {
            #expect(
                set?.pixels == names.flatMap { files[$0]!.bytes }, sourceLocation: sourceLocation)
            #expect(
                set?.labels == names.flatMap { files[$0]!.labels }, sourceLocation: sourceLocation)
            #expect(set?.imageShape == [32, 32, 3], sourceLocation: sourceLocation)
            #expect(set?.classNames == CIFARFiles.classNames, sourceLocation: sourceLocation)
        }
        expect(set.train, trainNames)
        expect(set.test, [CIFARFiles.testBatch])
        #expect(set.digests == files.mapValues(\.sha256), sourceLocation: sourceLocation)
    }

    // MARK: - Forms

    @Test func readsTheArchiveAsItIsDownloaded() throws {
        Self.expectGolden(try Self.load(GoldenCIFAR.archive))
        Self.expectGolden(try Self.load(GoldenCIFAR.archive.deletingLastPathComponent()))
    }

    @Test func readsAnArchiveThatWasUnpackedByGunzipAlone() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("cifar-10-binary.tar")
            try Data(GoldenCIFAR.tar).write(to: file)
            Self.expectGolden(try Self.load(file))
            Self.expectGolden(try Self.load(folder))
        }
    }

    @Test func readsTheFilesPlainOrPacked() throws {
        try withTemporaryFolder { folder in
            let unpacked = folder.appendingPathComponent("cifar-10-batches-bin")
            try GoldenCIFAR.write(gzipped: ["data_batch_3.bin", "test_batch.bin"], to: unpacked)
            let set = try Self.load(folder)
            Self.expectGolden(set)
            Self.expectGolden(try Self.load(unpacked))
            #expect(set.name == "cifar10:\(folder.path)" && set.source == folder.path)
        }
    }

    /// A set of one's own has any number of records in two files.
    @Test func readsTrainAndTest() throws {
        try withTemporaryFolder { folder in
            let train = Self.trainNames.flatMap { GoldenCIFAR.contents[$0]! }
            try Data(Gzip.compress(train)).write(to: folder.appendingPathComponent("train.bin.gz"))
            let alone = try Self.load(folder)
            #expect(alone.test == nil && alone.train.count == 5)
            #expect(alone.train.classNames == CIFARFiles.classNames)
            #expect(
                alone.train.pixels
                    == Self.trainNames.flatMap { GoldenCIFAR.expected.files[$0]!.bytes })
            try Data(GoldenCIFAR.contents[CIFARFiles.testBatch]!)
                .write(to: folder.appendingPathComponent("test.bin"))
            try Data((0..<12).map { "name \($0)\n" }.joined().utf8)
                .write(to: folder.appendingPathComponent("batches.meta.txt"))
            let both = try Self.load(folder)
            #expect(both.test?.count == 1 && both.train.classNames.last == "name 11")
            #expect(both.digests.keys.sorted() == ["test.bin", "train.bin"])
        }
    }

    @Test(.enabled(if: smallCIFARFolder() != nil, "give its folder as TESSERA_CIFAR10_DIR"))
    func readsTheSmallSetAsNumPyDoes() throws {
        let small = try #require(smallCIFARFolder())
        try withTemporaryFolder { folder in
            // The 10,000 others take a minute without optimisation.
            try FileManager.default.createSymbolicLink(
                at: folder.appendingPathComponent("train.bin.gz"),
                withDestinationURL: small.appendingPathComponent("test.bin.gz"))
            let images = try Self.load(folder).train
            let expected = GoldenCIFAR.expected.small["test"]!
            #expect(images.count == expected.count && images.classCounts == expected.class_counts)
            #expect(SHA256.hexDigest(of: images.pixels) == expected.pixels_sha256)
            #expect(SHA256.hexDigest(of: images.labels) == expected.labels_sha256)
            let statistics = DatasetStatistics.Part(images)
            // NumPy's own sums round; ours are exact.
            assertClose(try #require(statistics.channelMeans), expected.mean, relative: 1e-10)
            assertClose(
                try #require(statistics.channelStandardDeviations), expected.standard_deviation,
                relative: 1e-10)
        }
    }

    // MARK: - Refusals

    private static func text(_ folder: URL, _ place: URL? = nil) -> String {
        message(folder) { try load(place ?? folder) }
    }

    @Test func filesThatAreNotWholeRecordsAreRefused() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("train.bin")
            let record = GoldenCIFAR.contents["data_batch_1.bin"]!
            for bytes in [[], Array(record.dropLast()), record + record + [0]] {
                try Data(bytes).write(to: file)
                #expect(
                    Self.text(folder).hasPrefix(
                        "DIR/train.bin: \(bytes.count) bytes, expected a multiple of 3073, at "),
                    "\(Self.text(folder))")
            }
        }
    }

    @Test func labelsThatAreNoClassAreRefused() throws {
        try withTemporaryFolder { folder in
            var bytes =
                GoldenCIFAR.contents["data_batch_1.bin"]! + GoldenCIFAR.contents[
                    "data_batch_2.bin"]!
            bytes[3073] = 10
            try Data(bytes).write(to: folder.appendingPathComponent("train.bin"))
            #expect(Self.text(folder) == "DIR/train.bin: byte 3073: label 10, expected 0 to 9")
            try Data("a\nb\n".utf8).write(to: folder.appendingPathComponent("batches.meta.txt"))
            #expect(Self.text(folder) == "DIR/train.bin: byte 0: label 3, expected 0 to 1")
        }
    }

    @Test func theNumberOfImagesIsBounded() throws {
        try withTemporaryFolder { folder in
            try GoldenCIFAR.write(to: folder)
            var records = CIFARRecords(
                file: "f", classCount: 10, limits: DatasetLimits(imageCount: 1))
            let bytes = GoldenCIFAR.contents["data_batch_1.bin"]!
            try records.consume(bytes)
            #expect(
                message { try records.consume(bytes) }
                    == "f: more than 1 images, which is the limit; split the set")
        }
    }

    @Test func halfASetIsRefused() throws {
        try withTemporaryFolder { folder in
            #expect(
                Self.text(folder).hasPrefix("DIR/data_batch_1.bin: not there; expected this file"))
            try GoldenCIFAR.write(["data_batch_1.bin", "test_batch.bin"], to: folder)
            #expect(
                Self.text(folder) == "DIR/data_batch_2.bin: not there; expected this file or "
                    + "data_batch_2.bin.gz beside the others of the set")
            try GoldenCIFAR.write(Self.trainNames, to: folder)
            try FileManager.default.removeItem(at: folder.appendingPathComponent("test_batch.bin"))
            #expect(Self.text(folder).hasPrefix("DIR/test_batch.bin: not there"))
            let none = folder.appendingPathComponent("none")
            #expect(
                Self.text(folder, none)
                    == "DIR/none: not there; expected a folder with CIFAR-10's binary files, or its "
                    + "archive")
        }
    }

    // MARK: - Fingerprints

    @Test func theFingerprintFollowsTheFiles() throws {
        try withTemporaryFolder { folder in
            let loader = DatasetLoader(cache: folder.appendingPathComponent("cache"))
            try #expect(loader.fingerprint(of: .cifar(folder)) == nil)
            try GoldenCIFAR.write(to: folder)
            let first = try loader.fingerprint(of: .cifar(folder))
            #expect(first != nil)
            for name in ["test_batch.bin", "batches.meta.txt"] {
                let file = folder.appendingPathComponent(name)
                try Data(GoldenCIFAR.contents[name]! + [10]).write(to: file)
                try #expect(loader.fingerprint(of: .cifar(folder)) != first)
                try GoldenCIFAR.write(to: folder)
            }
            try #expect(loader.fingerprint(of: .cifar(folder)) == first)
        }
    }
}

/// The folder of the 12,000 pictures of CIFAR-10 on this machine, if it is here.
func smallCIFARFolder() -> URL? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    let given = ProcessInfo.processInfo.environment["TESSERA_CIFAR10_DIR"]
        .map { URL(fileURLWithPath: $0) }
    let shared = root.deletingLastPathComponent()
        .appendingPathComponent("shared/data/cifar10-small")
    return [given, shared].compactMap { $0 }.first {
        FileManager.default.fileExists(atPath: $0.appendingPathComponent("train.bin.gz").path)
    }
}
