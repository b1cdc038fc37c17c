import Foundation
import Metrics
import Testing

@testable import DigitPipeline

@Suite struct EvaluationChecksTests {
    /// A report on images whose labels go round, each with this probability for its own class.
    private func report(_ count: Int, ownClass: Float = 0.7) throws -> EvaluationReport {
        let labels = (0..<count).map { $0 % SmallData.classNames.count }
        let others = (1 - ownClass) / Float(SmallData.classNames.count - 1)
        return try EvaluationReport(
            labels: labels,
            probabilities: labels.flatMap { label in
                SmallData.classNames.indices.map { $0 == label ? ownClass : others }
            }, classNames: SmallData.classNames)
    }

    private func failed(_ evaluation: Evaluation) throws -> [String] {
        EvaluationChecks.all(evaluation, try SmallData.prepared()).failed
    }

    @Test func awholeEvaluationPasses() throws {
        #expect(
            try failed(
                Evaluation(validation: report(16), test: report(20), mistakes: [])
            ).isEmpty)
    }

    /// What we measure is within its range, so a stored evaluation is the way to one that isn't.
    @Test func aMetricThatCantBeIsNamed() throws {
        let whole = Evaluation(validation: try report(16), test: try report(20), mistakes: [])
        var stored = try #require(
            JSONSerialization.jsonObject(with: JSONEncoder().encode(whole)) as? [String: Any])
        var test = try #require(stored["test"] as? [String: Any])
        #expect(test.updateValue(-1, forKey: "log_loss") != nil)
        stored["test"] = test
        let evaluation = try JSONDecoder().decode(
            Evaluation.self, from: JSONSerialization.data(withJSONObject: stored))
        let check = try EvaluationChecks.all(evaluation, SmallData.prepared())
            .named("metrics complete")
        #expect(!check.passed && check.severity == .blocking)
        #expect(check.evidence["missing"] == .texts(["log loss"]))
    }

    @Test(arguments: [(15, 20), (16, 19), (16, 21)])
    func imagesThatWereLeftOutAreFound(validation: Int, test: Int) throws {
        #expect(
            try failed(
                Evaluation(validation: report(validation), test: report(test), mistakes: []))
                == ["every image measured"])
    }
}
