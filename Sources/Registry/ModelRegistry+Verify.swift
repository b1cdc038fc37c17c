import DurableFiles
import Foundation

extension ModelRegistry {
    /// Checks the record, the pointer, and each model's entry and bytes. Nothing is changed.
    ///
    /// - Returns: what was changed from outside or is missing; empty when all is as it was written.
    package func verifyAudit() throws -> [AuditProblem] {
        let state = try RegistryState(reading: store)
        var problems = state.problems
        problems += state.doubtful.filter(\.isDamaged).map(\.reason).map(Self.problem)
        problems += state.restored.map {
            Self.problem("\($0.key) is missing or damaged; the next deployment writes it again")
        }
        for entry in state.entries.values.sorted(by: { $0.digest < $1.digest }) {
            problems += try self.problems(of: entry, state.log)
        }
        return problems + missing(state)
    }

    /// What a crash left that does no harm; the next deployment mends it.
    package func leftovers() throws -> [String] { try RegistryState(reading: store).leftovers }

    private static func problem(_ what: String) -> AuditProblem {
        AuditProblem(line: nil, what: what)
    }

    private func problems(of entry: ModelEntry, _ log: AuditLog) throws -> [AuditProblem] {
        var problems = [AuditProblem]()
        do {
            let byteCount = try read(entry).data.count
            if byteCount != entry.byteCount {
                problems.append(
                    Self.problem(
                        "\(entry.key): says that the model has \(entry.byteCount) bytes, it has "
                            + "\(byteCount)"))
            }
        } catch let error as RegistryError {
            problems.append(Self.problem(error.description))
        }
        return problems + additionProblems(entry, log)
    }

    /// Whether the entry's date is the one that the record has.
    private func additionProblems(_ entry: ModelEntry, _ log: AuditLog) -> [AuditProblem] {
        let decisions = log.decisions.filter {
            $0.modelDigest == entry.digest && $0.outcome != .failed
        }
        guard let first = decisions.first else { return [] }
        func problem(_ decision: Decision, _ expected: String) -> [AuditProblem] {
            [
                AuditProblem(
                    line: decision.number,
                    what: "\(entry.key): says that the model was added at "
                        + "\(RegistryJSON.text(entry.addedAt)), expected \(expected)")
            ]
        }
        if let known = decisions.last(where: { $0.addedAt != nil }) {
            let addedAt = known.addedAt!
            return addedAt == entry.addedAt ? [] : problem(known, RegistryJSON.text(addedAt))
        }
        // Before the record had the date.
        guard entry.addedAt > first.time else { return [] }
        return problem(first, "a time before its first decision, \(RegistryJSON.text(first.time))")
    }

    /// Models that were decided on and aren't there.
    private func missing(_ state: RegistryState) -> [AuditProblem] {
        let deployed = state.log.deployed?.modelDigest
        var seen = Set<String>()
        return state.log.decisions.reversed().compactMap { decision in
            let digest = decision.modelDigest
            guard decision.outcome != .failed, state.entries[digest] == nil,
                seen.insert(digest).inserted
            else { return nil }
            let role = digest == deployed ? "the deployed model" : "the model"
            return AuditProblem(
                line: decision.number, what: "\(role) \(digest) is not in the store")
        }
    }
}
