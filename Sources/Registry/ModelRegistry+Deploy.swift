import DurableFiles
import Foundation

/// Where a model to deploy comes from.
public enum ModelSource: Sendable, Equatable {
    /// A file that is copied into the registry.
    case file(URL)
    /// A model of the registry, as `resolve` understands it.
    case stored(String)
}

extension ModelRegistry {
    /// Stores a model, verifies it, decides by `strategy`, and records the decision.
    ///
    /// The file is copied in, read back and compared by digest, and `verify` must succeed on the
    /// copy, whatever the strategy: nothing is deployed from an unverifiable file. A copy that
    /// fails is removed again unless an earlier decision concerns it.
    ///
    /// - Parameter metrics: the model's figures; nil takes those of its latest decision.
    /// - Parameter verify: loads the model from the URL and predicts; it must not call the registry
    ///   to deploy.
    /// - Returns: the recorded decision, `deployed` or `refused`.
    /// - Throws: `RegistryError.deploymentFailed` with the recorded decision; others when nothing
    ///   could be decided, such as `.unknownModel`, `.auditDamaged` or `FileError`.
    public func deploy(
        _ source: ModelSource, strategy: DeploymentStrategy, gate: DeploymentGate,
        metrics: GateMetrics? = nil, verify: (URL) throws -> Void
    ) throws -> Decision {
        try Self.requireStatement(strategy)
        let candidate = try candidate(source)
        let request = Request(
            digest: candidate.digest, fileName: candidate.fileName, strategy: strategy,
            gate: gate, metrics: metrics)
        var addedHere = false
        do {
            let data = try candidate.content()
            addedHere = try store.exclusively { try keep(candidate, data) }
            try verify(try store.sharing { try storedFile(candidate.digest) })
            return try store.exclusively {
                // Another process may have removed the same file after failing to verify it.
                _ = try keep(candidate, data)
                return try decide(request)
            }
        } catch let error as RegistryError where error.isAboutTheRecord {
            throw error
        } catch {
            throw recordFailure(request, error, removeCopy: addedHere)
        }
    }

    // MARK: - Candidates

    private struct Candidate {
        var digest: String
        var fileName: String
        /// Reads the content again from the store, or hands over what was read from the file.
        var content: () throws -> Data
    }

    private func candidate(_ source: ModelSource) throws -> Candidate {
        switch source {
        case .file(let url):
            // Read once: what is hashed is what is stored, even if the file changes meanwhile.
            let data = try RegularFile.read(url)
            let fileName = try Self.checkedName(url.lastPathComponent)
            try store.sharing { _ = try soundState() }
            return Candidate(
                digest: SHA256.hexDigest(of: data), fileName: fileName, content: { data })
        case .stored(let reference):
            let model = try resolve(reference)
            return Candidate(
                digest: model.digest, fileName: model.fileName,
                content: { try self.model(model.digest).data })
        }
    }

