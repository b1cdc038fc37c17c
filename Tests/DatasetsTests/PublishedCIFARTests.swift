import DurableFiles
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Datasets

/// `--dataset cifar10`: where it comes from, and that it is what is published.
@Suite(.timeLimit(.minutes(5)))
struct PublishedCIFARTests {
    static let name = CIFARFiles.archiveName

    static func loader(_ folder: URL, data: URL? = nil, mirrors: [URL] = []) -> DatasetLoader {
        DatasetLoaderTests.loader(folder, data: data, mirrors: mirrors)
    }

    static func archiveBytes() throws -> [UInt8] {
        [UInt8](try Data(contentsOf: GoldenCIFAR.archive))
    }

    @Test func aGivenFolderHasTheArchiveOrItsFiles() throws {
        try withTemporaryFolder { folder in
            let published = try GoldenCIFAR.published()
            let data = folder.appendingPathComponent("data")
            try AtomicFile.makeFolder(data)
            try Data(Self.archiveBytes()).write(to: data.appendingPathComponent(Self.name))
            CIFARTests.expectGolden(try Self.loader(folder, data: data).load(published: published))
            let unpacked = folder.appendingPathComponent("little/cifar-10-batches-bin")
            try GoldenCIFAR.write(to: unpacked)
            let got = try Self.loader(folder, data: folder).load(published: published)
            CIFARTests.expectGolden(got)
            #expect(got.notices == [] && got.name == "little")
            #expect(got.source == folder.appendingPathComponent("little").path)
        }
    }

    @Test func whatIsNotThePublishedSetIsRefused() throws {
        try withTemporaryFolder { folder in
            let published = try GoldenCIFAR.published()
            func text() -> String {
                message(folder) {
                    try Self.loader(folder, data: folder).load(published: published)
                }
            }
            let file = folder.appendingPathComponent("data_batch_2.bin")
            try GoldenCIFAR.write(to: folder)
            var bytes = GoldenCIFAR.contents["data_batch_2.bin"]!
            bytes[100] ^= 1
            try Data(bytes).write(to: file)
            #expect(
                text().hasPrefix("DIR/data_batch_2.bin: SHA-256 of the uncompressed content is"))
            #expect(text().hasSuffix("or use --dataset cifar10:DIR for data of your own"))
            // Whole in its form, but not what is published.
            try Folder.remove(file)
            var archive = try Self.archiveBytes()
            archive[4] ^= 1
            try Data(archive).write(to: folder.appendingPathComponent(Self.name))
            #expect(text().hasPrefix("DIR/\(Self.name): SHA-256 is "), "\(text())")
        }
    }

    @Test func aFolderThatLacksFilesIsPassedOver() throws {
        try withTemporaryFolder { folder in
            let data = folder.appendingPathComponent("data")
            try GoldenCIFAR.write(["data_batch_1.bin", "test_batch.bin"], to: data)
            let text = message(folder) {
                try Self.loader(folder, data: data).load(published: GoldenCIFAR.published())
            }
            #expect(
                text == """
                    little: no source has it:
                      --data-dir DIR/data: skipped: it lacks data_batch_2.bin, data_batch_3.bin, \
                    data_batch_4.bin, data_batch_5.bin
                      cache DIR/cache/little: skipped: empty
                      mirrors: skipped: downloads are switched off
                    Give a folder that holds its files with --data-dir
                    """)
        }
    }

    @Test func mirrorsFillTheCacheOnce() throws {
        let corrupt = try SmallHTTPServer(
            files: [Self.name: Self.archiveBytes()], behaviours: [.corrupt])
        let right = try SmallHTTPServer(
            files: [Self.name: Self.archiveBytes()], behaviours: [.truncated(5000), .normal])
        defer {
            corrupt.stop()
            right.stop()
        }
        try withTemporaryFolder { folder in
            let events = Mutex<[DatasetEvent]>([])
            var loader = Self.loader(folder, mirrors: [corrupt.url, right.url])
            loader.onEvent = { event in events.withLock { $0.append(event) } }
            let published = try GoldenCIFAR.published()
            try #expect(loader.fingerprint(of: .cifar10) == nil)
            let got = try loader.load(published: published)
            CIFARTests.expectGolden(got)
            let cached = folder.appendingPathComponent("cache/little")
            try #expect(folderContents(cached) == [Self.name])
            #expect(got.source == "\(right.url) (kept in \(cached.path))")
            let reasons = DatasetLoaderTests.reasons(got, folder)
            #expect(reasons.count == 2 && reasons[1].contains("what it sent was refused"))
            #expect(reasons[1].contains("The mirror has another file under this name"))
            #expect(right.requests.last == .init(path: Self.name, rangeStart: 5000))
            #expect(
                events.withLock { $0 }.contains { if case .download = $0 { true } else { false } })
            // The second time from the cache.
            let count = right.requests.count
            let again = try loader.load(published: published)
            CIFARTests.expectGolden(again)
            #expect(again.notices == [] && right.requests.count == count)
            // What was damaged there is brought again.
            try Data([1, 2, 3]).write(to: cached.appendingPathComponent(Self.name))
            loader.mirrors = [right.url]
            CIFARTests.expectGolden(try loader.load(published: published))
            #expect(right.requests.count == count + 1)
        }
    }

    @Test func whatIsPublishedIsWellDescribed() throws {
        let set = PublishedCIFAR.cifar10
        #expect(set.mirrors.count >= 2 && set.mirrors.allSatisfy { $0.scheme == "https" })
        #expect(set.mirrors.allSatisfy { $0.absoluteString.hasSuffix("/") })
        #expect(Set(set.digests.keys) == Set(CIFARFiles.trainBatches + [CIFARFiles.testBatch]))
        let digests = Array(set.digests.values) + [set.archiveDigest]
        #expect(Set(digests).count == 7)
        #expect(digests.allSatisfy { $0.count == 64 && $0.allSatisfy(\.isHexDigit) })
        try #expect(DatasetSource(parsing: "cifar10") == .cifar10)
        try #expect(DatasetSource(parsing: "cifar10:/a").name == "cifar10:/a")
    }
}
