import Inference
import Orchestration

/// Looks at each row of scores as it is made.
struct PredictionChecker {
    private let classNames: Set<String>
    private var rows = 0
    private var unknownLabels: [String] = []
    private var lowest = Float.infinity
    private var highest = -Float.infinity
    private var outOfRange = 0

    init(classNames: [String]) { self.classNames = Set(classNames) }

    mutating func take(_ row: PredictionRow) {
        rows += 1
        guard let best = row.topK.first else { return }
        if !classNames.contains(best.label) { unknownLabels.append(best.label) }
        lowest = min(lowest, best.probability)
        highest = max(highest, best.probability)
        outOfRange += row.topK.filter { !(0...1).contains($0.probability) }.count
    }

    func results(_ summary: BatchSummary) -> [CheckResult] {
        var confidence: Metadata = ["out_of_range": .integer(outOfRange)]
        confidence["lowest"] = .finite(Double(lowest))
        confidence["highest"] = .finite(Double(highest))
        return [
            CheckResult(
                "predictions in range", of: .predictions, severity: .blocking,
                passed: unknownLabels.isEmpty,
                evidence: [
                    "rows": .integer(rows), "unknown": .texts(Array(unknownLabels.prefix(5))),
                ]),
            CheckResult(
                "confidence in [0, 1]", of: .predictions, severity: .blocking,
                passed: outOfRange == 0, evidence: confidence),
            CheckResult(
                "every image scored", of: .predictions, severity: .warning,
                passed: summary.failed == 0 && summary.scored > 0,
                evidence: [
                    "scored": .integer(summary.scored), "failed": .integer(summary.failed),
                ]),
        ]
    }
}
