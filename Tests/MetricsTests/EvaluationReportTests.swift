import Foundation
import Metrics
import TestSupport
import Testing

/// The report of everything, its numbers and its JSON.
@Suite struct EvaluationReportTests {
    @Test func everyNumberEqualsTheOtherLibraries() throws {
        for item in try GoldenCases<ProbabilityCase>.read("probabilities") {
            let report = try EvaluationReport(
                item.samples(), classNames: item.classNames, calibrationBins: item.bins)
            let agreement = item.agreement
            expectSame(
                [report.accuracy, report.balancedAccuracy, report.matthewsCorrelation],
                [agreement.accuracy, agreement.balancedAccuracy, agreement.matthews], item.name)
            expectSame(
                [
                    report.cohenKappa.unweighted, report.cohenKappa.linear,
                    report.cohenKappa.quadratic,
                ], agreement.kappa, item.name)
            expectSame(report.perClass.map(\.precision), item.scores.perClass[0], item.name)
            expectSame(report.perClass.map(\.recall), item.scores.perClass[1], item.name)
            expectSame(report.perClass.map(\.f1), item.scores.perClass[2], item.name)
            expectSame(report.perClass.map(\.rocAUC), item.auc.perClass, item.name)
            expectSame(
                [report.rocAUC.macro, report.rocAUC.weighted],
                [item.auc.macro, item.auc.weighted], item.name)
            expectSame([report.macroAverage.f1], [item.scores.macro[2]], item.name)
            expectSame([report.microAverage.f1], [item.scores.micro[2]], item.name)
            expectSame([report.weightedAverage.f1], [item.scores.weighted[2]], item.name)
            expectSame(
                [report.logLoss, report.expectedCalibrationError], [item.logLoss, item.ece],
                tolerance: 2e-6, item.name)
            #expect(report.sampleCount == item.labels.count)
            #expect(report.perClass.map(\.support) == item.scores.support)
            #expect(report.classificationReport == item.report, "\(item.name)")
            for (k, value) in report.topKAccuracy {
                expectSame([value], [item.topK[k - 1]], "\(item.name): top \(k)")
            }
        }
    }

    @Test func jsonKeysAreStableSortedAndSnakeCase() throws {
        let data = try sample().jsonData()
        let object = try #require(
            try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            object.keys.sorted() == [
                "accuracy", "accuracy_interval_95", "balanced_accuracy", "calibration_bin_count",
                "calibration_bins",
                "class_names", "classification_report", "cohen_kappa", "confusion_matrix",
                "expected_calibration_error", "log_loss", "macro_average",
                "matthews_correlation", "micro_average", "normalized_confusion_matrix",
                "per_class", "roc_auc", "sample_count", "top_k_accuracy", "warnings",
                "weighted_average", "zero_division",
            ])
        let row = try #require((object["per_class"] as? [[String: Any]])?.first)
        #expect(
            row.keys.sorted() == [
                "f1", "name", "precision", "predicted_count", "recall", "roc_auc", "support",
            ])
        #expect((object["top_k_accuracy"] as? [String: Double])?.keys.sorted() == ["2", "3"])
        let shares = object["normalized_confusion_matrix"] as? [String: Any]
        #expect(shares?.keys.sorted() == ["by_all", "by_predicted", "by_true"])
        let text = String(decoding: data, as: UTF8.self)
        let topLevel = text.split(separator: "\n").filter { $0.hasPrefix("  \"") }
        #expect(topLevel == topLevel.sorted())
        #expect(text.hasSuffix("}\n"))
        #expect(try sample().jsonData() == data)
    }

    @Test func undefinedNumbersAreNullAndExplained() throws {
        let report = try EvaluationReport(
            labels: [1, 1], probabilities: [0.25, 0.75, 0, 0, 1, 0], classNames: ["a", "b", "c"],
            zeroDivision: .nan)
        let text = String(decoding: try report.jsonData(), as: UTF8.self)
        for key in ["macro", "weighted", "unweighted", "linear", "quadratic"] {
            #expect(text.contains("\"\(key)\" : null"), "\(key)")
        }
        #expect(text.components(separatedBy: "\"roc_auc\" : null").count == 4)
        #expect(text.components(separatedBy: "\"precision\" : null").count == 3)
        #expect(!text.contains("nan,") && !text.contains("-1"))
        #expect(
            report.warnings.map(\.description) == [
                "precision of class 0, 2: undefined: no predicted samples",
                "recall of class 0, 2: undefined: no true samples",
                "f1 of class 0, 2: undefined: no true nor predicted samples",
                "roc_auc of class 0, 2: undefined: no sample has this label; "
                    + "so is the macro average",
                "roc_auc of class 1: undefined: every sample has this label; so are the averages",
                "cohen_kappa: undefined: labels and predictions are all of one class",
            ])
        #expect(try EvaluationReport(jsonData: report.jsonData()) == report)
    }

    @Test func reportsSurviveJSON() throws {
        let report = try sample()
        #expect(try EvaluationReport(jsonData: report.jsonData()) == report)
        #expect(report.warnings.map(\.metric) == ["precision", "recall", "f1", "roc_auc"])
    }

    @Test func aMissingKeyIsAnErrorAndNotAnUndefinedNumber() throws {
        let text = String(decoding: try sample().jsonData(), as: UTF8.self)
        let broken = text.replacingOccurrences(of: "\"quadratic\"", with: "\"cubic\"")
        #expect(broken != text)
        #expect(throws: DecodingError.self) {
            try EvaluationReport(jsonData: Data(broken.utf8))
        }
    }

    @Test func optionsChangeWhatIsReported() throws {
        let report = try EvaluationReport(
            labels: [0, 1, 2], probabilities: [0.9, 0.1, 0, 0.3, 0.1, 0.6, 0, 0.3, 0.7],
            classNames: ["a", "b", "c"], topK: [1, 3], calibrationBins: 2, zeroDivision: .one)
        #expect(report.topKAccuracy.keys.sorted() == [1, 3])
        #expect(report.warnings.map(\.metric) == ["top_k_accuracy"])
        #expect(report.calibrationBinCount == 2)
        #expect(report.zeroDivision == .one)
        let finer = try EvaluationReport(
            labels: [0, 1, 2], probabilities: [0.9, 0.1, 0, 0.3, 0.1, 0.6, 0, 0.3, 0.7],
            classNames: ["a", "b", "c"])
        #expect(finer.topKAccuracy.keys.sorted() == [2])
        #expect(finer.expectedCalibrationError != report.expectedCalibrationError)
    }

    /// Four classes, the last without samples.
    private func sample() throws -> EvaluationReport {
        try EvaluationReport(
            labels: [0, 1, 2, 1],
            probabilities: [
                0.5, 0.25, 0.25, 0, 0.25, 0.5, 0.25, 0, 0.5, 0.25, 0.25, 0, 0, 1, 0, 0,
            ], classNames: ["zero", "one", "two", "three"])
    }
}
