import DurableFiles
import Foundation

/// What was read of a set in CIFAR-10's binary form.
struct CIFARSet {
    let train: ImageSet
    let test: ImageSet?
    /// SHA-256 of each file's uncompressed content, by its name in the set: the same in a folder and in
    /// an archive.
    let digests: [String: String]

    /// - Throws: `DatasetError`, `FileError`.
    init(_ files: CIFARFiles, limits: DatasetLimits) throws {
        let parts =
            switch files.form {
            case .archive(let url): try CIFARParts(archive: url, limits: limits)
            case .files(let train, let test, let names):
                try CIFARParts(train: train, test: test, classNames: names, limits: limits)
            }
        digests = parts.digests
        train = Self.images(parts.train, parts.classNames)
        test = parts.test.map { Self.images([$0], parts.classNames) }
    }

    private static func images(_ parts: [CIFARRecords], _ classNames: [String]) -> ImageSet {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(parts.reduce(0) { $0 + $1.pixels.count })
        for part in parts { pixels += part.pixels }
        return ImageSet(
            height: CIFARRecords.side, width: CIFARRecords.side, channels: CIFARRecords.channels,
            pixels: pixels, labels: parts.flatMap(\.labels), classNames: classNames)
    }
}

/// The set's files, each read and checked.
private struct CIFARParts {
    var classNames = CIFARFiles.classNames
    /// In the order of their numbers.
    var train: [CIFARRecords] = []
    var test: CIFARRecords?
    var digests: [String: String] = [:]

    init(
        train files: [CIFARFiles.Named], test testFile: CIFARFiles.Named?, classNames names: URL?,
        limits: DatasetLimits
    ) throws {
        if let names { classNames = try ClassNames.read(names) }
        func read(_ file: CIFARFiles.Named) throws -> (CIFARRecords, digest: String) {
            try CIFARRecords.read(file.url, classCount: classNames.count, limits: limits)
        }
        for file in files {
            let (records, digest) = try read(file)
            train.append(records)
            digests[file.name] = digest
        }
        if let testFile {
            let (records, digest) = try read(testFile)
            test = records
            digests[testFile.name] = digest
        }
    }

    /// Reads the archive from its start to its end, in whatever order the files come.
    init(archive url: URL, limits: DatasetLimits) throws {
        let tar = try TarReader(url, limit: limits.contentBytes)
        var found: [String: CIFARRecords] = [:]
        let wanted = CIFARFiles.trainBatches + [CIFARFiles.testBatch]
        while let entry = try tar.next() {
            let name = "\(url.path): \(entry.path)"
            if entry.name == CIFARFiles.classFile {
                classNames = try Self.classNames(tar, name)
            } else if wanted.contains(entry.name) {
                guard found[entry.name] == nil else {
                    throw DatasetError.cifarArchive(file: url.path, reason: "\(entry.name) twice")
                }
                // The names may come behind the images: labels are compared with them at the end.
                var records = CIFARRecords(file: name, classCount: 256, limits: limits)
                digests[entry.name] = try tar.read { try records.consume($0) }
                try records.finish()
                found[entry.name] = records
            }
        }
        if let missing = wanted.first(where: { found[$0] == nil }) {
            throw DatasetError.cifarArchive(file: url.path, reason: "no \(missing)")
        }
        train = CIFARFiles.trainBatches.map { found[$0]! }
        test = found[CIFARFiles.testBatch]
        for name in wanted { try found[name]!.checkLabels(classCount: classNames.count) }
    }

    private static func classNames(_ tar: TarReader, _ name: String) throws -> [String] {
        var bytes: [UInt8] = []
        _ = try tar.read { piece in
            guard bytes.count + piece.count <= ClassNames.limit else {
                throw DatasetError.tooLarge(file: name, limit: ClassNames.limit)
            }
            bytes += piece
        }
        return try ClassNames.parse(bytes, file: name)
    }
}
