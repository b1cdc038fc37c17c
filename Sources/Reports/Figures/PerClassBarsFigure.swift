/// Precision, recall and F1 of each class as bars side by side.
///
/// Scores of good models lie close together, so the axis starts near the lowest when all are above
/// 0.9; the picture then says so and breaks its bars above their base. Undefined scores have no
/// bar but a dash.
package struct PerClassBarsFigure: Equatable, Sendable {
    /// `[K]`
    package let classes: [ClassScores]
    package let title: String

    /// - Throws: `FigureError` if there are no classes, or a score is a number outside [0, 1].
    package init(
        classes: [ClassScores], title: String = "Precision, recall and F1 by class"
    ) throws {
        guard !classes.isEmpty else { throw FigureError.empty(what: "classes") }
        for scores in classes {
            guard scores.support >= 0 else {
                throw FigureError.negativeSize(
                    what: "support of \(scores.name)", value: scores.support)
            }
            for (measure, value) in scores.measured {
                guard let value, !(0...1).contains(value) else { continue }
                throw FigureError.shareRange(what: "\(measure) of \(scores.name)", value: value)
            }
        }
        self.classes = classes
        self.title = title
    }

    /// The picture as the text of an SVG file.
    package var svg: String { svg(.wide) }

    /// The same for a phone's width; nil where there are too many classes for it, or long names.
    var narrowSVG: String? { PerClassBarsDrawing.fitsNarrow(self) ? svg(.narrow) : nil }

    private func svg(_ width: FigureWidth) -> String {
        var drawing = PerClassBarsDrawing(self, width: width)
        return drawing.document()
    }

    // MARK: - Numbers shown

    /// In percent; from 0 unless all scores are above 90 %.
    var axis: AxisTicks {
        let values = classes.flatMap(\.measured).compactMap(\.value)
        guard let lowest = values.min(), lowest > 0.9 else { return .linear(from: 0, to: 100) }
        // A bar of no length would look like none, so the axis starts below the lowest.
        let air = max((1 - lowest) * 0.1, 0.0005)
        return .linear(from: (lowest - air) * 100, to: 100, limit: 100)
    }

    var isZoomed: Bool { axis.lower > 0 }

    /// `Lowest: recall of 9, 98.22% · the axis starts at 98%, not at 0`
    var summary: String {
        let all = classes.flatMap { scores in
            scores.measured.compactMap { measure, value in
                value.map { (text: "\(measure) of \(scores.name)", value: $0) }
            }
        }
        guard let lowest = all.min(by: { $0.value < $1.value }) else {
            return "No score is defined"
        }
        let text = "Lowest: \(lowest.text), \(NumberText.accuracy(lowest.value))"
        return isZoomed ? "\(text) · the axis starts at \(axis.labels[0])%, not at 0" : text
    }
}

/// Scores of one class; fractions in [0, 1], nil where they are undefined.
package struct ClassScores: Equatable, Sendable {
    package let name: String
    package let precision: Double?
    package let recall: Double?
    package let f1: Double?
    /// Samples of the class.
    package let support: Int

    /// Scores that aren't numbers are taken as undefined.
    package init(name: String, precision: Double?, recall: Double?, f1: Double?, support: Int) {
        func defined(_ value: Double?) -> Double? { value.flatMap { $0.isNaN ? nil : $0 } }
        self.name = name
        self.precision = defined(precision)
        self.recall = defined(recall)
        self.f1 = defined(f1)
        self.support = support
    }

    /// In the order of the bars.
    var measured: [(measure: String, value: Double?)] {
        [("precision", precision), ("recall", recall), ("F1", f1)]
    }
}

extension PerClassBarsFigure {
    /// The same numbers as a table of a page.
    var table: HTML {
        Table(
            caption: "Scores by class",
            columns: [
                .init(title: "Class", isHeader: true), .init(title: "Precision", isNumber: true),
                .init(title: "Recall", isNumber: true), .init(title: "F1", isNumber: true),
                .init(title: "Samples", isNumber: true),
            ],
            rows: classes.map { scores in
                [.text(scores.name)]
                    + scores.measured.map { .text(NumberText.optionalAccuracy($0.value)) }
                    + [.text(NumberText.grouped(scores.support))]
            }
        ).html
    }
}
