import DurableFiles
import Foundation
import SafeText

/// Finds and reads the data set that `--dataset` names.
public struct DatasetLoader: Sendable {
    /// `--data-dir` or `TESSERA_DATA_DIR`: holds the four IDX files, itself or in a folder of the
    /// data set's name.
    public var dataDirectory: URL?
    /// See `DatasetCache.folder`.
    public var cache: URL
    /// In place of the published mirrors when set; empty for no downloads.
    public var mirrors: [URL]?
    public var policy: DownloadPolicy
    public var limits: DatasetLimits
    /// For `images:FOLDER`.
    public var pictures: FolderPictures
    /// Called on the thread of `load`, but for download progress, which comes from another.
    public var onEvent: @Sendable (DatasetEvent) -> Void

    public init(
        dataDirectory: URL? = nil, cache: URL, mirrors: [URL]? = nil,
        policy: DownloadPolicy = DownloadPolicy(), limits: DatasetLimits = DatasetLimits(),
        pictures: FolderPictures = .digits(.automatic),
        onEvent: @escaping @Sendable (DatasetEvent) -> Void = { _ in }
    ) {
        self.dataDirectory = dataDirectory
        self.cache = cache
        self.mirrors = mirrors
        self.policy = policy
        self.limits = limits
        self.pictures = pictures
        self.onEvent = onEvent
    }

    /// Loads the set, blocking its thread; downloads when it must.
    ///
    /// - Throws: `DatasetError`, `FileError`. A file that is there but damaged in a place that the
    ///   user named is an error; a place that lacks the files is passed over with a notice.
    public func load(_ source: DatasetSource) throws -> Dataset {
        switch source {
        case .mnist:
            try load(published: PublishedDataset.mnist, sampleFolders: MNISTSample.searchFolders())
        case .fashionMNIST:
            try load(published: PublishedDataset.fashionMNIST)
        case .idx(let folder):
            try IDXFolder(url: folder).load(limits: limits)
        case .csv(let file):
            try loadCSV(file)
        case .images(let folder):
            try loadImages(folder)
        case .cifar10:
            try load(published: PublishedCIFAR.cifar10)
        case .cifar(let place):
            try loadCIFAR(place)
        }
    }

    // MARK: - Published sets

    /// - Parameter sampleFolders: where the sample may be; nil for a set that has none.
    func load(
        published dataset: some PublishedSet, sampleFolders: [URL]? = nil
    ) throws -> Dataset {
        var notices: [SourceNotice] = []
        func passOver(_ source: String, _ reason: String) {
            notices.append(SourceNotice(source: source, reason: "skipped: " + reason))
            onEvent(.notice(notices[notices.count - 1]))
        }
        if let found = try loadGiven(dataset, passOver) { return found.adding(notices) }
        if let found = loadCached(dataset, passOver) { return found.adding(notices) }
        if let found = try loadInstalled(dataset, passOver) { return found.adding(notices) }
        if let found = try download(dataset, passOver) { return found.adding(notices) }
        guard let sampleFolders else {
            throw DatasetError.noSource(dataset: dataset.name, notices: notices)
        }
        let sample = try MNISTSample.load(limits: limits, folders: sampleFolders)
        for notice in sample.notices { onEvent(.notice(notice)) }
        return sample.adding(notices)
    }

    private typealias PassOver = (_ source: String, _ reason: String) -> Void

    private func loadGiven(
        _ dataset: some PublishedSet, _ passOver: PassOver
    ) throws -> Dataset? {
        guard let dataDirectory else { return nil }
        let places = [dataDirectory.appendingPathComponent(dataset.name), dataDirectory]
            .map { dataset.place($0) }
        for place in places where try place.missing().names.isEmpty {
            return try place.load(limits: limits)
        }
        passOver(
            "--data-dir \(dataDirectory.path)",
            try Self.isFolder(dataDirectory)
                ? "it lacks \(places[1].missing().names.joined(separator: ", "))"
                : "there is no such folder")
        return nil
    }

    /// The cache is tessera's own: what is damaged there is downloaded again.
    private func loadCached(_ dataset: some PublishedSet, _ passOver: PassOver) -> Dataset? {
        let files = dataset.place(cache.appendingPathComponent(dataset.name))
        let source = "cache \(files.folder.path)"
        do {
            let missing = try files.missing()
            if missing.names.isEmpty { return try files.load(limits: limits) }
            passOver(
                source,
                missing.all ? "empty" : "it lacks \(missing.names.joined(separator: ", "))")
            return nil
        } catch {
            passOver(source, "\(error)")
            return nil
        }
    }

    private func loadInstalled(
        _ dataset: some PublishedSet, _ passOver: PassOver
    ) throws -> Dataset? {
        guard let folder = dataset.systemFolder else { return nil }
        let files = dataset.place(folder)
        let missing: [String]
        do { missing = try files.missing().names } catch {
            passOver(folder.path, "\(error)")
            return nil
        }
        if missing.isEmpty { return try files.load(limits: limits) }
        passOver(
            folder.path,
            try Self.isFolder(folder)
                ? "it lacks \(missing.joined(separator: ", "))" : "not installed")
        return nil
    }

    private func download(
        _ dataset: some PublishedSet, _ passOver: PassOver
    ) throws -> Dataset? {
        let folder = cache.appendingPathComponent(dataset.name)
        let mirrors = mirrors ?? dataset.mirrors
        if mirrors.isEmpty { passOver("mirrors", "downloads are switched off") }
        for mirror in mirrors {
            let address = Address.withoutSecrets(mirror.absoluteString)
            do {
                try DatasetCache.withLock(on: folder, onWait: { tellOfWaiting(folder) }) {
                    try dataset.fetch(from: mirror, to: folder, self)
                }
            } catch let error as DownloadError {
                passOver("mirror \(address)", "\(error)")
                continue
            } catch let error as FileError {
                passOver("mirrors", "\(error)")
                return nil
            }
            var found = try dataset.place(folder).load(limits: limits)
            found.source = "\(address) (kept in \(folder.path))"
            return found
        }
        return nil
    }

    private func tellOfWaiting(_ folder: URL) {
        onEvent(
            .notice(
                SourceNotice(
                    source: "cache \(folder.path)", reason: "waiting for another process's download"
                )))
    }

    private static func isFolder(_ url: URL) throws -> Bool {
        try FileFacts.find(url)?.kind == .folder
    }

    // MARK: - A user's own data

    private func loadCSV(_ file: URL) throws -> Dataset {
        let classNames = try ClassNames.read(inFolder: file.deletingLastPathComponent())
        let (set, digest, notices) = try CSVDigits.read(
            file, classNames: classNames, limits: limits)
        for notice in notices { onEvent(.notice(notice)) }
        return Dataset(
            name: DatasetSource.csv(file).name, source: file.path, train: set,
            digests: [file.lastPathComponent: digest], notices: notices)
    }

    private func loadCIFAR(_ place: URL) throws -> Dataset {
        let set = try CIFARSet(CIFARFiles(at: place), limits: limits)
        return Dataset(
            name: DatasetSource.cifar(place).name, source: place.path, train: set.train,
            test: set.test, digests: set.digests)
    }

    private func loadImages(_ folder: URL) throws -> Dataset {
        let dataset = try ImageFolder(url: folder, pictures: pictures, limits: limits).load()
        for notice in dataset.notices { onEvent(.notice(notice)) }
        return dataset
    }
}

extension Dataset {
    /// With the notices of what was passed over before, first.
    fileprivate func adding(_ earlier: [SourceNotice]) -> Dataset {
        var copy = self
        copy.notices = earlier + notices
        return copy
    }
}
