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
        guard let files = try localFiles(of: source) else { return nil }
        let hasher = SHA256()
        for file in files {
            hasher.update(Data("\(file.name)\n\(try digest(file.url))\n".utf8))
        }
        return hasher.finalize()
    }

    private typealias NamedFile = (name: String, url: URL)

    /// The files that `load` would read, by the name that they have within the set.
    private func localFiles(of source: DatasetSource) throws -> [NamedFile]? {
        switch source {
        case .mnist: try localFiles(of: PublishedDataset.mnist)
        case .fashionMNIST: try localFiles(of: PublishedDataset.fashionMNIST)
        case .idx(let folder): try files(inIDXFolder: folder)
        case .csv(let file):
            try found([
                (file.lastPathComponent, file),
                ("classes.txt", classNames(in: file.deletingLastPathComponent())),
            ])
        case .images(let folder): try files(inImageFolder: folder)
        }
    }

    /// In the order in which `load` looks.
    private func localFiles(of dataset: PublishedDataset) throws -> [NamedFile]? {
        let given = dataDirectory.map { [$0.appendingPathComponent(dataset.name), $0] } ?? []
        let folders =
            given + [cache.appendingPathComponent(dataset.name)]
            + (dataset.systemFolder.map { [$0] } ?? [])
        let names = PublishedDataset.fileNames.all
        for folder in folders {
            let files = try found(names.map { ($0, try IDXFolder(url: folder).find($0)) })
            if files?.count == names.count { return files }
        }
        return nil
    }

    private func files(inIDXFolder folder: URL) throws -> [NamedFile]? {
        let names =
            PublishedDataset.fileNames.all + ["test-images-idx3-ubyte", "test-labels-idx1-ubyte"]
        return try found(
            names.map { ($0, try IDXFolder(url: folder).find($0)) }
                + [("classes.txt", classNames(in: folder))])
    }

    private func files(inImageFolder folder: URL) throws -> [NamedFile]? {
        // What isn't there is `load`'s to tell of.
        guard try FileFacts.find(folder) != nil else { return nil }
        return try Self.regularFiles(in: folder, below: "").sorted { $0.name < $1.name }
    }

    /// At any depth; links aren't followed.
    private static func regularFiles(in folder: URL, below prefix: String) throws -> [NamedFile] {
        try Folder.names(in: folder).flatMap { name -> [NamedFile] in
            let url = folder.appendingPathComponent(name)
            switch FileFacts(url.path)?.kind {
            case .folder: return try regularFiles(in: url, below: prefix + name + "/")
            case .file: return [(prefix + name, url)]
            default: return []
            }
        }
    }

    private func classNames(in folder: URL) -> URL { folder.appendingPathComponent("classes.txt") }

    /// Those that are there; nil if none is.
    private func found(_ files: [(name: String, url: URL?)]) throws -> [NamedFile]? {
        let present = try files.compactMap { name, url in
            try url.flatMap { try FileFacts.find($0) == nil ? nil : (name, $0) }
        }
        return present.isEmpty ? nil : present
    }
}
