import DurableFiles
import Foundation

/// The files of a set in CIFAR-10's binary form, as they lie in a folder or in an archive.
struct CIFARFiles {
    static let trainBatches = (1...5).map { "data_batch_\($0).bin" }
    static let testBatch = "test_batch.bin"
    static let classFile = "batches.meta.txt"
    static let archiveName = "cifar-10-binary.tar.gz"
    /// The folder in the archive.
    static let unpackedName = "cifar-10-batches-bin"

    static let classNames = [
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ]

    enum Form {
        /// Plain or gzip files by the names that they have in the set.
        case files(train: [Named], test: Named?, classNames: URL?)
        /// All of them in a tar archive, plain or gzip.
        case archive(URL)
    }

    struct Named {
        let name: String
        let url: URL
    }

    let form: Form

    /// Every file that is read.
    var all: [Named] {
        switch form {
        case .archive(let url): [Named(name: url.lastPathComponent, url: url)]
        case .files(let train, let test, let classNames):
            train + (test.map { [$0] } ?? [])
                + (classNames.map { [Named(name: Self.classFile, url: $0)] } ?? [])
        }
    }

    // MARK: - Finding

    /// Finds the set at a place: an archive, a folder with one, or a folder with the published names,
    /// or with `train.bin` and perhaps `test.bin`. Each may be a `.gz`.
    ///
    /// - Throws: `DatasetError.missing` naming the first file that isn't there.
    init(at place: URL) throws {
        guard let facts = try FileFacts.find(place) else {
            throw DatasetError.missing(
                path: place.path, expected: "a folder with CIFAR-10's binary files, or its archive")
        }
        guard facts.kind == .folder else {
            form = .archive(place)
            return
        }
        if let published = try Self.published(in: place) {
            form = try published.complete()
        } else if let own = try Self.own(in: place) {
            form = own
        } else if let archive = try Self.archive(in: place) {
            form = .archive(archive)
        } else {
            throw DatasetError.missing(
                path: place.appendingPathComponent(Self.trainBatches[0]).path,
                expected: "this file and those beside it, train.bin, or \(Self.archiveName)")
        }
    }

    init(_ form: Form) { self.form = form }

    /// The published files in a folder; nil where there are none.
    ///
    /// - Throws: `FileError.unreadable` when that can't be seen.
    static func published(in folder: URL) throws -> PublishedCIFARFiles? {
        for place in [folder, folder.appendingPathComponent(unpackedName)] {
            let files = try PublishedCIFARFiles(folder: place)
            if !files.isEmpty { return files }
        }
        return nil
    }

    static func archive(in folder: URL) throws -> URL? {
        try [archiveName, "cifar-10-binary.tar"].map { folder.appendingPathComponent($0) }
            .first { try FileFacts.find($0) != nil }
    }

    private static func own(in folder: URL) throws -> Form? {
        guard let train = try find("train.bin", in: folder) else { return nil }
        let test = try find("test.bin", in: folder)
        let names = try [classFile, "classes.txt"].lazy.compactMap { try find($0, in: folder) }
        return .files(train: [train], test: test, classNames: names.first?.url)
    }

    /// The file of this name, or with `.gz` behind it.
    static func find(_ name: String, in folder: URL) throws -> Named? {
        try [name, name + ".gz"].map { folder.appendingPathComponent($0) }
            .first { try FileFacts.find($0) != nil }
            .map { Named(name: name, url: $0) }
    }
}

/// Those of the six published files that a folder has.
struct PublishedCIFARFiles {
    let folder: URL
    private let train: [CIFARFiles.Named]
    private let test: CIFARFiles.Named?
    private let classNames: URL?

    init(folder: URL) throws {
        self.folder = folder
        train = try CIFARFiles.trainBatches.compactMap { try CIFARFiles.find($0, in: folder) }
        test = try CIFARFiles.find(CIFARFiles.testBatch, in: folder)
        classNames = try CIFARFiles.find(CIFARFiles.classFile, in: folder)?.url
    }

    var isEmpty: Bool { train.isEmpty && test == nil }

    /// Names, without `.gz`.
    var missing: [String] {
        let found = Set((train + [test].compactMap(\.self)).map(\.name))
        return (CIFARFiles.trainBatches + [CIFARFiles.testBatch]).filter { !found.contains($0) }
    }

    /// - Throws: `DatasetError.missing`: half a set is an error.
    func complete() throws -> CIFARFiles.Form {
        if let name = missing.first {
            throw DatasetError.missing(
                path: folder.appendingPathComponent(name).path,
                expected: "this file or \(name).gz beside the others of the set")
        }
        return .files(train: train, test: test, classNames: classNames)
    }
}
