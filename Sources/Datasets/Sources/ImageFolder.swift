import DurableFiles
import Foundation

/// Reads images from one folder a class; the folders' names, sorted, are the class names.
///
/// A folder that holds nothing but parts (`ImageParts`) is taken as these, each with one folder a class.
/// Images lie at any depth under their class; links are followed (`FileTree`). Each image is brought
/// into MNIST's form, 28×28, or is taken in its colours.
struct ImageFolder {
    let url: URL
    let pictures: FolderPictures
    let limits: DatasetLimits

    /// - Throws: `DatasetError.imageFolder`, `.unreadableImages` with every image that failed,
    ///   `.pictureSizes`.
    func load() throws -> Dataset {
        var reader = ImageFolderReader(root: url, pictures: pictures, limits: limits)
        let top = try reader.folders(in: url)
        let parts = try ImageParts(top, in: url.path)
        let trainRoot = parts.map { url.appendingPathComponent($0.train) } ?? url
        let classNames = try parts == nil ? top : reader.folders(in: trainRoot)
        try check(classNames, in: trainRoot, &reader, parts)
        let train = try reader.read(trainRoot, classNames)
        let validation = try read(parts?.validation, classNames, &reader, parts)
        let test = try read(parts?.test, classNames, &reader, parts)
        guard reader.problems.isEmpty else {
            throw DatasetError.unreadableImages(path: url.path, problems: reader.problems)
        }
        try reader.checkSizes()
        return Dataset(
            name: DatasetSource.images(url).name, source: url.path, train: train,
            validation: validation, test: test,
            digests: [url.lastPathComponent: reader.manifestDigest],
            notices: reader.notices + notices(parts))
    }

    /// A part beside that for training, if there is one.
    private func read(
        _ part: String?, _ classNames: [String], _ reader: inout ImageFolderReader,
        _ parts: ImageParts?
    ) throws -> ImageSet? {
        guard let part, let parts else { return nil }
        let root = url.appendingPathComponent(part)
        let names = try reader.folders(in: root)
        guard !names.isEmpty else { throw parts.withoutClasses(part, in: url.path) }
        try ImageParts.checkNone(in: names, of: root.path, within: "a part")
        // It may lack a class but not have one of its own.
        let unknown = names.filter { !classNames.contains($0) }
        guard unknown.isEmpty else {
            throw DatasetError.imageFolder(
                path: root.path,
                reason: "classes that \(parts.train) hasn't got: \(unknown.joined(separator: ", "))"
            )
        }
        return try reader.read(root, classNames)
    }

    private func check(
        _ classNames: [String], in root: URL, _ reader: inout ImageFolderReader,
        _ parts: ImageParts?
    ) throws {
        if let parts {
            guard !classNames.isEmpty else {
                throw parts.withoutClasses(parts.train, in: url.path)
            }
            try ImageParts.checkNone(in: classNames, of: root.path, within: "a part")
        }
        guard (2...256).contains(classNames.count) else {
            throw DatasetError.imageFolder(
                path: root.path,
                reason: "\(classNames.count) folders, which is not 2 to 256 classes")
        }
        for name in classNames {
            let folder = root.appendingPathComponent(name)
            try ImageParts.checkNone(
                in: ImageFolderReader.folderNames(in: folder), of: folder.path, within: "a class",
                few: 2)
        }
    }

    private func notices(_ parts: ImageParts?) -> [SourceNotice] {
        guard let validation = parts?.validation else { return [] }
        return [
            SourceNotice(
                source: url.path,
                reason: "\(validation) is the validation set; none is split off from the training "
                    + "images")
        ]
    }
}
