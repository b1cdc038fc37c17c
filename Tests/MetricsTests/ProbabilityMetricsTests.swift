import Foundation
import Metrics
import TestSupport
import Testing

struct ProbabilityCase: Decodable {
    struct AUC: Decodable {
        let perClass: [Double?]
        let macro: Double?
        let weighted: Double?
        let binary: Double?

        enum CodingKeys: String, CodingKey {
            case macro, weighted, binary
            case perClass = "per_class"
        }
    }

    let name: String
    let labels: [Int]
    let classCount: Int
    let bins: Int
    let double: Bool
    let probabilities: [Double]
    let logLoss: Double
    let logLossWarns: Bool
    /// For k = 1 … K + 1.
    let topK: [Double]
    let auc: AUC
    let ece: Double
    let scores: GoldenScores
    let agreement: GoldenAgreement
    let report: String

    enum CodingKeys: String, CodingKey {
        case name, labels, bins, double, probabilities, auc, ece, scores, agreement, report
        case classCount = "class_count"
        case logLoss = "log_loss"
        case logLossWarns = "log_loss_warns"
        case topK = "top_k"
    }

    func samples() throws -> LabelledProbabilities {
        guard !double else {
            return try LabelledProbabilities(
                labels: labels, probabilities: probabilities, classCount: classCount)
        }
        return try LabelledProbabilities(
            labels: labels, probabilities: probabilities.map { Float($0) }, classCount: classCount)
    }

    var classNames: [String] { (0..<classCount).map { "class \($0)" } }
    /// The other library sums float32 logarithms in float32.
    var lossTolerance: Double { double ? 1e-12 : 2e-6 }
}

/// Numbers made from probabilities, against scikit-learn's and torchmetrics'.
@Suite struct ProbabilityMetricsTests {
    let cases: [ProbabilityCase]

    init() throws {
        cases = try GoldenCases<ProbabilityCase>.read("probabilities")
        #expect(cases.count >= 100)
    }

    @Test func logLossEqualsScikitLearns() throws {
        for item in cases {
            let loss = try item.samples().logLoss()
            expectSame([loss.value], [item.logLoss], tolerance: item.lossTolerance, item.name)
            #expect(loss.warnings.isEmpty != item.logLossWarns, "\(item.name)")
        }
        let warning = cases.filter(\.logLossWarns)
        #expect(!warning.isEmpty)
    }

    @Test func topKAccuracyEqualsScikitLearns() throws {
        for item in cases {
            for (index, expected) in item.topK.enumerated() {
                let result = try item.samples().topKAccuracy(index + 1)
                expectSame([result.value], [expected], "\(item.name): k \(index + 1)")
                #expect(result.warnings.isEmpty == (index + 1 < item.classCount))
            }
        }
    }

    @Test func rocAUCEqualsScikitLearns() throws {
        for item in cases {
            let auc = try item.samples().rocAUC()
            expectSame(auc.perClass, item.auc.perClass, item.name)
            expectSame(
                [auc.macro, auc.weighted], [item.auc.macro, item.auc.weighted],
                "\(item.name): averages")
            let undefined = auc.perClass.indices.filter { auc.perClass[$0] == nil }
            #expect(auc.warnings.flatMap(\.classes).sorted() == undefined, "\(item.name)")
        }
    }

    @Test func twoClassesGiveTheBinaryAUC() throws {
        let binary = cases.filter { $0.auc.binary != nil }
        #expect(!binary.isEmpty)
        for item in binary {
            expectSame([try item.samples().rocAUC().perClass[1]], [item.auc.binary], item.name)
        }
    }

    @Test func calibrationErrorEqualsTorchmetrics() throws {
        for item in cases {
            let error = try item.samples().expectedCalibrationError(bins: item.bins)
            // torchmetrics adds in float32.
            expectSame([error], [item.ece], tolerance: 1e-6, item.name)
        }
    }

    @Test func theFirstOfEqualProbabilitiesIsThePrediction() throws {
        let samples = try LabelledProbabilities(
            labels: [0, 1], probabilities: [0.25, 0.5, 0.25, 0.4, 0.2, 0.4] as [Double],
            classCount: 3)
        #expect(samples.predictions == [1, 0])
        #expect(Array(samples.row(1)) == [0.4, 0.2, 0.4])
    }

    @Test func rowsThatDoNotSumToOneWarnInLogLossAndThrowInAUC() throws {
        let samples = try LabelledProbabilities(
            labels: [0, 1], probabilities: [0.5, 0.5, 0.25, 0.5] as [Float], classCount: 2)
        let loss = samples.logLoss()
        #expect(abs(loss.value - 0.693147180559945) < 1e-12)
        #expect(
            loss.warnings.map(\.description)
                == ["log_loss: row 1 of the probabilities sums to 0.75, not 1"])
        #expect(throws: MetricsError.rowSum(row: 1, sum: 0.75)) { try samples.rocAUC() }
    }

    @Test func wilsonIntervalsEqualSciPys() throws {
        struct Interval: Decodable {
            let successes: Int
            let trials: Int
            let lower: Double
            let upper: Double
        }
        for item in try GoldenCases<Interval>.read("wilson") {
            let interval = try WilsonInterval(successes: item.successes, trials: item.trials)
            expectSame(
                [interval.lower, interval.upper], [item.lower, item.upper],
                "\(item.successes)/\(item.trials)")
        }
    }
}
