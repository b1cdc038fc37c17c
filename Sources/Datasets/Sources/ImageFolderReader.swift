import DurableFiles
import Foundation

/// Reads the images of classes and keeps account of what was read, refused and ignored.
struct ImageFolderReader {
    let root: URL
    private var preparer: FolderPicturePreparer
    private let limits: DatasetLimits
    private(set) var problems: [String] = []
    private var ignored: [String] = []
    private var loose: [String] = []
    private var malformed: [String] = []
    /// A line for each image as `sha256sum` writes it: its digest names the whole set.
    private let manifest = SHA256()

    init(root: URL, pictures: FolderPictures, limits: DatasetLimits) {
        self.root = root
        self.limits = limits
        preparer = FolderPicturePreparer(pictures, limits: limits)
    }

    // MARK: - Folders

    /// The names of the visible folders in one, sorted by their UTF-8 bytes. What can't be seen is a
    /// problem: it may be a folder.
    ///
    /// - Throws: `FileError.unreadable` for the folder itself.
    mutating func folders(in folder: URL) throws -> [String] {
        guard try FileFacts.find(folder) != nil else {
            throw FileError.unreadable(path: folder.path, reason: "there is no such folder")
        }
        var names: [String] = []
        for name in try Folder.names(in: folder) where !name.hasPrefix(".") {
            let url = folder.appendingPathComponent(name)
            do {
                switch try FileFacts.find(url)?.kind {
                case .folder: names.append(name)
                case .file where PictureName.isPicture(name): loose.append(relativePath(url.path))
                case nil where name.contains("\u{FFFD}"):
                    problems.append("\(url.path): its name is not UTF-8; rename it")
                default: break
                }
            } catch { problems.append("\(url.path): \(FileError.reason(of: error))") }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The same without an account; none where they can't be seen, which reading tells.
    static func folderNames(in folder: URL) -> [String] {
        let names = (try? Folder.names(in: folder)) ?? []
        return names.filter {
            !$0.hasPrefix(".")
                && FileFacts(folder.appendingPathComponent($0).path, followsLinks: true)?.kind
                    == .folder
        }
    }

    // MARK: - Images

    /// The images of one part, class by class.
    mutating func read(_ part: URL, _ classNames: [String]) throws -> ImageSet {
        var pixels: [UInt8] = []
        var labels: [UInt8] = []
        for (label, name) in classNames.enumerated() {
            let folder = part.appendingPathComponent(name)
            // A part may lack a class, but a folder that is there holds images.
            guard try FileFacts.find(folder) != nil else { continue }
            let (files, isWhole) = imageFiles(in: folder)
            if files.isEmpty && isWhole {
                problems.append("\(folder.path): no images in this class")
            }
            for file in files {
                guard let image = image(file) else { continue }
                guard pixels.count + image.count <= limits.contentBytes else {
                    throw DatasetError.tooManyPixels(
                        path: part.path, size: preparer.size, limit: limits.contentBytes)
                }
                pixels += image
                labels.append(UInt8(label))
            }
        }
        return ImageSet(
            height: preparer.size.height, width: preparer.size.width,
            channels: preparer.channels, pixels: pixels, labels: labels, classNames: classNames)
    }

    private mutating func image(_ path: String) -> [UInt8]? {
        do {
            let picture = try ImageDecoder.decode(file: path, color: preparer.color)
            let pixels = try preparer.pixels(picture, path: relativePath(path))
            malformed += picture.warnings.map { "\(relativePath(path)): \($0)" }
            let digest = try SHA256.digest(ofFile: path).get().digest
            manifest.update(Array("\(digest)  \(relativePath(path))\n".utf8))
            return pixels
        } catch {
            problems.append("\(error)")
            return nil
        }
    }

    /// The images at any depth, sorted by path; other visible files are noted.
    ///
    /// - Returns: whether all of the folder could be seen, too.
    private mutating func imageFiles(in folder: URL) -> (paths: [String], isWhole: Bool) {
        var paths: [String] = []
        var isWhole = true
        for entry in FileTree(folder.path) {
            let isImage = PictureName.isPicture(entry.name)
            switch entry.found {
            case .file where isImage: paths.append(entry.path)
            case .file: ignored.append(relativePath(entry.path))
            case .other where isImage:
                problems.append("\(entry.path): can't be read: not a regular file")
            case .failure(let failure) where isImage || failure.mayBeFolder:
                problems.append("\(entry.path): \(failure.reason)")
                isWhole = false
            case .other, .failure: break
            }
        }
        return (paths, isWhole)
    }

    private func relativePath(_ path: String) -> String {
        let prefix = root.path + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
    }

    // MARK: - The account

    /// Ends the account: call it once, last.
    ///
    /// The same files in another form are another set.
    var manifestDigest: String {
        if preparer.color == .rgb { manifest.update(Array("rgb \(preparer.size)\n".utf8)) }
        return manifest.finalize()
    }

    /// - Throws: `DatasetError.pictureSizes`.
    func checkSizes() throws { try preparer.check(folder: root.path) }

    var notices: [SourceNotice] {
        [
            (loose, "pictures that lie beside the class folders were not read"),
            (ignored, "files that are not named as images were not read"),
            (malformed, "images were read although something is wrong with their files"),
        ].filter { !$0.0.isEmpty }.map { files, what in
            let few = files.sorted().prefix(5).joined(separator: ", ")
            let more = files.count > 5 ? " and \(files.count - 5) more" : ""
            return SourceNotice(source: root.path, reason: "\(what): \(few)\(more)")
        }
    }
}
