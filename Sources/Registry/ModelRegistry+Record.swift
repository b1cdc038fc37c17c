import DurableFiles
import Foundation

/// What is asked of a deployment.
struct Request {
    var digest: String
    var fileName: String
    var strategy: DeploymentStrategy
    var gate: DeploymentGate
}

/// What came of it.
struct Finding {
    var outcome: Decision.Outcome
    var reason: String
    var judgement: Judgement
    var checks: [GateCheck] = []
    var incumbent: Incumbent?
}

extension ModelRegistry {
    /// Writes one line of the record, then the pointer; call it under the exclusive lock.
    func record(_ request: Request, _ finding: Finding) throws -> Deployment {
        let state = try soundState()
        let notices = try state.repair(store)
        let decision = decision(request, finding, state)
        return Deployment(decision: decision, notices: notices + (try append(decision, state.log)))
    }

    private func decision(
        _ request: Request, _ finding: Finding, _ state: RegistryState
    ) -> Decision {
        let entry = state.entries[request.digest]
        let log = state.log
        var gate = finding.checks.allSatisfy(\.passed) ? Decision.GateResult.met : .notMet
        // A failure was never judged.
        if finding.outcome == .failed { gate = .notMet }
        var approver: String?
        switch request.strategy {
        case .force: gate = .bypassed
        case .manual(let name, _), .rollback(let name, _): approver = name
        case .automatic: break
        }
        return Decision(
            number: log.lineDigests.count + 1, time: RegistryJSON.rounded(now()),
            strategy: request.strategy.name, modelDigest: request.digest,
            fileName: request.fileName, byteCount: entry?.byteCount, addedAt: entry?.addedAt,
            metrics: finding.judgement.candidate?.metrics ?? [:],
            measurement: finding.judgement.candidate, checks: finding.checks, gate: gate,
            outcome: finding.outcome, reason: finding.reason, actor: actor, approver: approver,
            previousDeployed: log.deployed?.modelDigest,
            incumbent: incumbent(request, finding),
            previousLine: log.lineDigests.last ?? AuditLog.noLine)
    }

    private func incumbent(_ request: Request, _ finding: Finding) -> IncumbentRecord? {
        guard let decision = finding.incumbent?.decision, decision.modelDigest != request.digest
        else { return nil }
        return IncumbentRecord(
            digest: decision.modelDigest, fileName: decision.fileName,
            strategy: decision.strategy, metrics: finding.judgement.incumbent?.metrics)
    }

    // MARK: - The line

    /// Adds the line and renews the pointer. The line is the decision: once it is there, nothing that
    /// fails afterwards takes it back.
    private func append(_ decision: Decision, _ log: AuditLog) throws -> [RegistryNotice] {
        let line = try RegistryJSON.encode(decision)
        do {
            try store.append(
                line + Data("\n".utf8), to: AuditLog.key, expectedByteCount: log.byteCount)
        } catch {
            guard try isOnRecord(line, after: log, failure: error) else { throw error }
            // Without a newer pointer, so that a line that is lost after all is no sign of a change.
            return [.lineNotSynced(reason: "\(error)")]
        }
        do {
            let written = AuditLog(parsing: try store.get(AuditLog.key) ?? Data())
            try store.put(
                RegistryJSON.encode(DeployedPointer(written)), at: DeployedPointer.key,
                condition: .always)
            return []
        } catch {
            return [.pointerNotWritten(reason: "\(error)")]
        }
    }

    /// Whether a line is there, although adding it failed.
    private func isOnRecord(
        _ line: Data, after log: AuditLog, failure: any Error
    ) throws -> Bool {
        do {
            let found = AuditLog(parsing: try store.get(AuditLog.key) ?? Data())
            let digest = SHA256.hexDigest(of: line)
            return found.lineDigests.count == log.lineDigests.count + 1
                && found.lineDigests.last == digest
        } catch {
            throw RegistryError.outcomeUnknown(
                location: store.location, failure: "\(failure)", reading: "\(error)")
        }
    }
}
