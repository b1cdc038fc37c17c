import DurableFiles
import Foundation

extension DatasetLoader {
    /// What the files that `load` would read hold now, without reading them as images.
    ///
    /// - Returns: SHA-256 over the names and the bytes on disk (compressed or not) of the files; nil
    ///   where `load` would download, take the sample, or fail.
    /// - Parameter digests: SHA-256 of files' bytes, or why they can't be read; told as well the folder
    ///   of which they are all.
    /// - Throws: `FileError.unreadable`, and what `digests` throws.
    package func fingerprint(
        of source: DatasetSource,
        digests: ([FoundFile], _ below: String?) throws -> [Result<String, FileError>] = {
            files, _ in files.map { SHA256.digest(ofFile: $0.path).map(\.digest) }
        }
    ) throws -> String? {
        guard let local = try localFiles(of: source) else { return nil }
        let found = try digests(
            local.files.map { FoundFile(path: $0.path, facts: $0.facts) }, local.folder)
        var text = Array("\(local.form)".utf8)
        for (file, digest) in zip(local.files, found) {
            text += "\(file.name)\n\(try digest.get())\n".utf8
        }
        return SHA256.hexDigest(of: text)
    }

    private struct LocalFiles {
        /// Says that they are read in another way than before.
        var form = ""
        /// All files below this folder that may be part of the set; nil for files by their names.
        var folder: String?
        let files: [NamedFile]
    }

    private typealias NamedFile = (name: String, path: String, facts: FileFacts)

    /// The files that `load` would read, by the name that they have within the set.
    private func localFiles(of source: DatasetSource) throws -> LocalFiles? {
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
        case .cifar10: try localFiles(of: PublishedCIFAR.cifar10)
        case .cifar(let place): try files(ofCIFAR: place)
        }
    }

    /// Where `load` looks for the set, in its order.
    private func folders(of dataset: some PublishedSet) -> [URL] {
        let given = dataDirectory.map { [$0.appendingPathComponent(dataset.name), $0] } ?? []
        return given + [cache.appendingPathComponent(dataset.name)]
            + (dataset.systemFolder.map { [$0] } ?? [])
    }

    private func localFiles(of dataset: PublishedCIFAR) throws -> LocalFiles? {
        for folder in folders(of: dataset) {
            if let files = try PublishedCIFARPlace(set: dataset, folder: folder).files() {
                return try found(files.all.map { ($0.name, $0.url) })
            }
        }
        return nil
    }

    private func files(ofCIFAR place: URL) throws -> LocalFiles? {
        do {
            return try found(CIFARFiles(at: place).all.map { ($0.name, $0.url) })
        } catch is DatasetError {
            // What isn't there is `load`'s to tell.
            return nil
        }
    }

    private func localFiles(of dataset: PublishedDataset) throws -> LocalFiles? {
        let folders = folders(of: dataset)
        let names = PublishedDataset.fileNames.all
        for folder in folders {
            let files = try found(names.map { ($0, try IDXFolder(url: folder).find($0)) })
            if files?.files.count == names.count { return files }
        }
        return nil
    }

    private func files(inIDXFolder folder: URL) throws -> LocalFiles? {
        let names =
            PublishedDataset.fileNames.all + ["test-images-idx3-ubyte", "test-labels-idx1-ubyte"]
        return try found(
            names.map { ($0, try IDXFolder(url: folder).find($0)) }
                + [("classes.txt", classNames(in: folder))])
    }

    /// None where a link leads nowhere or a folder can't be listed: that is `load`'s to tell, as is
    /// what isn't there.
    private func files(inImageFolder folder: URL) throws -> LocalFiles? {
        guard try FileFacts.find(folder) != nil else { return nil }
        let root = folder.path
        let prefix = root.hasSuffix("/") ? root : root + "/"
        var files: [NamedFile] = []
        for entry in FileTree(root) {
            switch entry.found {
            case .failure: return nil
            case .file(let facts) where PictureName.isPicture(entry.name):
                let name = String(entry.path.utf8.dropFirst(prefix.utf8.count))!
                files.append((name, entry.path, facts))
            case .file, .other: continue
            }
        }
        // Parts are told apart and links followed, which both weren't before.
        return LocalFiles(form: "images 2\n", folder: root, files: files)
    }

    private func classNames(in folder: URL) -> URL { folder.appendingPathComponent("classes.txt") }

    /// Those that are there; nil if none is.
    private func found(_ files: [(name: String, url: URL?)]) throws -> LocalFiles? {
        let present = try files.compactMap { name, url -> NamedFile? in
            guard let url, let facts = try FileFacts.find(url) else { return nil }
            return (name, url.path, facts)
        }
        return present.isEmpty ? nil : LocalFiles(files: present)
    }
}
