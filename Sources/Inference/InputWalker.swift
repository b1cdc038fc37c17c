import Datasets
import DurableFiles
import Foundation
import Glibc

/// Something to score, found but not opened.
enum ScoringInput: Equatable {
    case picture(path: String)
    case idx(path: String)
    case failure(path: String, reason: String)
}

/// Walks files and folders, one input at a time, so that memory doesn't grow with their number
/// (a folder's names are held while it is walked).
///
/// A folder's entries come sorted by path in bytes, subfolders among them. Links are followed; a
/// folder is entered once for each argument, so that a loop of links ends. Hidden entries and
/// names that are neither pictures nor IDX files are skipped and counted.
struct InputWalker: IteratorProtocol {
    private(set) var skipped = 0
    private var arguments: ArraySlice<String>
    private var folders: [Folder] = []
    private var visited: Set<FileIdentity> = []
    private var openArgument: (path: String, found: Int)?

    init(_ paths: [String]) { arguments = paths[...] }

    mutating func next() -> ScoringInput? {
        while true {
            if let input = nextInFolders() {
                openArgument?.found += 1
                return input
            }
            if let (path, found) = openArgument {
                openArgument = nil
                if found == 0 { return .failure(path: path, reason: "no images in this folder") }
            }
            guard let argument = arguments.popFirst() else { return nil }
            if let input = start(argument) { return input }
        }
    }

    // MARK: - Arguments

    /// A named file is taken whatever its extension: its content tells what it is.
    private mutating func start(_ path: String) -> ScoringInput? {
        switch FileStatus(path) {
        case .failure(let reason): return .failure(path: path, reason: reason)
        case .file: return Self.startsAsIDX(path) ? .idx(path: path) : .picture(path: path)
        case .other: return .picture(path: path)
        case .folder(let identity):
            visited = [identity]
            openArgument = (path, 0)
            return enter(path)
        }
    }

    /// IDX's magic number, or gzip's, in which only IDX files come.
    private static func startsAsIDX(_ path: String) -> Bool {
        // What can't be read here is told by the decoder, which reads it again.
        guard let bytes = try? FileReader(URL(fileURLWithPath: path)).read(3) else { return false }
        return bytes.starts(with: [0, 0, 8]) || bytes.starts(with: [0x1F, 0x8B])
    }

    // MARK: - Folders

    private struct Folder {
        /// Last first.
        var entries: [Entry]
    }

    private struct Entry {
        let path: String
        let status: FileStatus

        /// A folder sorts as its contents' paths do.
        var sortKey: String {
            if case .folder = status { return path + "/" }
            return path
        }
    }

    private mutating func nextInFolders() -> ScoringInput? {
        while !folders.isEmpty {
            guard let entry = folders[folders.count - 1].entries.popLast() else {
                folders.removeLast()
                continue
            }
            if let input = take(entry) { return input }
        }
        return nil
    }

    private mutating func take(_ entry: Entry) -> ScoringInput? {
        let name = entry.path.split(separator: "/").last.map(String.init) ?? entry.path
        if case .folder(let identity) = entry.status, !name.hasPrefix(".") {
            guard visited.insert(identity).inserted else {
                skipped += 1
                return nil
            }
            return enter(entry.path)
        }
        guard let kind = InputKind(fileName: name) else {
            skipped += 1
            return nil
        }
        if case .failure(let reason) = entry.status {
            return .failure(path: entry.path, reason: reason)
        }
        if case .other = entry.status {
            return .failure(path: entry.path, reason: "not a regular file")
        }
        return kind == .idx ? .idx(path: entry.path) : .picture(path: entry.path)
    }

    /// Lists a folder; its failure is a row like that of any other input.
    private mutating func enter(_ path: String) -> ScoringInput? {
        let names: [String]
        do { names = try DurableFiles.Folder.names(in: URL(fileURLWithPath: path)) } catch {
            return .failure(
                path: path, reason: "can't be listed: \(FileError.reason(of: error))")
        }
        let base = path.hasSuffix("/") ? path : path + "/"
        let entries = names.map { Entry(path: base + $0, status: FileStatus(base + $0)) }
        let keyed = entries.map { (key: $0.sortKey, entry: $0) }
        let sorted = keyed.sorted { $1.key.utf8.lexicographicallyPrecedes($0.key.utf8) }
        folders.append(Folder(entries: sorted.map(\.entry)))
        return nil
    }
}

/// What an extension promises.
enum InputKind {
    case picture
    case idx

    static let pictureExtensions: Set<String> = [
        "png", "jpg", "jpeg", "jpe", "jfif", "bmp", "dib", "pgm", "ppm", "pbm", "pnm",
    ]

    /// Nil for hidden names and for what is neither: text, label files, archives.
    init?(fileName: String) {
        var name = fileName.lowercased()
        guard !name.hasPrefix(".") else { return nil }
        if name.hasSuffix(".gz") { name.removeLast(3) }
        if ["idx3-ubyte", ".idx", ".idx3"].contains(where: name.hasSuffix) {
            self = .idx
        } else if let dot = fileName.lastIndex(of: "."),
            Self.pictureExtensions.contains(fileName[dot...].dropFirst().lowercased())
        {
            self = .picture
        } else {
            return nil
        }
    }
}

/// A file's device and number, by which two ways to one folder are told.
struct FileIdentity: Hashable {
    let device: UInt
    let number: UInt
}

/// What a path leads to, links followed.
enum FileStatus {
    case file
    case folder(FileIdentity)
    /// A pipe, a socket, a device.
    case other
    case failure(String)

    init(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let reason = String(cString: strerror(errno))
            // Foundation puts U+FFFD for bytes that are not UTF-8, which then leads nowhere.
            self = .failure(
                path.unicodeScalars.contains("\u{FFFD}")
                    ? "the name is not valid UTF-8; rename the file" : reason)
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR:
            self = .folder(FileIdentity(device: UInt(status.st_dev), number: UInt(status.st_ino)))
        default: self = .other
        }
    }
}
