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
    /// The paths, as rows have them, of what couldn't be read now.
    let unread: Set<String>

    private static let form = "2"

    /// - Parameter input: a file or folder, as it was given.
    /// - Throws: `PipelineError.noInput` for nothing, `FileError.unreadable` for what can't be read as a
    ///   whole, `StoreError`.
    init(of input: String, _ store: RunStore) throws {
        let root = FilePath.absolute(input)
        try InputFingerprint.check(root, input)
        let inputs = Array(InputWalker([root]))
        let files = inputs.compactMap { input in
            input.facts.map { FoundFile(path: input.path, facts: $0) }
        }
        var digests = try store.digests(of: files, below: root)[...]
        var text = Text()
        var unread: Set<String> = []
        text.add("inputs \(InputFingerprint.form)\n\(input)\n")
        for found in inputs {
            // A row's path begins with the input as it was given.
            let name = String(found.path.utf8.dropFirst(root.utf8.count))!
            let outcome: Result<String, FileError> =
                if case .failure(let reason) = found.kind {
                    .failure(.unreadable(path: found.path, reason: reason))
                } else { digests.popFirst()! }
            text.add(name)
            switch outcome {
            case .success(let digest): text.add("\0\(digest)\n")
            case .failure(let error):
                text.add("\0unread: \(FileError.reason(of: error))\n")
                unread.insert(InputFingerprint.rowPath(input, name))
            }
        }
        digest = text.digest
        self.unread = unread
    }

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

    private static func rowPath(_ input: String, _ name: String) -> String {
        input.hasSuffix("/") ? input + name.drop { $0 == "/" } : input + name
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
