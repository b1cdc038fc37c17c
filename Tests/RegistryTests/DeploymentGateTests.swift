import Testing

@testable import Registry

@Suite struct DeploymentGateTests {
    @Test func theDefaultGateAsksForNinetyPercent() throws {
        let gate = try DeploymentGate()
        let checks = gate.evaluate(["accuracy": 0.9], deployed: nil)
        #expect(
            checks == [
                GateCheck(
                    rule: "accuracy_threshold", metric: "accuracy", comparison: .atLeast,
                    threshold: 0.9, value: 0.9, passed: true, reason: "accuracy 0.9 is at least 0.9"
                )
            ])
        let refused = gate.evaluate(["accuracy": 0.8999], deployed: nil)
        #expect(refused.map(\.passed) == [false])
        #expect(refused[0].reason == "accuracy 0.8999 is under 0.9")
    }

    @Test func everyThresholdChangesTheResult() throws {
        let metrics: GateMetrics = [
            "accuracy": 0.95, "macro_f1": 0.94, "worst_class_recall": 0.8, "log_loss": 0.3,
        ]
        let loose = try DeploymentGate(
            minimumAccuracy: 0.95, minimumMacroF1: 0.94, minimumWorstClassRecall: 0.8,
            maximumLogLoss: 0.3)
        #expect(loose.evaluate(metrics, deployed: nil).map(\.passed) == [true, true, true, true])
        let strict = try DeploymentGate(
            minimumAccuracy: 0.96, minimumMacroF1: 0.95, minimumWorstClassRecall: 0.9,
            maximumLogLoss: 0.2)
        let checks = strict.evaluate(metrics, deployed: nil)
        #expect(checks.map(\.passed) == [false, false, false, false])
        #expect(
            checks.map(\.rule) == [
                "accuracy_threshold", "macro_f1_threshold", "worst_class_recall_threshold",
                "log_loss_threshold",
            ])
        #expect(checks[3].reason == "log_loss 0.3 is over 0.2")
        #expect(checks[3].comparison == .atMost)
    }

    @Test func aMissingOrNaNMetricFailsItsThreshold() throws {
        let gate = try DeploymentGate(minimumMacroF1: 0.5, maximumLogLoss: 1)
        let checks = gate.evaluate(["accuracy": .nan, "log_loss": .nan], deployed: nil)
        #expect(checks.map(\.passed) == [false, false, false])
        #expect(
            checks.map(\.reason) == [
                "accuracy is not a number, expected >= 0.9",
                "macro_f1 is missing, expected >= 0.5",
                "log_loss is not a number, expected <= 1.0",
            ])
        let infinite = gate.evaluate(
            ["accuracy": 1, "macro_f1": 1, "log_loss": .infinity], deployed: nil)
        #expect(infinite.map(\.passed) == [true, true, false])
    }

    /// 0.9008 − 0.0001 is more than 0.9007 in binary, which must not decide.
    @Test(arguments: [
        (0.9008, 0.0, true), (0.9007, 0.0, false), (0.9007, 0.0001, true), (0.9006, 0.0001, false),
        (1.0, 0.0, true),
    ])
    func theDeployedModelIsTheMeasure(
        _ accuracy: Double, _ tolerance: Double, _ passed: Bool
    ) throws {
        let gate = try DeploymentGate(noWorseThanDeployedTolerance: tolerance)
        let check = gate.evaluate(["accuracy": accuracy], deployed: ["accuracy": 0.9008])[1]
        #expect(check.rule == "no_worse_than_deployed")
        #expect(check.passed == passed)
        #expect(check.reason.hasSuffix("(deployed: 0.9008, tolerance \(tolerance))"))
    }

    @Test func withoutADeployedModelThereIsNothingToBeWorseThan() throws {
        let gate = try DeploymentGate(noWorseThanDeployedTolerance: 0)
        let first = gate.evaluate(["accuracy": 0.95], deployed: nil)[1]
        #expect(first.passed && first.reason == "nothing is deployed yet")
        for unknown in [[:], ["accuracy": Double.nan]] as [GateMetrics] {
            let check = gate.evaluate(["accuracy": 0.95], deployed: unknown)[1]
            #expect(!check.passed)
            #expect(check.reason.contains("deployed model's accuracy is not on record"))
        }
    }

    @Test func impossibleThresholdsAreRefused() {
        #expect(
            message { _ = try DeploymentGate(minimumAccuracy: 99) }
                == "accuracy_threshold: 99.0 is not possible; allowed is a fraction from 0 to 1")
        #expect(
            message { _ = try DeploymentGate(minimumMacroF1: .nan) }?.hasPrefix("macro_f1_") == true
        )
        #expect(
            message { _ = try DeploymentGate(minimumWorstClassRecall: -0.1) }?
                .hasPrefix("worst_class_recall_threshold: -0.1") == true)
        #expect(
            message { _ = try DeploymentGate(noWorseThanDeployedTolerance: 2) }?
                .hasPrefix("no_worse_than_deployed: 2.0") == true)
        #expect(
            message { _ = try DeploymentGate(maximumLogLoss: -1) }
                == "log_loss_threshold: -1.0 is not possible; allowed is a finite number, 0 or more"
        )
    }
}
