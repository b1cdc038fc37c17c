import Foundation

/// What is in a store at one moment.
///
/// Read without a lock: writers put a model's content first, then its entry, the record's line and
/// the pointer, so that who reads them the other way round finds nothing named that isn't there.
struct RegistryState {
    let log: AuditLog
    let pointer: DeployedPointer?
    /// Signs that record or pointer were changed from outside. Nothing is built on such a store.
    let problems: [AuditProblem]
    /// By digest; those that are named by the record and whose entry is lost or damaged as well.
    let entries: [String: ModelEntry]
    /// Entries that were made from the record and the content, to be written again.
    let restored: [ModelEntry]
    /// What is below `models/` and belongs to no model: left by a crash or put there by hand.
    let doubtful: [DoubtfulObject]

    init(reading store: any ModelStore) throws {
        let pointerData = try store.get(DeployedPointer.key)
        log = AuditLog(parsing: try store.get(AuditLog.key) ?? Data())
        var problems = log.problems
        pointer = Self.readPointer(pointerData, log, &problems)
        let objects = try ModelObjects(store, log)
        if pointer == nil, pointerData == nil, log.lineDigests.isEmpty, !objects.entries.isEmpty {
            problems.append(
                AuditProblem(
                    line: nil,
                    what: "\(AuditLog.key) and \(DeployedPointer.key) are missing, though models "
                        + "are stored"))
        }
        entries = objects.entries
        restored = objects.restored
        doubtful = objects.doubtful
        self.problems = problems
    }

    private static func readPointer(
        _ data: Data?, _ log: AuditLog, _ problems: inout [AuditProblem]
    ) -> DeployedPointer? {
        guard let data else {
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
        } catch {
            problems.append(AuditProblem(line: nil, what: "\(error)"))
            return nil
        }
    }

    /// - Throws: `RegistryError.auditDamaged`: nothing may be built on a record that was changed.
    func requireSound(_ store: any ModelStore) throws {
        guard problems.isEmpty else {
            throw RegistryError.auditDamaged(location: store.location, problems: problems)
        }
    }

    // MARK: - Leftovers

    private var pointerIsBehind: Bool {
        !log.lineDigests.isEmpty && pointer != DeployedPointer(log)
    }

    /// What a crash left that does no harm, and that the next deployment mends.
    var leftovers: [String] {
        guard problems.isEmpty else { return [] }
        var found = [String]()
        if !log.partialLine.isEmpty {
            found.append(
                "\(AuditLog.key) ends in \(log.partialLine.count) bytes of a line that was never "
                    + "finished")
        }
        if pointerIsBehind { found.append("\(DeployedPointer.key) is older than the record") }
        found += doubtful.filter { !$0.isDamaged }.map { "\($0.key): \($0.reason)" }
        return found
    }

    /// Mends what a crash can leave; call it under the exclusive lock. Nothing is removed: what is
    /// doubtful is set aside.
    ///
    /// - Parameter key: of content that is about to get an entry.
    /// - Precondition: sound.
    func repair(_ store: any ModelStore, except key: String? = nil) throws -> [RegistryNotice] {
        var notices = [RegistryNotice]()
        if !log.partialLine.isEmpty {
            let key = try Self.keep(
                log.partialLine, at: "audit-partial-after-line-\(log.lineDigests.count)", store)
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
        notices += try doubtful.filter { $0.key != key }.map { try setAside($0, store) }
        for entry in restored {
            try store.put(RegistryJSON.encode(entry), at: entry.key, condition: .always)
            notices.append(.entryRestored(key: entry.key))
        }
        return notices
    }

    private func setAside(
        _ object: DoubtfulObject, _ store: any ModelStore
    ) throws -> RegistryNotice {
        let data = try store.get(object.key) ?? Data()
        let key = try Self.keep(data, at: "set-aside/\(object.key)", store)
        try store.delete(object.key)
        return .setAside(key: object.key, reason: object.reason, keptAs: key)
    }

    /// Stores bytes under a name of their own that starts like this.
    private static func keep(
        _ data: Data, at base: String, _ store: any ModelStore
    ) throws -> String {
        var key = base
        var attempt = 1
        while let there = try store.get(key) {
            // A repair that was interrupted kept it already.
            if there == data { return key }
            attempt += 1
            key = "\(base)-\(attempt)"
        }
        try store.put(data, at: key, condition: .ifAbsent)
        return key
    }
}
