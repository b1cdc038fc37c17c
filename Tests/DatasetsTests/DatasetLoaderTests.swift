import DurableFiles
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Datasets

/// Which source a data set comes from, what is said of those passed over, what is left behind.
@Suite(.timeLimit(.minutes(5)))
struct DatasetLoaderTests {
    static let small = SmallSet()
    static let names = PublishedDataset.fileNames
    static let patient = DownloadPolicy(
        connectSeconds: 20, stallSeconds: 20, attempts: 2, retryDelaySeconds: 0.01)

    static func loader(_ folder: URL, data: URL? = nil, mirrors: [URL] = []) -> DatasetLoader {
        DatasetLoader(
            dataDirectory: data, cache: folder.appendingPathComponent("cache"), mirrors: mirrors,
            policy: patient)
    }

    static func reasons(_ dataset: Dataset, _ folder: URL) -> [String] {
        dataset.notices.map { $0.description.replacingOccurrences(of: folder.path, with: "DIR") }
    }

    static func expectSmall(_ got: Dataset, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(got.train == small.train, sourceLocation: sourceLocation)
        #expect(got.test == small.test, sourceLocation: sourceLocation)
        #expect(
            got.digests == small.files.mapValues { SHA256.hexDigest(of: $0) },
            sourceLocation: sourceLocation)
        #expect(!got.isSample, sourceLocation: sourceLocation)
    }

    // MARK: - The order of sources

    @Test func theGivenFolderComesFirst() throws {
        try withTemporaryFolder { folder in
            for (place, gzip) in [("data", false), ("packed", true)] {
                let data = folder.appendingPathComponent(place)
                try Self.small.write(to: data, gzip: gzip)
                let got = try Self.loader(folder, data: data).load(published: Self.small.published)
                Self.expectSmall(got)
                #expect(got.notices == [] && got.source == data.path)
            }
            // One folder may hold several sets, each under its name.
            let parent = folder.appendingPathComponent("all")
            try Self.small.write(to: parent.appendingPathComponent("small"))
            let got = try Self.loader(folder, data: parent).load(published: Self.small.published)
            #expect(got.source == parent.appendingPathComponent("small").path)
            try #expect(folderContents(folder) == ["all", "data", "packed"])
        }
    }

    @Test func theCacheComesSecondAndTheInstalledPackageThird() throws {
        try withTemporaryFolder { folder in
            let small = SmallSet(systemFolder: folder.appendingPathComponent("system"))
            try small.write(to: folder.appendingPathComponent("system"), gzip: true)
            let none = folder.appendingPathComponent("none")
            let installed = try Self.loader(folder, data: none).load(published: small.published)
            Self.expectSmall(installed)
            #expect(
                Self.reasons(installed, folder) == [
                    "--data-dir DIR/none: skipped: there is no such folder",
                    "cache DIR/cache/small: skipped: empty",
                ])
            try small.write(to: folder.appendingPathComponent("cache/small"))
            let cached = try Self.loader(folder).load(published: small.published)
            #expect(cached.notices == [])
            #expect(cached.source == folder.appendingPathComponent("cache/small").path)
        }
    }

    @Test func mirrorsComeNextAndFillTheCache() throws {
        let empty = try SmallHTTPServer(files: [:])
        let full = try SmallHTTPServer(files: Self.small.gzipped)
        defer {
            empty.stop()
            full.stop()
        }
        try withTemporaryFolder { folder in
            let events = Mutex<[DatasetEvent]>([])
            var loader = Self.loader(folder, mirrors: [empty.url, full.url])
            loader.onEvent = { event in events.withLock { $0.append(event) } }
            let got = try loader.load(published: Self.small.published)
            Self.expectSmall(got)
            #expect(
                Self.reasons(got, folder) == [
                    "cache DIR/cache/small: skipped: empty",
                    "mirror \(empty.url): skipped: \(empty.url)train-images-idx3-ubyte.gz: "
                        + "HTTP status 404, expected 200",
                ])
            #expect(got.source.hasPrefix("\(full.url) (kept in "))
            let seen = events.withLock { $0 }
            #expect(seen.filter { if case .notice = $0 { true } else { false } }.count == 2)
            #expect(seen.count > 5, "progress of four files")
            let cache = folder.appendingPathComponent("cache/small")
            try #expect(folderContents(cache) == Self.small.gzipped.keys.sorted())

            let again = try loader.load(published: Self.small.published)
            #expect(again.source == cache.path && again.notices == [])
            #expect(full.requests.count == 4)
        }
    }

    @Test func aDamagedCacheIsMendedFromAMirror() throws {
        let server = try SmallHTTPServer(files: Self.small.gzipped)
        defer { server.stop() }
        try withTemporaryFolder { folder in
            let cache = folder.appendingPathComponent("cache/small")
            try Self.small.write(to: cache)
            let bad = cache.appendingPathComponent(Self.names.testImages)
            var bytes = try #require(Self.small.files[Self.names.testImages])
            bytes[20] ^= 1
            try Data(bytes).write(to: bad)
            let got = try Self.loader(folder, mirrors: [server.url])
                .load(published: Self.small.published)
            Self.expectSmall(got)
            let reason = try #require(Self.reasons(got, folder).first)
            #expect(
                reason.hasPrefix(
                    "cache DIR/cache/small: skipped: DIR/cache/small/t10k-images-idx3-ubyte: "
                        + "SHA-256 of the uncompressed content is "), "\(reason)")
            #expect(server.requests.map(\.path) == ["t10k-images-idx3-ubyte.gz"])
            try #expect(folderContents(cache).contains("t10k-images-idx3-ubyte.gz"))
            try #expect(!folderContents(cache).contains("t10k-images-idx3-ubyte"))
        }
    }

    @Test func corruptMirrorsLeaveNothingInTheCache() throws {
        let server = try SmallHTTPServer(files: Self.small.gzipped, behaviours: [.corrupt])
        var other = Self.small.gzipped
        other["train-images-idx3-ubyte.gz"] = other["t10k-images-idx3-ubyte.gz"]
        let wrong = try SmallHTTPServer(files: other)
        defer {
            server.stop()
            wrong.stop()
        }
        try withTemporaryFolder { folder in
            let text = message(folder) {
                try Self.loader(folder, mirrors: [server.url, wrong.url])
                    .load(published: Self.small.published)
            }
            let lines = text.split(separator: "\n")
            #expect(lines.first == "small: no source has it:")
            try #require(lines.count == 5, "\(text)")
            #expect(lines[3].contains("what it sent was refused and removed: DIR/cache/small/"))
            #expect(lines[3].contains("The mirror has another file under this name"))
            #expect(lines[4] == "Give a folder that holds its files with --data-dir")
            try #expect(folderContents(folder.appendingPathComponent("cache/small")) == [])
        }
    }

    @Test func mirrorsAreBroughtTogetherOneAtATime() async throws {
        // Slow enough that the loads would meet if they were not kept apart.
        let server = try SmallHTTPServer(files: Self.small.gzipped, behaviours: [.slow(0.2)])
        defer { server.stop() }
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("tessera-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let loader = Self.loader(folder, mirrors: [server.url])
        let published = Self.small.published
        let sets = try await withThrowingTaskGroup(of: Dataset.self) { group in
            for _ in 0..<4 { group.addTask { try loader.load(published: published) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sets.count == 4)
        for set in sets { Self.expectSmall(set) }
        #expect(server.requests.count == 4, "each file once, whoever came first")
    }

    // MARK: - The sample

    @Test func theSampleIsLastAndSaysSo() throws {
        try withTemporaryFolder { folder in
            let data = folder.appendingPathComponent("data")
            try AtomicFile.makeFolder(data)
            let got = try Self.loader(folder, data: data).load(.mnist)
            #expect(got.isSample && got.test == nil && got.train.count == 5000)
            #expect(got.train.classCounts == [Int](repeating: 500, count: 10))
            #expect(Array(got.train.labels.prefix(11)) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0])
            let reasons = Self.reasons(got, folder)
            #expect(
                reasons.first == "--data-dir DIR/data: skipped: it lacks "
                    + Self.names.all.joined(separator: ", "))
            #expect(reasons.count == 4)
            #expect(reasons[2] == "mirrors: skipped: downloads are switched off")
            #expect(reasons.last?.hasPrefix("sample: using the 5,000 digits") == true)
            try #expect(folderContents(folder) == ["data"])
        }
    }

    @Test func aMissingOrChangedSampleIsAnError() throws {
        try withTemporaryFolder { folder in
            #expect(
                message(folder) { try MNISTSample.load(limits: DatasetLimits(), folders: [folder]) }
                    == "the sample of MNIST that ships with tessera is missing; looked for in DIR. "
                    + "Keep tessera_Datasets.resources in the folder of the program, or give "
                    + "--data-dir")
            let images = IDXFile(dimensions: [1, 2, 2], elements: [1, 2, 3, 4])
            let labels = IDXFile(dimensions: [1], elements: [1])
            try Data(images.gzipped())
                .write(to: folder.appendingPathComponent(MNISTSample.imagesName + ".gz"))
            try Data(labels.gzipped())
                .write(to: folder.appendingPathComponent(MNISTSample.labelsName + ".gz"))
            let text = message(folder) {
                try MNISTSample.load(limits: DatasetLimits(), folders: [folder])
            }
            #expect(text.hasPrefix("DIR/sample-images-idx3-ubyte.gz: SHA-256 of the uncompressed"))
            #expect(
                text.hasSuffix("The file that ships with tessera was changed; install it again"))
        }
    }

    // MARK: - A folder that the user named is not passed over when it is damaged

    @Test func damageInTheGivenFolderIsAnError() throws {
        try withTemporaryFolder { folder in
            try Self.small.write(to: folder)
            let file = folder.appendingPathComponent(Self.names.trainImages)
            var bytes = try #require(Self.small.files[Self.names.trainImages])
            bytes[bytes.count - 1] ^= 0xff
            try Data(bytes).write(to: file)
            let load = {
                message(folder) {
                    try Self.loader(folder, data: folder).load(published: Self.small.published)
                }
            }
            let changed = load()
            #expect(changed.hasPrefix("DIR/train-images-idx3-ubyte: SHA-256 of the uncompressed"))
            #expect(changed.hasSuffix("or use --dataset idx:DIR for data of your own"))
            try Data(bytes.dropLast(1)).write(to: file)
            #expect(load().hasPrefix("DIR/train-images-idx3-ubyte: ends at byte 159, expected 160"))
            try #expect(folderContents(folder) == Self.names.all.sorted())
        }
    }

    @Test(.enabled(if: mnistFolder() != nil, "give MNIST's folder as TESSERA_DATA_DIR"))
    func mnistItselfIsReadAndToldFromFashionMNIST() throws {
        let data = try #require(mnistFolder())
        try withTemporaryFolder { folder in
            let loader = Self.loader(folder, data: data)
            let mnist = try loader.load(.mnist)
            #expect(mnist.train.count == 60_000 && mnist.test?.count == 10_000)
            let statistics = DatasetStatistics(mnist)
            #expect(abs(statistics.train.mean - 0.1307) < 5e-5)
            #expect(abs(statistics.train.standardDeviation - 0.3081) < 5e-5)
            let text = message { try loader.load(.fashionMNIST) }
            #expect(
                text.hasSuffix(
                    "That is train-images-idx3-ubyte of mnist: check --dataset and the folder"),
                "\(text)")
        }
    }

    // MARK: - Names and places

    @Test func parsesTheNamesOfDatasets() throws {
        try #expect(DatasetSource(parsing: "mnist") == .mnist)
        try #expect(DatasetSource(parsing: "fashion-mnist") == .fashionMNIST)
        try #expect(DatasetSource(parsing: "csv:/a/b:c.csv").name == "csv:/a/b:c.csv")
        try #expect(DatasetSource(parsing: "images:/a").name == "images:/a")
        try #expect(DatasetSource(parsing: "idx:/a").name == "idx:/a")
        for name in ["cifar", "idx:", "svn:/a", "", "MNIST"] {
            #expect(
                message { try DatasetSource(parsing: name) }
                    == "--dataset \(name): unknown; expected one of mnist, fashion-mnist, "
                    + "cifar10, idx:DIR, csv:FILE, images:DIR, cifar10:DIR")
        }
    }

    @Test func findsTheCache() {
        let all = ["TESSERA_CACHE": "/t", "XDG_CACHE_HOME": "/x", "HOME": "/h"]
        #expect(DatasetCache.folder(environment: all).path == "/t")
        #expect(
            DatasetCache.folder(environment: all.filter { $0.key != "TESSERA_CACHE" }).path
                == "/x/tessera")
        #expect(DatasetCache.folder(environment: ["HOME": "/h"]).path == "/h/.cache/tessera")
        let empty = ["TESSERA_CACHE": "", "XDG_CACHE_HOME": "relative", "HOME": "/h"]
        #expect(DatasetCache.folder(environment: empty).path == "/h/.cache/tessera")
    }

    @Test func publishedMirrorsAreSafeAndAtLeastTwo() {
        for set in [PublishedDataset.mnist, PublishedDataset.fashionMNIST] {
            #expect(set.mirrors.count >= 2)
            #expect(set.mirrors.allSatisfy { $0.scheme == "https" })
            #expect(Set(set.digests.all).count == 4)
            #expect(set.digests.all.allSatisfy { $0.count == 64 })
            #expect(set.classNames.count == 10)
        }
    }
}
