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

    /// A probability of 0 for what is true makes the log loss infinite.
    @Test func aMetricThatIsNotFiniteIsMissing() throws {
        let evaluation = Evaluation(
            validation: try report(16), test: try report(20, ownClass: 0), mistakes: [])
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
