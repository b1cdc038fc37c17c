import Datasets
import DurableFiles
import Foundation

/// Something to score, found but not opened.
public struct ScoringInput: Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
        case picture
        case idx
        case csv
        case failure(reason: String)
    }

    /// Begins with the argument that led here.
    public let path: String
    public let kind: Kind
    /// Of the file when it was found; nil for a failure.
    package let facts: FileFacts?

    init(_ path: String, _ kind: Kind, _ facts: FileFacts? = nil) {
        self.path = path
        self.kind = kind
        self.facts = facts
    }

    /// The same by another path that leads there.
    public func named(_ path: String) -> ScoringInput { ScoringInput(path, kind, facts) }
}

/// Walks files and folders, one input at a time, so that memory doesn't grow with their number
/// (a folder's names are held while it is walked).
///
/// `FileTree` says what links mean and in which order inputs come. What leads nowhere or can't be
/// listed is a failure. Hidden entries and names that are neither pictures nor IDX files are skipped
/// and counted.
public struct InputWalker: Sequence, IteratorProtocol {
    private var arguments: ArraySlice<String>
    private var tree: FileTree?
    private var folder = ""
    private var foundInFolder = 0
    private var skippedNames = 0
    private var skippedHidden = 0

    public init(_ paths: [String]) { arguments = paths[...] }

    /// Entries that were passed so far, because of their names.
    public var skipped: Int { skippedNames + skippedHidden + (tree?.hiddenCount ?? 0) }

    public mutating func next() -> ScoringInput? {
        while true {
            if let input = nextInFolder() { return input }
            guard let argument = arguments.popFirst() else { return nil }
            if let input = start(argument) { return input }
        }
    }

    // MARK: - Arguments

    /// A named file is taken whatever its extension: its content tells what it is.
    private mutating func start(_ path: String) -> ScoringInput? {
        var tree = FileTree(path)
        if tree.rootKind == .folder {
            (self.tree, folder, foundInFolder) = (tree, path, 0)
            return nil
        }
        switch tree.next()?.found {
        case .file(let facts):
            return ScoringInput(path, Self.named(path), facts)
        // What it is, the decoder tells.
        case .other, nil: return ScoringInput(path, .picture)
        case .failure(let failure):
            return ScoringInput(path, .failure(reason: failure.reason))
        }
    }

    /// CSV is told by its name, since any text may be CSV; IDX by its magic number, or gzip's, in which
    /// no pictures come.
    private static func named(_ path: String) -> ScoringInput.Kind {
        let name = path.lowercased()
        if [".csv", ".tsv", ".csv.gz", ".tsv.gz"].contains(where: name.hasSuffix) {
            return .csv
        }
        // What can't be read here is told by the decoder, which reads it again.
        let bytes = (try? FileReader(path).read(3)) ?? []
        return bytes.starts(with: [0, 0, 8]) || bytes.starts(with: [0x1F, 0x8B])
            ? .idx : .picture
    }

    // MARK: - Folders

    /// The next input of the folder that is walked; at its end nil, or that it had none.
    private mutating func nextInFolder() -> ScoringInput? {
        guard tree != nil else { return nil }
        while let entry = tree!.next() {
            if let input = take(entry) {
                foundInFolder += 1
                return input
            }
            skippedNames += 1
        }
        skippedHidden += tree!.hiddenCount
        tree = nil
        return foundInFolder == 0
            ? ScoringInput(folder, .failure(reason: "no images in this folder")) : nil
    }

    /// - Returns: nil for what is skipped.
    private func take(_ entry: FileTree.Entry) -> ScoringInput? {
        let kind = InputKind(fileName: entry.name)
        switch entry.found {
        case .failure(let failure):
            guard kind != nil || failure.mayBeFolder else { return nil }
            return ScoringInput(entry.path, .failure(reason: failure.reason))
        case .other:
            guard kind != nil else { return nil }
            return ScoringInput(entry.path, .failure(reason: "not a regular file"))
        case .file(let facts):
            return kind.map { ScoringInput(entry.path, $0 == .idx ? .idx : .picture, facts) }
        }
    }
}

/// What an extension promises.
enum InputKind {
    case picture
    case idx

    /// Nil for what is neither: text, label files, archives.
    init?(fileName: String) {
        if PictureName.isPicture(fileName) {
            self = .picture
            return
        }
        var name = fileName.lowercased()
        if name.hasSuffix(".gz") { name.removeLast(3) }
        guard ["idx3-ubyte", ".idx", ".idx3"].contains(where: name.hasSuffix) else { return nil }
        self = .idx
    }
}
