import Foundation

/// An object below `models/` that belongs to no model.
struct DoubtfulObject: Equatable {
    let key: String
    let reason: String
    /// Whether it was whole once, so that somebody changed it; else a crash can have left it.
    let isDamaged: Bool
}

/// What lies below `models/`, sorted into models and what belongs to none.
struct ModelObjects {
    private(set) var entries: [String: ModelEntry] = [:]
    private(set) var restored: [ModelEntry] = []
    private(set) var doubtful: [DoubtfulObject] = []

    init(_ store: any ModelStore, _ log: AuditLog) throws {
        let sizes = try store.list(prefix: ModelEntry.folder)
        for key in sizes.keys.sorted() {
            guard let digest = ModelEntry.digest(ofEntryKey: key), let data = try store.get(key)
            else { continue }
            read(data, key, digest)
        }
        let known = Set(entries.values.flatMap { [$0.key, $0.contentKey] } + doubtful.map(\.key))
        for key in sizes.keys.sorted() where !known.contains(key) {
            sort(key, sizes[key]!, log)
        }
    }

    private mutating func read(_ data: Data, _ key: String, _ digest: String) {
        do {
            let entry = try RegistryJSON.decode(ModelEntry.self, data, key: key)
            guard entry.digest == digest else {
                throw RegistryError.malformed(key: key, reason: "it is of \(entry.digest)")
            }
            guard ModelEntry.isPlainName(entry.fileName) else {
                throw RegistryError.malformed(
                    key: key, reason: "\(entry.fileName) is no file's name")
            }
            entries[digest] = entry
        } catch {
            doubtful.append(DoubtfulObject(key: key, reason: "\(error)", isDamaged: true))
        }
    }

    /// Content without an entry is a model that the record names, or else what a crash left.
    private mutating func sort(_ key: String, _ byteCount: Int, _ log: AuditLog) {
        let parts = key.dropFirst(ModelEntry.folder.count).split(separator: "/").map(String.init)
        let digest = parts[0]
        guard parts.count == 2, digest.isDigest, entries[digest] == nil,
            let decision = log.firstStored(digest)
        else {
            doubtful.append(
                DoubtfulObject(
                    key: key, reason: "no model's entry names it, nor the record",
                    isDamaged: false))
            return
        }
        let entry = ModelEntry(
            digest: digest, fileName: parts[1], byteCount: decision.byteCount ?? byteCount,
            addedAt: decision.addedAt ?? decision.time)
        entries[digest] = entry
        restored.append(entry)
    }
}

extension AuditLog {
    /// The first decision on a model that was stored; the first with the entry's own fields, if any.
    func firstStored(_ digest: String) -> Decision? {
        let all = decisions.filter { $0.modelDigest == digest && $0.outcome != .failed }
        return all.first { $0.addedAt != nil } ?? all.first
    }
}
