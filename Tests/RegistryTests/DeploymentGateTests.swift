import Testing

@testable import Registry

@Suite struct DeploymentGateTests {
    @Test func theDefaultGateAsksForNinetyPercent() throws {
        let gate = try DeploymentGate()
        let checks = gate.evaluate(["accuracy": 0.9])
        #expect(
            checks == [
                GateCheck(
                    rule: "accuracy_threshold", metric: "accuracy", comparison: .atLeast,
                    threshold: 0.9, value: 0.9, passed: true, reason: "accuracy 0.9 is at least 0.9"
                )
            ])
        let refused = gate.evaluate(["accuracy": 0.8999])
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
        #expect(loose.evaluate(metrics).map(\.passed) == [true, true, true, true])
        let strict = try DeploymentGate(
            minimumAccuracy: 0.96, minimumMacroF1: 0.95, minimumWorstClassRecall: 0.9,
            maximumLogLoss: 0.2)
        let checks = strict.evaluate(metrics)
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
        let checks = gate.evaluate(["accuracy": .nan, "log_loss": .nan])
        #expect(checks.map(\.passed) == [false, false, false])
        #expect(
            checks.map(\.reason) == [
                "accuracy is not a number, expected >= 0.9",
                "macro_f1 is missing, expected >= 0.5",
                "log_loss is not a number, expected <= 1.0",
            ])
        let infinite = gate.evaluate(
            ["accuracy": 1, "macro_f1": 1, "log_loss": .infinity])
        #expect(infinite.map(\.passed) == [true, true, false])
    }

    @Test func impossibleFiguresPassNoThreshold() throws {
        let gate = try DeploymentGate(
            minimumMacroF1: 0.5, minimumWorstClassRecall: 0, maximumLogLoss: 1)
        let checks = gate.evaluate([
            "accuracy": 1.5, "macro_f1": 99, "worst_class_recall": -0.1, "log_loss": -1,
        ])
        #expect(checks.map(\.passed) == [false, false, false, false])
        #expect(
            checks.map(\.reason) == [
                "accuracy 1.5 is impossible, expected a fraction from 0 to 1",
                "macro_f1 99.0 is impossible, expected a fraction from 0 to 1",
                "worst_class_recall -0.1 is impossible, expected a fraction from 0 to 1",
                "log_loss -1.0 is impossible, expected a finite number, 0 or more",
            ])
    }

    @Test func impossibleThresholdsAreRefused() {
        #expect(
            message { _ = try DeploymentGate(minimumAccuracy: 99) }
                == "accuracy_threshold 99.0: must be a fraction from 0 to 1")
        #expect(
            message { _ = try DeploymentGate(minimumMacroF1: .nan) }?.hasPrefix("macro_f1_") == true
        )
        #expect(
            message { _ = try DeploymentGate(minimumWorstClassRecall: -0.1) }?
                .hasPrefix("worst_class_recall_threshold -0.1:") == true)
        #expect(
            message { _ = try DeploymentGate(noWorseThanDeployedTolerance: 2) }?
                .hasPrefix("no_worse_than_deployed 2.0:") == true)
        #expect(
            message { _ = try DeploymentGate(maximumLogLoss: -1) }
                == "log_loss_threshold -1.0: must be a finite number, 0 or more"
        )
    }
}
