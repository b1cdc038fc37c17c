import Foundation

/// A data set that is published as files of known content, whatever their form.
protocol PublishedSet: Sendable {
    /// As given to `--dataset`; also the name of its folder in the cache.
    var name: String { get }
    /// Folders on the web that hold the files; tried in order.
    var mirrors: [URL] { get }
    /// Where a system package puts the files.
    var systemFolder: URL? { get }

    func place(_ folder: URL) -> any PublishedPlace

    /// Brings the files, verified, from a mirror to a folder; what is there and right stays.
    ///
    /// - Throws: `DownloadError`, `FileError`.
    func fetch(from mirror: URL, to folder: URL, _ loader: DatasetLoader) throws
}

/// A folder that may hold a published set.
protocol PublishedPlace {
    var folder: URL { get }

    /// The names of the files that the folder hasn't got, and whether it has none at all.
    ///
    /// - Throws: `FileError.unreadable` when that can't be seen.
    func missing() throws -> (names: [String], all: Bool)

    /// Reads all and verifies their digests.
    ///
    /// - Throws: `DatasetError`, `FileError`; the first file that isn't what it should be.
    func load(limits: DatasetLimits) throws -> Dataset
}

extension PublishedDataset: PublishedSet {
    func place(_ folder: URL) -> any PublishedPlace {
        PublishedFiles(dataset: self, folder: folder)
    }

    func fetch(from mirror: URL, to folder: URL, _ loader: DatasetLoader) throws {
        try MirrorFetch(
            dataset: self, mirror: mirror, folder: folder, policy: loader.policy,
            limits: loader.limits, onEvent: loader.onEvent
        ).run()
    }
}
