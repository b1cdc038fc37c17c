import Foundation
import SafeText

extension ClassificationScores {
    /// The scores as a table, byte for byte what scikit-learn's `classification_report` prints.
    ///
    /// The row of the micro average is called `accuracy` when every label is covered. Undefined
    /// numbers are `nan`. As there, names are measured in Unicode code points; unlike there, control
    /// characters in them are shown as escapes, lest a name add a row.
    ///
    /// - Parameter classNames: one for each of `classes`; by default the labels themselves.
    /// - Parameter digits: decimals of the scores.
    /// - Throws: `MetricsError` if the number of names differs or `digits` is negative.
    /// - Source: scikit-learn 1.9 `sklearn.metrics.classification_report`.
    public func reportText(classNames: [String]? = nil, digits: Int = 2) throws -> String {
        let names = classNames?.map { $0.escapingHiddenCharacters() } ?? classes.map(String.init)
        guard names.count == classes.count else {
            throw MetricsError.classNameCount(expected: classes.count, got: names.count)
        }
        guard digits >= 0 else {
            throw MetricsError.parameter(name: "digits", value: digits, atLeast: 0)
        }
        let longest = names.map(\.unicodeScalars.count).max() ?? 0
        let table = ReportTable(
            nameWidth: max(longest, "weighted avg".count, digits), digits: digits,
            // With no sample right, scikit-learn's counts are floats and print as such.
            supportSuffix: anyCorrect ? "" : ".0")
        let header = table.line("", ["precision", "recall", "f1-score", "support"])
        let rows = zip(names, perClass).map { table.row($0, $1) }.joined()
        let microRow =
            coversEveryLabel ? table.accuracyRow(micro) : table.row("micro avg", micro)
        return header + "\n" + rows + "\n" + microRow + table.row("macro avg", macro)
            + table.row("weighted avg", weighted)
    }
}

private struct ReportTable {
    let nameWidth: Int
    let digits: Int
    let supportSuffix: String

    func row(_ name: String, _ scores: PrecisionRecallF1) -> String {
        line(
            name,
            [
                number(scores.precision), number(scores.recall), number(scores.f1),
                support(scores),
            ])
    }

    func accuracyRow(_ scores: PrecisionRecallF1) -> String {
        line("accuracy", ["", "", number(scores.f1), support(scores)])
    }

    func line(_ name: String, _ cells: [String]) -> String {
        let padded = cells.map { " " + padLeft($0, to: 9) }
        return padLeft(name, to: nameWidth) + " " + padded.joined() + "\n"
    }

    private func number(_ value: Double?) -> String {
        guard let value else { return "nan" }
        return String(format: "%.\(digits)f", value)
    }

    private func support(_ scores: PrecisionRecallF1) -> String {
        "\(scores.support)\(supportSuffix)"
    }

    private func padLeft(_ text: String, to width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.unicodeScalars.count)) + text
    }
}
