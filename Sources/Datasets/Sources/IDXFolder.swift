import DurableFiles
import Foundation

/// Finds the files of an IDX set in a folder: plain or `.gz`, under the published names or with a
/// dot for the last dash (`train-images.idx3-ubyte`), as some archives have them.
struct IDXFolder {
    let url: URL

    /// The file of this name, or nil when the folder hasn't got it.
    ///
    /// - Throws: `FileError.unreadable` when that can't be seen.
    func find(_ name: String) throws -> URL? {
        let dotted = name.replacingOccurrences(of: "-idx", with: ".idx")
        return try [name, name + ".gz", dotted, dotted + ".gz"]
            .map { url.appendingPathComponent($0) }
            .first { try FileFacts.find($0) != nil }
    }

    /// Reads the set of a user's own: a training pair, and a test pair when there is one.
    func load(limits: DatasetLimits) throws -> Dataset {
        let names = PublishedDataset.fileNames
        let classNames = try ClassNames.read(inFolder: url)
        let train = try pair(names.trainImages, names.trainLabels)
            .read(classNames: classNames, limits: limits)
        var digests = [
            names.trainImages: train.imageDigest, names.trainLabels: train.labelDigest,
        ]
        var test: ImageSet?
        if let (images, labels) = try testNames() {
            let files = try pair(images, labels)
            let content = try files.read(classNames: classNames, limits: limits)
            digests[images] = content.imageDigest
            digests[labels] = content.labelDigest
            try content.set.checkSize(equals: train.set, file: files.images.path)
            test = content.set
        }
        return Dataset(
            name: DatasetSource.idx(url).name, source: url.path, train: train.set, test: test,
            digests: digests)
    }

    private func pair(_ images: String, _ labels: String) throws -> IDXPair {
        try IDXPair(images: required(images), labels: required(labels))
    }

    private func required(_ name: String) throws -> URL {
        guard let file = try find(name) else {
            throw DatasetError.missing(
                path: url.appendingPathComponent(name).path, expected: "this file or \(name).gz")
        }
        return file
    }

    /// The names of the test pair, of which at least one is there: half a pair is an error later.
    private func testNames() throws -> (images: String, labels: String)? {
        let published = PublishedDataset.fileNames
        return try [
            (published.testImages, published.testLabels),
            ("test-images-idx3-ubyte", "test-labels-idx1-ubyte"),
        ].first { try find($0.0) != nil || find($0.1) != nil }
    }
}

extension ImageSet {
    /// - Throws: `DatasetError.sizeMismatch` unless both sets have images of one size and kind.
    func checkSize(equals training: ImageSet, file: String) throws {
        guard imageShape == training.imageShape else {
            throw DatasetError.sizeMismatch(
                file: file, got: imageShape, expected: training.imageShape,
                expectedBy: "the training images have")
        }
    }
}

/// The names of the classes that labels stand for.
enum ClassNames {
    static let digits = (0...9).map(String.init)
    /// Bytes of the largest file of names that is read.
    static let limit = 1 << 20

    /// The lines of `classes.txt` in the folder; the ten digits when there is none.
    static func read(inFolder folder: URL) throws -> [String] {
        let file = folder.appendingPathComponent("classes.txt")
        guard try FileFacts.find(file) != nil else { return digits }
        return try read(file)
    }

    /// The lines of a file.
    static func read(_ file: URL) throws -> [String] {
        var bytes: [UInt8] = []
        _ = try FileContent.read(file, limit: limit) { bytes += $0 }
        return try parse(bytes, file: file.path)
    }

    /// - Parameter file: what errors call it.
    static func parse(_ bytes: [UInt8], file: String) throws -> [String] {
        // Other characters that end a line in Unicode, and spaces of other kinds, belong to a name.
        var names = try UTF8Text.decode(bytes, path: file)
            .split { ["\n", "\r\n", "\r"].contains($0) }
            .map { $0.trimmingCharacters(in: [" ", "\t"]) }
        names.removeAll(where: \.isEmpty)
        guard (2...256).contains(names.count) else {
            throw DatasetError.classNames(file: file, reason: "\(names.count) names")
        }
        // By their bytes: names that look alike are two, as they are for folders.
        guard Set(names.map { Array($0.utf8) }).count == names.count else {
            throw DatasetError.classNames(file: file, reason: "a name occurs twice")
        }
        return names
    }
}
