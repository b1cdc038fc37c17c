import DurableFiles
import Foundation

/// Where a model to deploy comes from.
package enum ModelSource: Sendable, Equatable {
    /// A file that is copied into the registry.
    case file(URL)
    /// Bytes that are kept under a file's name.
    case content(Data, fileName: String)
    /// A model of the registry, as `resolve` understands it.
    case stored(String)
}

/// A decision that is on record, and what was mended or went wrong beside it.
package struct Deployment: Sendable {
    package let decision: Decision
    package let notices: [RegistryNotice]

    func adding(_ earlier: [RegistryNotice]) -> Deployment {
        Deployment(decision: decision, notices: earlier + notices)
    }
}

extension ModelRegistry {
    /// Finds out how good a candidate is, and on the same data the model that it would replace.
    package typealias Judge = (_ candidate: VerifiedModel, _ incumbent: Incumbent?) throws ->
        Judgement

    /// Stores a model, verifies it, has it judged, decides by `strategy`, and records the decision.
    ///
    /// The file is copied in, read back and compared by digest, and `verify` must succeed on the
    /// copy, whatever the strategy: nothing is deployed from an unverifiable file. A copy that
    /// fails is removed again unless an earlier decision concerns it.
    ///
    /// **The record's line is the deployment.** Whatever fails before it is there, nothing was
    /// decided; whatever fails afterwards is a notice.
    ///
    /// - Parameters:
    ///   - judge: called without a lock, again where another model was deployed meanwhile. A
    ///     candidate that it didn't measure has the measurement that is on record, if any.
    ///   - verify: loads the model from the URL and predicts; it must not call the registry to
    ///     deploy.
    /// - Returns: the recorded decision, `deployed` or `refused`.
    /// - Throws: `RegistryError.deploymentFailed` with the recorded decision; `.outcomeUnknown` where
    ///   the record can't be read after a failure; others when nothing could be decided, such as
    ///   `.unknownModel`, `.auditDamaged` or `FileError`.
    package func deploy(
        _ source: ModelSource, strategy: DeploymentStrategy, gate: DeploymentGate,
        judge: Judge, verify: (URL) throws -> Void
    ) throws -> Deployment {
        try Self.requireStatement(strategy)
        let candidate = try candidate(source)
        let request = Request(
            digest: candidate.digest, fileName: candidate.fileName, strategy: strategy, gate: gate)
        var kept: Kept?
        do {
            let data = try candidate.content()
            let first = try store.exclusively { try keep(candidate, data) }
            kept = first
            let url = try storedFile(candidate.digest)
            try verify(url)
            let model = VerifiedModel(
                digest: candidate.digest, fileName: candidate.fileName, data: data, url: url)
            return try decide(request, candidate, model, judge).adding(first.notices)
        } catch let error as RegistryError where error.isAboutTheRecord {
            throw error
        } catch {
            throw recordFailure(request, error, removeCopy: kept?.isAdded ?? false)
        }
    }

    /// Deploys again what was deployed before the model that is deployed now.
    ///
    /// - Throws: `RegistryError.nothingToRollBackTo`, and as `deploy`.
    package func rollback(
        approver: String, reason: String, gate: DeploymentGate, judge: Judge,
        verify: (URL) throws -> Void
    ) throws -> Deployment {
        let deployments = try soundState().log.deployments
        guard deployments.count > 1 else {
            throw deployments.isEmpty
                ? RegistryError.nothingDeployed(location: store.location)
                : RegistryError.nothingToRollBackTo(deployed: deployments[0].fileName)
        }
        return try deploy(
            .stored(deployments[deployments.count - 2].modelDigest),
            strategy: .rollback(approver: approver, reason: reason), gate: gate, judge: judge,
            verify: verify)
    }

    // MARK: - Decisions

    private static func requireStatement(_ strategy: DeploymentStrategy) throws {
        func require(_ text: String, _ field: String) throws {
            if text.allSatisfy(\.isWhitespace) {
                throw RegistryError.missingStatement(strategy: strategy.name, field: field)
            }
        }
        switch strategy {
        case .automatic: break
        case .manual(let approver, let reason), .rollback(let approver, let reason):
            try require(approver, "the approver")
            try require(reason, "the reason")
        case .force(let reason): try require(reason, "the reason")
        }
    }

