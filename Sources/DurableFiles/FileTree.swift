import Glibc

/// A file, or a folder with all that lies below it: the one way in which folders are walked.
///
/// What links mean, everywhere:
///
/// - In what a user names (`--input`, data sets, `predict`), links to files and to folders are
///   **followed**. What is behind one lies, for us, where the link is: its content is what is read,
///   scored and part of fingerprints, and a file that is reached in two ways is there twice. A link
///   that leads nowhere and one that leads back to a folder above it are failures, which the caller
///   tells.
/// - In the home folder's own folders, links are **kept**: an entry that is a link is neither entered
///   nor read here, and removing it removes the link alone. The folder that a walk begins at may itself
///   be behind a link, so that a home, or a folder of it, can lie on another disk.
///
/// Entries come in the order of their paths' bytes, each after one `stat`. Nothing is opened but
/// folders, so that pipes and devices are never waited for. Only the names of the folders above the
/// present entry are held.
package struct FileTree: Sequence, IteratorProtocol {
    package enum Links: Sendable { case followed, kept }

    package struct Entry: Sendable {
        /// Begins with the path that was walked.
        package let path: String
        /// The last part of it.
        package let name: String
        package let found: Found
    }

    package enum Found: Sendable {
        case file(FileFacts)
        /// A pipe, a socket, a device; a link, where those are kept.
        case other(FileFacts)
        case failure(Failure)
    }

    /// Why an entry can't be had.
    package struct Failure: Sendable {
        package let reason: String
        /// Whether a folder, with whatever is in it, may have been meant.
        package let mayBeFolder: Bool
        /// Nothing is there: it was removed while the folder was walked, or never was.
        package let isMissing: Bool
    }

    /// What the walk began at; nil where nothing is, or where it can't be seen.
    package let rootKind: FileFacts.Kind?
    /// Hidden entries that were passed so far.
    public private(set) var hiddenCount = 0
    private let links: Links
    private let givesHidden: Bool
    private var first: Entry?
    private var levels: [Level] = []

    /// - Parameters:
    ///   - path: of a file or a folder; a link here is followed in either case.
    ///   - givesHidden: entries whose names begin with a dot as well, which else are only counted.
    package init(_ path: String, links: Links = .followed, givesHidden: Bool? = nil) {
        self.links = links
        self.givesHidden = givesHidden ?? (links == .kept)
        let facts = FileFacts(path, followsLinks: true)
        rootKind = facts?.kind
        let name = path.split(separator: "/").last.map(String.init) ?? path
        switch facts?.kind {
        case .folder: first = enter(path, name, facts!)
        case .file: first = Entry(path: path, name: name, found: .file(facts!))
        case .some: first = Entry(path: path, name: name, found: .other(facts!))
        case nil:
            let seen = FolderListing.Unseen(code: errno, type: DT_UNKNOWN_TYPE)
            first = Entry(path: path, name: name, found: .failure(failure(seen, path)))
        }
    }

    package mutating func next() -> Entry? {
        if let entry = first {
            first = nil
            return entry
        }
        while let level = levels.last {
            guard let item = level.listing.next() else {
                levels.removeLast()
                continue
            }
            if let entry = take(item, below: level.base) { return entry }
        }
        return nil
    }

    // MARK: - Folders

    private struct Level {
        let listing: FolderListing
        /// The folder's path, with a slash.
        let base: String
        let facts: FileFacts
    }

    /// Lists a folder; what keeps it from being listed is an entry like any other.
    private mutating func enter(_ path: String, _ name: String, _ facts: FileFacts) -> Entry? {
        let base = path.hasSuffix("/") ? path : path + "/"
        if let above = levels.first(where: { $0.facts.isSameFile(as: facts) }) {
            return Entry(
                path: path, name: name,
                found: .failure(
                    Failure(
                        reason: "link back to \(above.base), a folder above it; not followed",
                        mayBeFolder: true, isMissing: false)))
        }
        do {
            let listing = try FolderListing(path, followsLinks: links == .followed)
            levels.append(Level(listing: listing, base: base, facts: facts))
            return nil
        } catch {
            return Entry(
                path: path, name: name,
                found: .failure(
                    Failure(
                        reason: "can't be listed: \(FileError.reason(of: error))",
                        mayBeFolder: true, isMissing: false)))
        }
    }

    /// - Returns: nil for a folder, which is entered, and for what is hidden.
    private mutating func take(_ item: FolderListing.Item, below base: String) -> Entry? {
        if item.isHidden && !givesHidden {
            hiddenCount += 1
            return nil
        }
        let path = base + item.name
        guard item.isUTF8 else {
            return Entry(path: path, name: item.name, found: .failure(Self.notUTF8(item)))
        }
        switch item.seen {
        case .unseen(let unseen):
            return Entry(
                path: path, name: item.name, found: .failure(failure(unseen, path)))
        case .facts(let facts) where facts.kind == .folder: return enter(path, item.name, facts)
        case .facts(let facts):
            return Entry(
                path: path, name: item.name,
                found: facts.kind == .file ? .file(facts) : .other(facts))
        }
    }

    // MARK: - Failures

    /// A path is text here: with U+FFFD for bytes that are none it leads nowhere.
    private static func notUTF8(_ item: FolderListing.Item) -> Failure {
        var mayBeFolder = true
        if case .facts(let facts) = item.seen { mayBeFolder = facts.kind == .folder }
        return Failure(
            reason: "the name is not valid UTF-8; rename the file", mayBeFolder: mayBeFolder,
            isMissing: false)
    }

    private func failure(_ unseen: FolderListing.Unseen, _ path: String) -> Failure {
        let broken = BrokenLink(path, after: unseen.code)
        return Failure(
            reason: broken?.reason ?? String(cString: strerror(unseen.code)),
            mayBeFolder: broken != nil || unseen.mayBeFolder,
            isMissing: unseen.code == ENOENT && broken == nil)
    }
}
