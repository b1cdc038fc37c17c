import DurableFiles
import Foundation

/// CIFAR-10 as its authors publish it: A. Krizhevsky (2009), "Learning Multiple Layers of Features from Tiny
/// Images"; the binary version.
struct PublishedCIFAR: PublishedSet, Equatable {
    let name: String
    /// SHA-256 of the archive as it is downloaded.
    let archiveDigest: String
    /// SHA-256 of each file's uncompressed content.
    let digests: [String: String]
    let mirrors: [URL]
    var systemFolder: URL? { nil }

    /// Largest archive that is taken; the published one has 170,052,171 bytes.
    private static let downloadLimit = 1 << 28

    /// The mirrors are the author's own and that of Swift for TensorFlow's data sets.
    ///
    /// The archive's SHA-256 is that of TensorFlow Datasets (its MD5, which the author publishes, is
    /// c32a1d4ab5d03f1284b67883e8d87530); those of the files are torchvision-ruby's.
    static let cifar10 = PublishedCIFAR(
        name: DatasetKind.cifar10.word,
        archiveDigest: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        digests: [
            "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
            "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
            "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
            "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
            "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
            "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
        ],
        mirrors: [
            URL(string: "https://www.cs.toronto.edu/~kriz/")!,
            URL(string: "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/")!,
        ])

    func place(_ folder: URL) -> any PublishedPlace {
        PublishedCIFARPlace(set: self, folder: folder)
    }

    func fetch(from mirror: URL, to folder: URL, _ loader: DatasetLoader) throws {
        let archive = folder.appendingPathComponent(CIFARFiles.archiveName)
        // What an earlier run brought, or another process while this one waited for the lock. What is
        // damaged or can't be read is fetched again, and errors there are reported.
        if (try? SHA256.digest(ofFile: archive.path).get().digest) == archiveDigest { return }
        try Downloader(policy: loader.policy).download(
            from: mirror.appendingPathComponent(CIFARFiles.archiveName), to: archive,
            limit: Self.downloadLimit,
            progress: { loader.onEvent(.download($0)) },
            verify: { try verify($0, hint: "The mirror has another file under this name") })
    }

    func verify(_ archive: URL, hint: String) throws {
        let got = try SHA256.digest(ofFile: archive.path).get().digest
        guard got == archiveDigest else {
            throw DatasetError.wrongArchiveDigest(
                file: archive.path, got: got, expected: archiveDigest, hint: hint)
        }
    }
}

/// A folder that may hold the archive, or what was unpacked from it.
struct PublishedCIFARPlace: PublishedPlace {
    let set: PublishedCIFAR
    let folder: URL

    /// Unpacked files come first: they are read sooner.
    func missing() throws -> (names: [String], all: Bool) {
        let files = try CIFARFiles.published(in: folder)
        if let files, files.missing.isEmpty { return ([], false) }
        if try CIFARFiles.archive(in: folder) != nil { return ([], false) }
        guard let files else { return ([CIFARFiles.archiveName], true) }
        return (files.missing, false)
    }

    /// The files that `load` reads; nil where the folder hasn't got the set.
    func files() throws -> CIFARFiles? {
        guard try missing().names.isEmpty else { return nil }
        if let files = try CIFARFiles.published(in: folder), files.missing.isEmpty {
            return CIFARFiles(try files.complete())
        }
        return try CIFARFiles.archive(in: folder).map { CIFARFiles(.archive($0)) }
    }

    func load(limits: DatasetLimits) throws -> Dataset {
        guard let files = try files() else {
            throw DatasetError.missing(
                path: folder.appendingPathComponent(CIFARFiles.archiveName).path,
                expected: "this archive, or its files")
        }
        if case .archive(let url) = files.form { try set.verify(url, hint: hint) }
        let content = try CIFARSet(files, limits: limits)
        if case .files(let train, let test, _) = files.form {
            for file in train + [test].compactMap(\.self) { try check(file, content.digests) }
        }
        return Dataset(
            name: set.name, source: folder.path, train: content.train, test: content.test,
            digests: content.digests)
    }

    private func check(_ file: CIFARFiles.Named, _ got: [String: String]) throws {
        let (got, expected) = (got[file.name] ?? "", set.digests[file.name] ?? "")
        guard got == expected else {
            throw DatasetError.wrongDigest(
                file: file.url.path, got: got, expected: expected, hint: hint)
        }
    }

    private var hint: String {
        "It isn't the published file: copy or download it again, or use --dataset "
            + "cifar10:\(folder.path) for data of your own"
    }
}
