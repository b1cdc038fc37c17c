import Foundation

/// What opening a registry mended after a crash.
public enum RegistryNotice: Sendable, Equatable, CustomStringConvertible {
    /// The last line of the record was never finished; it was moved to an object of its own.
    case partialLineRemoved(byteCount: Int, keptAs: String)
    /// The pointer was older than the record.
    case pointerRenewed(deployed: String?)
    /// A copy whose addition never finished.
    case unfinishedCopyRemoved(key: String)

    public var description: String {
        switch self {
        case .partialLineRemoved(let byteCount, let keptAs):
            "the record of decisions ended in \(byteCount) bytes of an unfinished line; "
                + "they were moved to \(keptAs), every finished line is in place"
        case .pointerRenewed(let deployed):
            "the pointer to the deployed model was older than the record and was renewed: "
                + (deployed ?? "nothing is deployed")
        case .unfinishedCopyRemoved(let key):
            "\(key): a copy that was never finished was removed"
        }
    }
}

/// What is in a store at one moment, read under its lock.
struct RegistryState {
    let log: AuditLog
    let pointer: DeployedPointer?
    let problems: [AuditProblem]
    /// By digest.
    let entries: [String: ModelEntry]
    /// Models' files that no entry names.
    let orphans: [String]

    init(reading store: any ModelStore) throws {
        log = AuditLog(parsing: try store.get(AuditLog.key) ?? Data())
        var problems = log.problems
        pointer = try Self.readPointer(store, log, &problems)
        entries = try Self.readEntries(store, &problems)
        let known = Set(entries.values.flatMap { [$0.key, $0.contentKey] })
        orphans = try store.list(prefix: ModelEntry.folder).keys.sorted()
            .filter { !known.contains($0) }
        self.problems = problems
    }

    private static func readPointer(
        _ store: any ModelStore, _ log: AuditLog, _ problems: inout [AuditProblem]
    ) throws -> DeployedPointer? {
        guard let data = try store.get(DeployedPointer.key) else {
            // A crash while the very first decision is recorded leaves one line and no pointer.
            if log.lineDigests.count > 1 {
                problems.append(
                    AuditProblem(line: nil, what: "\(DeployedPointer.key) is missing"))
            }
            return nil
        }
        do {
            let pointer = try RegistryJSON.decode(
                DeployedPointer.self, data, key: DeployedPointer.key)
            problems += pointer.problems(with: log)
            return pointer
        } catch let error as RegistryError {
            problems.append(AuditProblem(line: nil, what: error.description))
            return nil
        }
    }

    private static func readEntries(
        _ store: any ModelStore, _ problems: inout [AuditProblem]
    ) throws -> [String: ModelEntry] {
        var entries = [String: ModelEntry]()
        for key in try store.list(prefix: ModelEntry.folder).keys.sorted() {
            guard let digest = ModelEntry.digest(ofEntryKey: key), let data = try store.get(key)
            else { continue }
            do {
                let entry = try RegistryJSON.decode(ModelEntry.self, data, key: key)
                guard entry.digest == digest else {
                    throw RegistryError.malformed(key: key, reason: "it is of \(entry.digest)")
                }
                entries[digest] = entry
            } catch let error as RegistryError {
                problems.append(AuditProblem(line: nil, what: error.description))
            }
        }
        return entries
    }

    /// - Throws: `RegistryError.auditDamaged`: nothing may be built on a record that was changed.
    func requireSound(_ store: any ModelStore) throws {
        guard problems.isEmpty else {
            throw RegistryError.auditDamaged(location: store.location, problems: problems)
        }
    }

    // MARK: - Repair

    private var pointerIsBehind: Bool {
        !log.lineDigests.isEmpty && pointer != DeployedPointer(log)
    }

    /// Whether a crash left something that `repair` mends.
    var needsRepair: Bool {
        problems.isEmpty && (!log.partialLine.isEmpty || pointerIsBehind || !orphans.isEmpty)
    }

    /// Mends what a crash can leave; call it under the exclusive lock.
    func repair(_ store: any ModelStore) throws -> [RegistryNotice] {
        guard needsRepair else { return [] }
        var notices = [RegistryNotice]()
        if !log.partialLine.isEmpty {
            let key = try keepPartialLine(store)
            let whole = try store.get(AuditLog.key) ?? Data()
            try store.put(Data(whole.prefix(log.byteCount)), at: AuditLog.key, condition: .always)
            notices.append(
                .partialLineRemoved(byteCount: log.partialLine.count, keptAs: key))
        }
        if pointerIsBehind {
            let pointer = DeployedPointer(log)
            try store.put(
                RegistryJSON.encode(pointer), at: DeployedPointer.key, condition: .always)
            notices.append(.pointerRenewed(deployed: pointer.modelDigest))
        }
        for key in orphans {
            try store.delete(key)
            notices.append(.unfinishedCopyRemoved(key: key))
        }
        return notices
    }

    private func keepPartialLine(_ store: any ModelStore) throws -> String {
        let base = "audit-partial-after-line-\(log.lineDigests.count)"
        var key = base
        var attempt = 1
        while try store.exists(key) {
            attempt += 1
            key = "\(base)-\(attempt)"
        }
        try store.put(log.partialLine, at: key, condition: .ifAbsent)
        return key
    }
}
