import Foundation

/// The four files of a published set in one folder, and how they are read and verified.
struct PublishedFiles: PublishedPlace {
    let dataset: PublishedDataset
    let folder: URL

    /// Names without `.gz`.
    ///
    /// - Throws: `FileError.unreadable` when that can't be seen.
    func missing() throws -> (names: [String], all: Bool) {
        let all = PublishedDataset.fileNames.all
        let names = try all.filter { try IDXFolder(url: folder).find($0) == nil }
        return (names, names.count == all.count)
    }

    /// Reads all four and verifies their digests.
    ///
    /// - Throws: `DatasetError`, `FileError`; the first file that isn't what it should be.
    func load(limits: DatasetLimits) throws -> Dataset {
        let files = try PublishedDataset.fileNames.map { name in
            guard let file = try IDXFolder(url: folder).find(name) else {
                throw DatasetError.missing(
                    path: folder.appendingPathComponent(name).path,
                    expected: "this file or \(name).gz")
            }
            return file
        }
        let train = try read(files.trainImages, files.trainLabels, limits)
        try check(train.imageDigest, dataset.digests.trainImages, files.trainImages)
        try check(train.labelDigest, dataset.digests.trainLabels, files.trainLabels)
        let test = try read(files.testImages, files.testLabels, limits)
        try check(test.imageDigest, dataset.digests.testImages, files.testImages)
        try check(test.labelDigest, dataset.digests.testLabels, files.testLabels)
        try test.set.checkSize(equals: train.set, file: files.testImages.path)
        return Dataset(
            name: dataset.name, source: folder.path, train: train.set, test: test.set,
            digests: Dictionary(
                uniqueKeysWithValues: zip(
                    PublishedDataset.fileNames.all, dataset.digests.all)))
    }

    private func read(
        _ images: URL, _ labels: URL, _ limits: DatasetLimits
    ) throws -> IDXPair.Content {
        try IDXPair(images: images, labels: labels)
            .read(classNames: dataset.classNames, limits: limits)
    }

    private func check(_ got: String, _ expected: String, _ file: URL) throws {
        guard got == expected else {
            throw DatasetError.wrongDigest(
                file: file.path, got: got, expected: expected, hint: hint(for: got))
        }
    }

    private func hint(for digest: String) -> String {
        if let owner = PublishedDataset.owner(ofDigest: digest) {
            return "That is \(owner.file) of \(owner.dataset): check --dataset and the folder"
        }
        return "It isn't the published file: copy or download it again, or use "
            + "--dataset idx:\(folder.path) for data of your own"
    }
}
