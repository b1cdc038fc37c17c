import Foundation
import Metrics
import TestSupport
import Testing

/// Numbers made from labels and predictions, against scikit-learn's.
@Suite struct LabelMetricsTests {
    struct LabelCase: Decodable {
        let name: String
        let labels: [Int]
        let predictions: [Int]
        let classes: [Int]?
        let zeroDivision: ZeroDivision
        let digits: Int
        let classNames: [String]?
        let scores: GoldenScores
        let agreement: GoldenAgreement
        let confusion: GoldenConfusion?
        let report: String

        enum CodingKeys: String, CodingKey {
            case name, labels, predictions, classes, digits, scores, agreement, confusion, report
            case zeroDivision = "zero_division"
            case classNames = "class_names"
        }
    }

    let cases: [LabelCase]

    init() throws {
        cases = try GoldenCases<LabelCase>.read("labels")
        #expect(cases.count > 200)
    }

    @Test func confusionMatricesEqualScikitLearns() throws {
        for item in cases {
            guard let expected = item.confusion else {
                #expect(throws: MetricsError.noSuchLabel(classes: item.classes ?? [])) {
                    try self.matrix(item)
                }
                continue
            }
            let matrix = try self.matrix(item)
            #expect(matrix.counts == expected.counts, "\(item.name)")
            for (kind, shares) in [
                (ConfusionMatrix.Normalization.byTrue, expected.true),
                (.byPredicted, expected.pred), (.byAll, expected.all),
            ] {
                guard let shares else { continue }
                assertClose(
                    matrix.normalized(kind).flatMap { $0 }, shares.flatMap { $0 },
                    "\(item.name): \(kind)")
            }
        }
    }

    @Test func agreementEqualsScikitLearns() throws {
        for item in cases {
            let full = try ConfusionMatrix(labels: item.labels, predictions: item.predictions)
            let values = [
                full.accuracy, full.balancedAccuracy.value, full.matthewsCorrelation,
            ]
            let expected = item.agreement
            expectSame(
                values, [expected.accuracy, expected.balancedAccuracy, expected.matthews], item.name
            )
            let chosen = item.confusion == nil ? full : try matrix(item)
            let kappas = KappaWeights.allCases.map { chosen.cohenKappa($0) }
            expectSame(kappas.map(\.value), expected.kappa, "\(item.name): kappa")
            for kappa in kappas { #expect((kappa.value == nil) == !kappa.warnings.isEmpty) }
        }
    }

    @Test func precisionRecallAndF1EqualScikitLearns() throws {
        for item in cases { expectSame(try scores(item), item.scores, item.name) }
    }

    @Test func textReportsEqualScikitLearnsByteForByte() throws {
        for item in cases {
            let text = try scores(item).reportText(
                classNames: item.classNames, digits: item.digits)
            #expect(Data(text.utf8) == Data(item.report.utf8), "\(item.name)")
        }
    }

    @Test func warningsAreCollectedOnlyWhenAskedFor() throws {
        for zeroDivision in ZeroDivision.allCases where zeroDivision != .warn {
            let scores = try ClassificationScores(
                labels: [0, 1], predictions: [0, 0], zeroDivision: zeroDivision)
            #expect(scores.warnings.isEmpty)
        }
        let scores = try ClassificationScores(
            labels: [0, 1, 1], predictions: [0, 0, 2], classes: [0, 1, 2, 3])
        #expect(
            scores.warnings == [
                MetricWarning(
                    metric: "precision", classes: [1, 3], reason: "no predicted samples; set to 0"),
                MetricWarning(
                    metric: "recall", classes: [2, 3], reason: "no true samples; set to 0"),
                MetricWarning(
                    metric: "f1", classes: [3], reason: "no true nor predicted samples; set to 0"),
            ])
        #expect(
            scores.warnings[0].description
                == "precision of class 1, 3: no predicted samples; set to 0")
    }

    @Test func classesWithoutSamplesAreLeftOutOfBalancedAccuracyWithAWarning() throws {
        let matrix = try ConfusionMatrix(labels: [0, 0, 1], predictions: [2, 0, 1], classCount: 5)
        #expect(matrix.balancedAccuracy.value == 0.75)
        #expect(matrix.balancedAccuracy.warnings.map(\.classes) == [[2]])
        let clean = try ConfusionMatrix(labels: [0, 1], predictions: [1, 1], classCount: 3)
        #expect(clean.balancedAccuracy.warnings.isEmpty)
    }

    @Test func matricesCountEverySample() throws {
        var generator = SeededGenerator(seed: 7)
        let labels = (0..<500).map { _ in Int(generator.next() % 7) }
        let predictions = (0..<500).map { _ in Int(generator.next() % 7) }
        let matrix = try ConfusionMatrix(labels: labels, predictions: predictions, classCount: 9)
        #expect(matrix.sampleCount == 500)
        #expect(matrix.trueCounts.reduce(0, +) == 500)
        #expect(matrix.predictedCounts.reduce(0, +) == 500)
        for row in matrix.normalized(.byTrue).prefix(7) {
            #expect(abs(row.reduce(0, +) - 1) < 1e-12)
        }
        #expect(matrix.normalized(.byTrue)[8] == [Double](repeating: 0, count: 9))
    }

    @Test func matricesSurviveJSONAndBrokenOnesAreRefused() throws {
        let matrix = try ConfusionMatrix(labels: [4, 4, 9], predictions: [9, 4, 9])
        let data = try JSONEncoder().encode(matrix)
        #expect(try JSONDecoder().decode(ConfusionMatrix.self, from: data) == matrix)
        for broken in [
            #"{"classes":[0,1],"counts":[[1,2]]}"#, #"{"classes":[0,1],"counts":[[1,2],[3]]}"#,
            #"{"classes":[0,0],"counts":[[1,2],[3,4]]}"#,
            #"{"classes":[0,1],"counts":[[1,2],[3,-4]]}"#,
            #"{"classes":[0,1],"counts":[[0,0],[0,0]]}"#,
            #"{"classes":[0,1],"counts":[[9223372036854775807,1],[0,0]]}"#,
        ] {
            #expect(throws: MetricsError.self, "\(broken)") {
                try JSONDecoder().decode(ConfusionMatrix.self, from: Data(broken.utf8))
            }
        }
    }

    private func matrix(_ item: LabelCase) throws -> ConfusionMatrix {
        guard let classes = item.classes else {
            return try ConfusionMatrix(labels: item.labels, predictions: item.predictions)
        }
        return try ConfusionMatrix(
            labels: item.labels, predictions: item.predictions, classes: classes)
    }

    private func scores(_ item: LabelCase) throws -> ClassificationScores {
        try ClassificationScores(
            labels: item.labels, predictions: item.predictions, classes: item.classes,
            zeroDivision: item.zeroDivision)
    }
}