    /// Has the candidate judged against what is deployed, and decides if that still is deployed.
    private func decide(
        _ request: Request, _ candidate: Candidate, _ model: VerifiedModel, _ judge: Judge
    ) throws -> Deployment {
        while true {
            let state = try soundState()
            let incumbent = incumbent(state)
            var judgement = try judge(model, incumbent)
            complete(&judgement, request, incumbent, state.log)
            let deployment = try store.exclusively { () -> Deployment? in
                // Another process may have removed the same file after failing to verify it.
                let kept = try keep(candidate, model.data)
                return try recordDecision(request, judgement, against: incumbent)?
                    .adding(kept.notices)
            }
            if let deployment { return deployment.adding(incumbent?.notices ?? []) }
        }
    }

    private func incumbent(_ state: RegistryState) -> Incumbent? {
        guard let decision = state.log.deployed else { return nil }
        let model = Result { try read(decision.modelDigest, state) }.mapError { error in
            error as? RegistryError
                ?? .malformed(key: decision.modelDigest, reason: "\(error)")
        }
        return Incumbent(decision: decision, model: model, promotion: state.log.promotion)
    }

    /// Fills in what the record knows.
    private func complete(
        _ judgement: inout Judgement, _ request: Request, _ incumbent: Incumbent?, _ log: AuditLog
    ) {
        if judgement.candidate == nil {
            judgement.candidate = log.measurement(of: request.digest)
        }
        if judgement.incumbent == nil, let incumbent, let data = judgement.candidate?.dataDigest {
            judgement.incumbent = log.measurement(of: incumbent.decision.modelDigest, on: data)
        }
    }

    /// - Returns: nil where something else is deployed than what the candidate was judged against.
    private func recordDecision(
        _ request: Request, _ judgement: Judgement, against incumbent: Incumbent?
    ) throws -> Deployment? {
        guard try soundState().log.deployed?.modelDigest == incumbent?.decision.modelDigest
        else { return nil }
        let checks =
            request.gate.evaluate(judgement.candidate?.metrics ?? [:])
            + request.gate.evaluate(
                judgement, of: request.digest, against: incumbent,
                isAutomatic: request.strategy == .automatic)
        let failed = checks.filter { !$0.passed }
        let (outcome, reason) = Self.outcome(
            request.strategy, failed, advice: failed.isEmpty ? nil : judgement.advice)
        return try record(
            request,
            Finding(
                outcome: outcome, reason: reason, judgement: judgement, checks: checks,
                incumbent: incumbent))
    }

    private static func outcome(
        _ strategy: DeploymentStrategy, _ failed: [GateCheck], advice: String?
    ) -> (Decision.Outcome, String) {
        let reasons = (failed.map(\.reason) + [advice].compactMap { $0 }).joined(separator: "; ")
        let gate = failed.isEmpty ? "every threshold is met" : "gate not met: \(reasons)"
        return switch strategy {
        case .automatic: (failed.isEmpty ? .deployed : .refused, gate)
        case .manual(let approver, let reason):
            (.deployed, "promoted by \(approver): \(reason) (\(gate))")
        case .force(let reason): (.deployed, "gate bypassed by force: \(reason) (\(gate))")
        case .rollback(let approver, let reason):
            (.deployed, "rolled back by \(approver): \(reason) (\(gate))")
        }
    }

    private func recordFailure(
        _ request: Request, _ failure: any Error, removeCopy: Bool
    ) -> RegistryError {
        do {
            let deployment = try store.exclusively {
                if removeCopy { try removeUnused(request.digest) }
                return try record(
                    request, Finding(outcome: .failed, reason: "\(failure)", judgement: Judgement())
                )
            }
            return .deploymentFailed(deployment.decision)
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
}

extension RegistryError {
    /// Whether the record itself is at fault, so that a failure can't be added to it.
    fileprivate var isAboutTheRecord: Bool {
        switch self {
        case .auditDamaged, .outcomeUnknown, .malformed: true
        default: false
        }
    }
}
