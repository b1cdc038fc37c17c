import DurableFiles
import Foundation
import Metrics
import SafeText
import Training

extension EvaluationReport {
    /// `99.48 % accuracy (99.32 to 99.60), log loss 0.0156`
    var headline: String {
        let interval = accuracyInterval95
        return "\(Format.percent(accuracy)) accuracy (95 % interval "
            + "\(Format.percent(interval.lower)) to \(Format.percent(interval.upper))), "
            + "log loss \(Format.fixed(logLoss, 4))"
    }

    /// The headline, scikit-learn's table, and the figures that it lacks.
    var lines: [String] {
        func number(_ value: Double?) -> String {
            value.map { Format.fixed($0, 4) } ?? "undefined"
        }
        let topK = topKAccuracy.sorted { $0.key < $1.key }
            .map { "top-\($0.key) \(Format.percent($0.value))" }.joined(separator: ", ")
        var lines =
            [
                headline, topK, "",
            ] + reportLines + [
                "balanced accuracy           \(number(balancedAccuracy))",
                "ROC AUC (one-vs-rest)       \(number(rocAUC.macro)) macro, \(number(rocAUC.weighted)) weighted",
                "Cohen's kappa               \(number(cohenKappa.unweighted))",
                "Matthews correlation        \(number(matthewsCorrelation))",
                "expected calibration error  \(number(expectedCalibrationError))",
            ]
        lines += warnings.map { "warning: \($0)" }
        return lines
    }

    /// The report's text was made from names without line breaks of their own.
    private var reportLines: [String] {
        classificationReport.split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }
}

/// Each image's label and prediction, as `tessera predict` would give it.
struct PredictionTable {
    private let lines: [String]

    init(
        _ model: ConfiguredNetwork, _ samples: ImageSamples, _ classNames: [String],
        style: CSVField.Style
    ) {
        let names = classNames.map { CSVField.text($0, style: style) }
        let probabilities = Evaluator.probabilities(model, samples)
        let classCount = classNames.count
        lines = (0..<samples.count).map { position in
            let row = probabilities[position * classCount..<(position + 1) * classCount]
            let best = row.firstIndex(of: row.max()!)! - row.startIndex
            return "\(samples.indices[position]),\(names[samples.label(position)]),"
                + "\(names[best]),\(row.max()!)"
        }
    }

    /// - Throws: `FileError`.
    func write(to url: URL) throws {
        let text = (["index,label,prediction,confidence"] + lines).joined(separator: "\n") + "\n"
        try AtomicFile.writeOutput(Data(text.utf8), to: url)
    }
}
