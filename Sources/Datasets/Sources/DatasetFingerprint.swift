import DurableFiles
import Foundation

extension DatasetLoader {
    /// What the files that `load` would read hold now, without reading them as images.
    ///
    /// - Returns: SHA-256 over the names and the bytes on disk (compressed or not) of the files; nil
    ///   where `load` would download, take the sample, or fail.
    /// - Parameter digest: SHA-256 of a file's bytes.
    /// - Throws: `FileError.unreadable`, and what `digest` throws.
    public func fingerprint(
        of source: DatasetSource,
        digest: (URL) throws -> String = { try SHA256.hexDigest(ofFile: $0) }
    ) throws -> String? {
        guard let files = localFiles(of: source) else { return nil }
        let hasher = SHA256()
        for file in files {
            hasher.update(Data("\(file.name)\n\(try digest(file.url))\n".utf8))
        }
        return hasher.finalize()
    }

    private typealias NamedFile = (name: String, url: URL)

    /// The files that `load` would read, by the name that they have within the set.
    private func localFiles(of source: DatasetSource) -> [NamedFile]? {
        switch source {
        case .mnist: localFiles(of: PublishedDataset.mnist)
        case .fashionMNIST: localFiles(of: PublishedDataset.fashionMNIST)
        case .idx(let folder): files(inIDXFolder: folder)
        case .csv(let file):
            found([
                (file.lastPathComponent, file),
                ("classes.txt", classNames(in: file.deletingLastPathComponent())),
            ])
        case .images(let folder): files(inImageFolder: folder)
        }
    }

    /// In the order in which `load` looks.
    private func localFiles(of dataset: PublishedDataset) -> [NamedFile]? {
        let given = dataDirectory.map { [$0.appendingPathComponent(dataset.name), $0] } ?? []
        let folders =
            given + [cache.appendingPathComponent(dataset.name)]
            + (dataset.systemFolder.map { [$0] } ?? [])
        let names = PublishedDataset.fileNames.all
        for folder in folders {
            let files = found(names.map { ($0, IDXFolder(url: folder).find($0)) })
            if files?.count == names.count { return files }
        }
        return nil
    }

    private func files(inIDXFolder folder: URL) -> [NamedFile]? {
        let names =
            PublishedDataset.fileNames.all + ["test-images-idx3-ubyte", "test-labels-idx1-ubyte"]
        return found(
            names.map { ($0, IDXFolder(url: folder).find($0)) }
                + [("classes.txt", classNames(in: folder))])
    }

    private func files(inImageFolder folder: URL) -> [NamedFile]? {
        // What can't be listed is `load`'s to tell of.
        guard let names = try? FileManager.default.subpathsOfDirectory(atPath: folder.path) else {
            return nil
        }
        return names.sorted().map { ($0, folder.appendingPathComponent($0)) }.filter {
            let attributes = try? FileManager.default.attributesOfItem(atPath: $0.1.path)
            return attributes?[.type] as? FileAttributeType == .typeRegular
        }
    }

    private func classNames(in folder: URL) -> URL { folder.appendingPathComponent("classes.txt") }

    /// Those that are there; nil if none is.
    private func found(_ files: [(name: String, url: URL?)]) -> [NamedFile]? {
        let present = files.compactMap { name, url in
            url.flatMap { FileManager.default.fileExists(atPath: $0.path) ? (name, $0) : nil }
        }
        return present.isEmpty ? nil : present
    }
}
