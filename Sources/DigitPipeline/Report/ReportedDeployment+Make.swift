import Foundation
import Orchestration
import Registry
import Reports

/// What was decided on a run's model, from its artifact and, where it is there, from the record.
struct DeploymentReportSource {
    let made: Materialization
    let home: URL
    let observer: PipelineObserver

    /// - Throws: `ArtifactError`.
    func deployment() throws -> ReportedDeployment {
        let content = try ArtifactStore(home: home).read(
            made.artifact, as: DeploymentContent.init(artifact:))
        // The artifact is the same whatever was deployed before: only the record has who, when and
        // how the model compares with what it replaced.
        let decision = recordedDecision(content)
        let incumbent = try decision?.incumbent ?? recordedIncumbent()
        return ReportedDeployment(
            outcome: .init(content.outcome), strategy: content.strategy,
            people: people(content, decision), time: decision.map { ReportText.minute($0.time) },
            reason: content.reason, model: model(content), gate: gate(content),
            checks: (decision?.checks ?? content.checks).map(Self.check),
            incumbent: incumbent.map {
                .init(
                    name: $0.fileName, digest: String($0.digest.prefix(12)), strategy: $0.strategy,
                    comparison: Self.comparison(content.metrics, $0.metrics))
            })
    }

    private func recordedDecision(_ content: DeploymentContent) -> Decision? {
        guard let number = made[DeploymentFacts.decision] else { return nil }
        do {
            return try DeploymentStage.registry(home: home).history().first {
                $0.number == number && $0.modelDigest == content.modelDigest
            }
        } catch {
            observer(.note("who decided on deployment is left out: \(error)"))
            return nil
        }
    }

    private func recordedIncumbent() throws -> IncumbentRecord? {
        try made[DeploymentFacts.incumbent]?.content()
    }

    private func people(_ content: DeploymentContent, _ decision: Decision?) -> [Fact] {
        [
            content.approver.map { Fact("Approved by", $0) },
            decision?.actor.map { Fact("Run by", $0) },
        ].compactMap { $0 }
    }

    private func model(_ content: DeploymentContent) -> String {
        let name = made[DeploymentFacts.modelName].map { "\($0) " } ?? ""
        return "\(name)(\(content.modelDigest.prefix(12)))"
    }

    private func gate(_ content: DeploymentContent) -> String {
        switch content.gate {
        case .met: "met"
        case .notMet: content.outcome == .deployed ? "not met, and not binding" : "not met"
        case .bypassed: "bypassed"
        }
    }

    // MARK: - Figures

    private static func check(_ check: GateCheck) -> ReportedDeployment.Check {
        let relation = check.comparison == .atLeast ? "≥" : "≤"
        return .init(
            rule: check.rule, value: check.value.map { text($0, of: check.metric) },
            threshold: check.threshold.map { "\(relation) \(text($0, of: check.metric))" },
            passed: check.passed, reason: check.reason)
    }

    private static func text(_ value: Double, of metric: String) -> String {
        metric == GateMetrics.logLoss
            ? String(format: "%.4f", value) : ReportText.percent(value)
    }

    /// `accuracy 99.43% against 99.31%, on the same data`
    private static func comparison(_ own: GateMetrics, _ theirs: GateMetrics?) -> String {
        let metric = GateMetrics.accuracy
        guard let old = theirs?[metric], let new = own[metric] else {
            return "not measured on the same data"
        }
        let points = (new - old) * 100
        let difference = String(format: "%@%.2f points", points < 0 ? "−" : "+", abs(points))
        return
            "accuracy \(text(new, of: metric)) against \(text(old, of: metric)) (\(difference)), "
            + "on the same data"
    }
}

extension ReportedDeployment.Outcome {
    fileprivate init(_ outcome: Decision.Outcome) {
        self =
            switch outcome {
            case .deployed: .deployed
            case .refused: .refused
            case .failed: .failed
            }
    }
}
