import DurableFiles
import Foundation

extension ModelRegistry {
    /// A model that is to be deployed.
    struct Candidate {
        var digest: String
        var fileName: String
        /// Reads the content again from the store, or hands over what was read from the file.
        var content: () throws -> Data
    }

    /// - Throws: `RegistryError`, `FileError`.
    func candidate(_ source: ModelSource) throws -> Candidate {
        switch source {
        case .file(let url):
            // Read once: what is hashed is what is stored, even if the file changes meanwhile.
            return try candidate(.content(RegularFile.read(url), fileName: url.lastPathComponent))
        case .content(let data, let fileName):
            guard ModelEntry.isPlainName(fileName) else {
                throw RegistryError.fileName(
                    name: fileName,
                    expected: "at most 200 bytes without control characters, no dot in front")
            }
            _ = try soundState()
            return Candidate(
                digest: SHA256.hexDigest(of: data), fileName: fileName, content: { data })
        case .stored(let reference):
            let model = try resolve(reference)
            return Candidate(
                digest: model.digest, fileName: model.fileName,
                content: { try self.model(model.digest).data })
        }
    }

    /// Makes sure that the store has the candidate, content first: an entry names nothing missing.
    func keep(_ candidate: Candidate, _ data: Data) throws -> Kept {
        let state = try soundState()
        try begin(state)
        let known = state.entries[candidate.digest]
        let entry =
            known
            ?? ModelEntry(
                digest: candidate.digest, fileName: candidate.fileName, byteCount: data.count,
                addedAt: RegistryJSON.rounded(now()))
        var kept = Kept(
            isAdded: known == nil,
            notices: try state.repair(store, except: entry.contentKey))
        do {
            kept.isContentAdded = try !store.exists(entry.contentKey)
            if kept.isContentAdded {
                try store.put(data, at: entry.contentKey, condition: .ifAbsent)
            }
            // From the disk's side, whether it was there before or not.
            _ = try read(entry)
            if kept.isAdded {
                try store.put(RegistryJSON.encode(entry), at: entry.key, condition: .ifAbsent)
            }
        } catch {
            takeBack(entry, kept)
            throw error
        }
        return kept
    }

    /// What came of keeping a candidate.
    struct Kept {
        /// Whether the store didn't have the model.
        var isAdded: Bool
        var isContentAdded = false
        var notices: [RegistryNotice]
    }

    /// After an addition that failed. What can't be taken back harms nothing: a whole model that nobody
    /// decided on, or content that the next deployment sets aside.
    private func takeBack(_ entry: ModelEntry, _ kept: Kept) {
        guard kept.isAdded, (try? store.delete(entry.key)) != nil, kept.isContentAdded else {
            return
        }
        try? store.delete(entry.contentKey)
    }

    /// Before the first model comes: so that models without a record tell that it was removed.
    private func begin(_ state: RegistryState) throws {
        guard state.pointer == nil, state.log.lineDigests.isEmpty else { return }
        try store.put(
            RegistryJSON.encode(DeployedPointer.none), at: DeployedPointer.key, condition: .always)
    }

    func storedFile(_ digest: String) throws -> URL {
        guard let entry = try soundState().entries[digest] else {
            throw missing(digest)
        }
        return try store.localFile(entry.contentKey)
    }
}
