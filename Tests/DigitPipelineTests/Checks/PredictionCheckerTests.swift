import Testing

@testable import DigitPipeline
@testable import Inference

@Suite struct PredictionCheckerTests {
    private func row(_ label: String, _ probability: Float) -> PredictionRow {
        PredictionRow(
            path: "a.png", topK: [RankedLabel(label: label, probability: probability)],
            isUnderThreshold: false,
            preparation: Preparation(isUsedAsIs: true, polarity: .lightOnDark))
    }

    private func failed(_ rows: [PredictionRow]) -> [String] {
        var checker = PredictionChecker(classNames: ["a", "b"])
        var summary = BatchSummary(classNames: ["a", "b"])
        for row in rows {
            checker.take(row)
            summary.count(row)
        }
        return checker.results(summary).failed
    }

    @Test func rowsInRangePass() { #expect(failed([row("a", 1), row("b", 0.5)]).isEmpty) }

    @Test func aLabelThatIsNoClassFails() {
        #expect(failed([row("c", 0.5)]) == ["predictions in range"])
    }

    @Test(arguments: [Float(1.5), -0.1, .nan, .infinity])
    func aProbabilityThatIsNoneFails(_ probability: Float) {
        #expect(failed([row("a", probability)]) == ["confidence in [0, 1]"])
    }

    @Test func whatCouldNotBeScoredIsAWarning() throws {
        let unread = PredictionRow(path: "b.png", error: "not a picture")
        #expect(failed([row("a", 1), unread]) == ["every image scored"])
        #expect(failed([]) == ["every image scored"])
    }
}
