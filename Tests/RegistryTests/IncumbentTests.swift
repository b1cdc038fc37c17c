import Foundation
import Testing

@testable import Registry

/// What an automatic deployment may replace, and how it is taken back.
@Suite struct IncumbentTests {
    let fixture: RegistryFixture
    let registry: ModelRegistry

    init() throws {
        fixture = try RegistryFixture()
        registry = fixture.open()
    }

    private func gate(_ tolerance: Double = 0, replacesPromoted: Bool = false) throws
        -> DeploymentGate
    {
        try DeploymentGate(
            noWorseThanDeployedTolerance: tolerance, replacesPromoted: replacesPromoted)
    }

    /// 0.9008 − 0.0001 is more than 0.9007 in binary, which must not decide.
    @Test(arguments: [
        (0.9008, 0.0, true), (0.9007, 0.0, false), (0.9007, 0.0001, true), (0.9006, 0.0001, false),
        (1.0, 0.0, true),
    ])
    func theDeployedModelIsTheMeasure(
        _ accuracy: Double, _ tolerance: Double, _ passed: Bool
    ) throws {
        try registry.deploy(fixture.file("one"), ["accuracy": 0.9008])
        let decision = try registry.deploy(
            fixture.file("two"), ["accuracy": accuracy], gate: gate(tolerance))
        let check = decision.checks[1]
        #expect(check.rule == "no_worse_than_deployed")
        #expect(check.passed == passed)
        #expect(check.reason.contains("the deployed model's on the same data (mnist, test)"))
        #expect(decision.outcome == (passed ? .deployed : .refused))
        // Both figures are on record, whoever won.
        #expect(
            decision.incumbent
                == IncumbentRecord(
                    digest: digest("one"), fileName: "digitcnn_a.safetensors",
                    strategy: "automatic", metrics: ["accuracy": 0.9008]))
        #expect(decision.metrics == ["accuracy": accuracy])
    }

    @Test func withoutADeployedModelThereIsNothingToBeWorseThan() throws {
        let first = try registry.deploy(fixture.file("one"), gate: gate())
        #expect(first.checks[1].passed && first.checks[1].reason == "nothing is deployed yet")
        #expect(first.incumbent == nil)
    }

    @Test func figuresFromOtherDataCompareNothing() throws {
        try registry.deploy(fixture.file("one"), ["accuracy": 0.92])
        func judged(_ incumbent: ModelMeasurement?) throws -> Decision {
            try registry.deploy(
                fixture.file("two"), strategy: .automatic, gate: gate(),
                judge: { _, _ in
                    Judgement(
                        candidate: measured(["accuracy": 0.99], on: "other, test"),
                        incumbent: incumbent, advice: "give --data-dir")
                }, verify: verifyContent
            ).decision
        }
        let refused = try judged(nil)
        #expect(refused.outcome == .refused)
        #expect(
            refused.reason
                == "gate not met: the deployed model digitcnn_a.safetensors wasn't measured on the "
                + "same data, so nothing can be compared; give --data-dir")
        #expect(try judged(measured(["accuracy": 0.98], on: "other, test")).outcome == .deployed)
    }

    @Test func aModelThatNobodyMeasuredIsRefused() throws {
        let decision = try registry.deploy(fixture.file("one"), nil)
        #expect(decision.outcome == .refused)
        #expect(decision.reason == "gate not met: accuracy is missing, expected >= 0.9")
        #expect(decision.measurement == nil && decision.metrics == [:])
    }

    @Test(arguments: [
        DeploymentStrategy.manual(approver: "anna", reason: "looked at it"),
        .force(reason: "now"),
    ])
    func noAutomaticDeploymentUndoesAPersons(_ strategy: DeploymentStrategy) throws {
        try registry.deploy(fixture.file("one"))
        try registry.deploy(fixture.file("two"), ["accuracy": 0.95], strategy: strategy)
        // A better one, and the very one that was promoted.
        let better = try registry.deploy(fixture.file("three"), ["accuracy": 1], gate: gate())
        #expect(better.outcome == .refused)
        #expect(
            better.reason
                == "gate not met: what is deployed was put there by a person (\(strategy.name), "
                + "decision 2), and an automatic deployment replaces that only with "
                + "--replace-promoted")
        #expect(
            try registry.deploy(fixture.file("two"), ["accuracy": 0.95]).outcome == .deployed)
        // Which doesn't make it the gate's.
        #expect(try registry.deploy(fixture.file("three")).outcome == .refused)
        let told = try registry.deploy(
            fixture.file("three"), ["accuracy": 1], gate: gate(replacesPromoted: true))
        #expect(told.outcome == .deployed)
        #expect(told.incumbent?.strategy == "automatic" && told.incumbent?.digest == digest("two"))
        // From here on gates decide again.
        #expect(try registry.deploy(fixture.file("four")).outcome == .deployed)
    }

    @Test func whatIsDeployedMeanwhileIsJudgedAgainst() throws {
        try registry.deploy(fixture.file("one"), ["accuracy": 0.91])
        var rounds = [String?]()
        let decision = try registry.deploy(
            fixture.file("two"), strategy: .automatic, gate: gate(),
            judge: { _, incumbent in
                rounds.append(incumbent?.decision.modelDigest)
                // As another process does while this one measures.
                if rounds.count == 1 { try registry.deploy(fixture.file("three")) }
                return Judgement(candidate: measured(["accuracy": 0.95]))
            }, verify: verifyContent
        ).decision
        #expect(rounds == [digest("one"), digest("three")])
        #expect(decision.outcome == .refused)
        #expect(decision.incumbent?.metrics == good)
    }

    // MARK: - Rollback

    @discardableResult
    private func rollBack() throws -> Decision {
        try registry.rollback(
            approver: "anna", reason: "it is worse", gate: gate(),
            judge: { _, _ in Judgement() }, verify: verifyContent
        ).decision
    }

    @Test func rollbacksGoBackOneByOne() throws {
        #expect(message { try rollBack() }?.contains("no model is deployed") == true)
        try registry.deploy(fixture.file("one", name: "a.safetensors"))
        #expect(message { try rollBack() }?.hasPrefix("nothing was deployed before a.s") == true)
        try registry.deploy(fixture.file("two", name: "b.safetensors"))
        try registry.deploy(fixture.file("refused"), ["accuracy": 0.1])
        try registry.deploy(fixture.file("three", name: "c.safetensors"))
        let first = try rollBack()
        #expect(first.outcome == .deployed && first.strategy == "rollback")
        #expect(first.modelDigest == digest("two"))
        #expect(first.approver == "anna")
        #expect(first.incumbent?.digest == digest("three"))
        #expect(first.incumbent?.metrics == good)
        #expect(
            first.reason == "rolled back by anna: it is worse (every threshold is met)")
        #expect(try rollBack().modelDigest == digest("one"))
        #expect(message { try rollBack() }?.hasPrefix("nothing was deployed before") == true)
        // No gate undoes it.
        #expect(try registry.deploy(fixture.file("three")).outcome == .refused)
        try registry.deploy(
            fixture.file("four"), strategy: .manual(approver: "anna", reason: "x"))
        #expect(try rollBack().modelDigest == digest("one"))
        #expect(try registry.verifyAudit() == [])
    }
}
