import DurableFiles
import Foundation

/// Reads images from one folder a class; the folders' names, sorted, are the class names.
///
/// A folder that holds nothing but `train` and perhaps `test` is taken as the two parts, each with
/// one folder a class. Images lie at any depth under their class. Each is brought into MNIST's
/// form, 28×28.
struct ImageFolder {
    let url: URL
    let normalizer: DigitNormalizer

    static let suffixes: Set<String> = ["png", "jpg", "jpeg", "bmp", "pgm", "ppm", "pnm", "pbm"]

    /// - Throws: `DatasetError.imageFolder`, `.unreadableImages` with every image that failed.
    func load() throws -> Dataset {
        let top = try Self.folders(in: url)
        let isSplit = top.contains("train") && top.allSatisfy { ["train", "test"].contains($0) }
        let trainRoot = isSplit ? url.appendingPathComponent("train") : url
        let classNames = try Self.classNames(in: trainRoot)
        var reader = Reader(root: url, normalizer: normalizer)
        let train = try reader.read(trainRoot, classNames)
        var test: ImageSet?
        if isSplit && top.contains("test") {
            let root = url.appendingPathComponent("test")
            try Self.checkTestClasses(in: root, classNames)
            test = try reader.read(root, classNames)
        }
        guard reader.problems.isEmpty else {
            throw DatasetError.unreadableImages(path: url.path, problems: reader.problems)
        }
        return Dataset(
            name: DatasetSource.images(url).name, source: url.path, train: train, test: test,
            digests: [url.lastPathComponent: reader.manifestDigest], notices: reader.notices)
    }

    private static func classNames(in root: URL) throws -> [String] {
        let names = try folders(in: root)
        guard (2...256).contains(names.count) else {
            throw DatasetError.imageFolder(
                path: root.path, reason: "\(names.count) folders, which is not 2 to 256 classes")
        }
        return names
    }

    /// A test part may lack a class but not have one of its own.
    private static func checkTestClasses(in root: URL, _ classNames: [String]) throws {
        let names = try folders(in: root)
        guard !names.isEmpty else {
            throw DatasetError.imageFolder(path: root.path, reason: "no folders")
        }
        let unknown = names.filter { !classNames.contains($0) }
        guard unknown.isEmpty else {
            throw DatasetError.imageFolder(
                path: root.path,
                reason: "classes that train hasn't got: \(unknown.joined(separator: ", "))")
        }
    }

    /// The names of the visible folders in one, sorted by their UTF-8 bytes.
    private static func folders(in root: URL) throws -> [String] {
        guard try FileFacts.find(root) != nil else {
            throw FileError.unreadable(path: root.path, reason: "there is no such folder")
        }
        return try Folder.names(in: root).filter { name in
            try !name.hasPrefix(".")
                && FileFacts.find(root.appendingPathComponent(name))?.kind == .folder
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Reads classes and keeps account of what was read, refused and ignored.
    private struct Reader {
        let root: URL
        let normalizer: DigitNormalizer
        private(set) var problems: [String] = []
        private var ignored: [String] = []
        /// A line for each image as `sha256sum` writes it: its digest names the whole set.
        private let manifest = SHA256()

        init(root: URL, normalizer: DigitNormalizer) {
            self.root = root
            self.normalizer = normalizer
        }

        mutating func read(_ part: URL, _ classNames: [String]) throws -> ImageSet {
            var pixels: [UInt8] = []
            var labels: [UInt8] = []
            for (label, name) in classNames.enumerated() {
                let folder = part.appendingPathComponent(name)
                let files = try imageFiles(in: folder)
                // A test part may lack a class, but a folder that is there holds images.
                if try files.isEmpty && FileFacts.find(folder) != nil {
                    problems.append("\(folder.path): no images in this class")
                }
                for file in files {
                    guard let image = image(file) else { continue }
                    pixels += image
                    labels.append(UInt8(label))
                }
            }
            return ImageSet(
                height: DigitNormalizer.side, width: DigitNormalizer.side, pixels: pixels,
                labels: labels, classNames: classNames)
        }

        private mutating func image(_ file: URL) -> [UInt8]? {
            do {
                let picture = try ImageDecoder.decode(file: file.path)
                let pixels = try normalizer.normalize(picture)
                let line = "\(try SHA256.hexDigest(ofFile: file))  \(relativePath(file))\n"
                manifest.update(Array(line.utf8))
                return pixels
            } catch {
                problems.append("\(error)")
                return nil
            }
        }

        /// The images at any depth, sorted by path; other visible files are noted. Links aren't
        /// followed.
        private mutating func imageFiles(in folder: URL) throws -> [URL] {
            var files: [URL] = []
            try collect(in: folder, &files)
            return files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        }

        private mutating func collect(in folder: URL, _ files: inout [URL]) throws {
            for name in try Folder.names(in: folder) where !name.hasPrefix(".") {
                let url = folder.appendingPathComponent(name)
                let isImage = ImageFolder.suffixes.contains(url.pathExtension.lowercased())
                switch FileFacts(url.path)?.kind {
                case .folder: try collect(in: url, &files)
                case .file where isImage: files.append(url)
                case .file: ignored.append(relativePath(url))
                case .pipe where isImage, .socket where isImage, .device where isImage:
                    problems.append("\(url.path): can't be read: not a regular file")
                default: break
                }
            }
        }

        private func relativePath(_ file: URL) -> String {
            let prefix = root.path + "/"
            return file.path.hasPrefix(prefix)
                ? String(file.path.dropFirst(prefix.count)) : file.path
        }

        /// Ends the account: call it once, last.
        var manifestDigest: String { manifest.finalize() }

        var notices: [SourceNotice] {
            guard !ignored.isEmpty else { return [] }
            let few = ignored.sorted().prefix(5).joined(separator: ", ")
            let more = ignored.count > 5 ? " and \(ignored.count - 5) more" : ""
            return [
                SourceNotice(
                    source: root.path,
                    reason: "files that are not named as images were not read: \(few)\(more)")
            ]
        }
    }
}
