import DurableFiles
import Foundation
import Inference
import Orchestration

/// What there is to score, by the names and bytes of the files that scoring opens.
///
/// What can't be read is part of it with its reason: it is tried again each time, and the time when it
/// can be read makes another fingerprint.
struct InputFingerprint {
    let digest: String
    /// What was found, by the paths that rows have: beginning with the input as it was given.
    let inputs: [ScoringInput]
    /// The paths of those that couldn't be read now.
    let unread: Set<String>
    /// Entries whose names are neither pictures' nor IDX files', and hidden ones.
    let skipped: Int

    private static let form = "2"

    /// - Parameter input: a file or folder, as it was given.
    /// - Throws: `PipelineError.noInput` for nothing, `FileError.unreadable` for what can't be read as a
    ///   whole, `StoreError`.
    init(of input: String, _ store: RunStore) throws {
        let root = FilePath.absolute(input)
        try InputFingerprint.check(root, input)
        var walker = InputWalker([root])
        var found: [ScoringInput] = []
        while let input = walker.next() { found.append(input) }
        skipped = walker.skipped
        let outcomes = try InputFingerprint.digests(of: found, below: root, store)
        inputs = found.map { found in
            let name = String(decoding: found.path.utf8.dropFirst(root.utf8.count), as: UTF8.self)
            return found.named(
                input.hasSuffix("/") ? input + name.drop { $0 == "/" } : input + name)
        }
        var text = Text()
        var unread: Set<String> = []
        text.add("inputs \(InputFingerprint.form)\n\(input)\n")
        for (input, outcome) in zip(inputs, outcomes) {
            text.add(input.path)
            switch outcome {
            case .success(let digest): text.add("\0\(digest)\n")
            case .failure(let error):
                text.add("\0unread: \(FileError.reason(of: error))\n")
                unread.insert(input.path)
            }
        }
        digest = text.digest
        self.unread = unread
    }

    private static func digests(
        of inputs: [ScoringInput], below root: String, _ store: RunStore
    ) throws -> [Result<String, FileError>] {
        let files = inputs.compactMap { input in
            input.facts.map { FoundFile(path: input.path, facts: $0) }
        }
        var digests = try store.digests(of: files, below: root)[...]
        return inputs.map { input in
            if case .failure(let reason) = input.kind {
                return .failure(.unreadable(path: input.path, reason: reason))
            }
            guard input.facts != nil, let digest = digests.popFirst() else {
                return .failure(.unreadable(path: input.path, reason: "not a regular file"))
            }
            return digest
        }
    }

    /// Told before anything is built as well: a slip in a path must not cost a training, nor be told
    /// behind a deployment.
    static func check(_ input: String) throws { try check(FilePath.absolute(input), input) }

    private static func check(_ root: String, _ input: String) throws {
        let url = URL(fileURLWithPath: root)
        guard let facts = try FileFacts.find(url) else { throw PipelineError.noInput(path: input) }
        switch facts.kind {
        case .file: return
        // A folder that can't be listed holds nothing to score, which isn't a picture's fault.
        case .folder: _ = try Folder.names(in: url)
        default:
            throw FileError.unreadable(
                path: input, reason: "not a regular file nor a folder")
        }
    }

    /// Hashes text in pieces: many small ones cost more than what is in them.
    private struct Text {
        private let hasher = SHA256()
        private var piece: [UInt8] = []

        mutating func add(_ text: String) {
            piece += text.utf8
            if piece.count >= 1 << 16 { flush() }
        }

        var digest: String {
            mutating get {
                flush()
                return hasher.finalize()
            }
        }

        private mutating func flush() {
            hasher.update(piece)
            piece.removeAll(keepingCapacity: true)
        }
    }
}