    private static func checkedName(_ name: String) throws -> String {
        let isPlain =
            !name.isEmpty && !name.hasPrefix(".") && name.utf8.count <= 200
            && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0 != "/" }
        guard isPlain else {
            throw RegistryError.fileName(
                name: name,
                expected: "at most 200 bytes without control characters, no dot in front")
        }
        return name
    }

    private static func requireStatement(_ strategy: DeploymentStrategy) throws {
        func require(_ text: String, _ field: String) throws {
            if text.allSatisfy(\.isWhitespace) {
                throw RegistryError.missingStatement(strategy: strategy.name, field: field)
            }
        }
        switch strategy {
        case .automatic: break
        case .manual(let approver, let reason):
            try require(approver, "the approver")
            try require(reason, "the reason")
        case .force(let reason): try require(reason, "the reason")
        }
    }

    /// Makes sure that the store has the candidate, content first: an entry names nothing missing.
    ///
    /// - Returns: whether it was added just now.
    private func keep(_ candidate: Candidate, _ data: Data) throws -> Bool {
        let state = try soundState()
        let entry =
            state.entries[candidate.digest]
            ?? ModelEntry(
                digest: candidate.digest, fileName: candidate.fileName, byteCount: data.count,
                addedAt: RegistryJSON.rounded(now()))
        if try !store.exists(entry.contentKey) {
            try store.put(data, at: entry.contentKey, condition: .ifAbsent)
        }
        // From the disk's side, whether it was there before or not.
        do { _ = try read(entry) } catch  where state.entries[entry.digest] == nil {
            try store.delete(entry.contentKey)
            throw error
        }
        guard state.entries[entry.digest] == nil else { return false }
        try store.put(RegistryJSON.encode(entry), at: entry.key, condition: .ifAbsent)
        return true
    }

    private func storedFile(_ digest: String) throws -> URL {
        guard let entry = try soundState().entries[digest] else {
            throw RegistryError.modelMissing(
                path: "\(store.location)/\(ModelEntry.folder)\(digest)")
        }
        return try store.localFile(entry.contentKey)
    }

    // MARK: - Decisions

    struct Request {
        var digest: String
        var fileName: String
        var strategy: DeploymentStrategy
        var gate: DeploymentGate
        var metrics: GateMetrics?
    }

    private func decide(_ request: Request) throws -> Decision {
        try record(request) { checks in
            let failed = checks.filter { !$0.passed }.map(\.reason).joined(separator: "; ")
            let gate = failed.isEmpty ? "every threshold is met" : "gate not met: \(failed)"
            return switch request.strategy {
            case .automatic: (failed.isEmpty ? .deployed : .refused, gate)
            case .manual(let approver, let reason):
                (.deployed, "promoted by \(approver): \(reason) (\(gate))")
            case .force(let reason): (.deployed, "gate bypassed by force: \(reason) (\(gate))")
            }
        }
    }

    private func recordFailure(
        _ request: Request, _ failure: any Error, removeCopy: Bool
    ) -> RegistryError {
        do {
            let decision = try store.exclusively {
                if removeCopy { try removeUnused(request.digest) }
                return try record(request) { _ in (.failed, "\(failure)") }
            }
            return .deploymentFailed(decision)
        } catch let error as RegistryError where error.isAboutTheRecord {
            return error
        } catch {
            return .failureNotRecorded(failure: "\(failure)", recording: "\(error)")
        }
    }

    /// Removes a stored model that was never deployed nor refused.
    private func removeUnused(_ digest: String) throws {
        let state = try soundState()
        let isUsed = state.log.decisions.contains {
            $0.modelDigest == digest && $0.outcome != .failed
        }
        guard !isUsed, let entry = state.entries[digest] else { return }
        try store.delete(entry.key)
        try store.delete(entry.contentKey)
    }

    /// Writes one line of the record, then the pointer; call it under the exclusive lock.
    private func record(
        _ request: Request, outcome: ([GateCheck]) -> (Decision.Outcome, String)
    ) throws -> Decision {
        let state = try soundState()
        _ = try state.repair(store)
        let log = state.log
        let metrics = request.metrics ?? lastMetrics(of: request.digest, log) ?? [:]
        let checks = request.gate.evaluate(metrics, deployed: log.deployed?.metrics)
        let (outcome, reason) = outcome(checks)
        var gate = checks.allSatisfy(\.passed) ? Decision.GateResult.met : .notMet
        var approver: String?
        if case .force = request.strategy { gate = .bypassed }
        if case .manual(let name, _) = request.strategy { approver = name }
        let decision = Decision(
            number: log.lineDigests.count + 1, time: RegistryJSON.rounded(now()),
            strategy: request.strategy.name, modelDigest: request.digest,
            fileName: request.fileName, metrics: metrics, checks: checks, gate: gate,
            outcome: outcome, reason: reason, actor: actor, approver: approver,
            previousDeployed: log.deployed?.modelDigest,
            previousLine: log.lineDigests.last ?? AuditLog.noLine)
        try append(decision, to: log)
        return decision
    }

    private func append(_ decision: Decision, to log: AuditLog) throws {
        let line = try RegistryJSON.encode(decision) + Data("\n".utf8)
        try store.append(line, to: AuditLog.key, expectedByteCount: log.byteCount)
        do {
            let written = AuditLog(parsing: try store.get(AuditLog.key) ?? Data())
            try store.put(
                RegistryJSON.encode(DeployedPointer(written)), at: DeployedPointer.key,
                condition: .always)
        } catch {
            throw RegistryError.pointerNotWritten(decision, reason: "\(error)")
        }
    }

    private func lastMetrics(of digest: String, _ log: AuditLog) -> GateMetrics? {
        log.decisions.last { $0.modelDigest == digest && !$0.metrics.values.isEmpty }?.metrics
    }
}

extension RegistryError {
    /// Whether the record itself is at fault, so that a failure can't be added to it.
    fileprivate var isAboutTheRecord: Bool {
        switch self {
        case .auditDamaged, .pointerNotWritten, .malformed: true
        default: false
        }
    }
}
