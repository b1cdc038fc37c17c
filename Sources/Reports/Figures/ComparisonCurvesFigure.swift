import RunFacts

/// Validation loss and accuracy by epoch of several runs, one over the other.
///
/// The first eight have colours of their own, the rest is grey and lies behind them; so give the
/// best first.
package struct ComparisonCurvesFigure: Equatable, Sendable {
    package struct Series: Equatable, Sendable {
        package let name: String
        package let epochs: [TrainingEpoch]

        package init(name: String, epochs: [TrainingEpoch]) {
            self.name = name
            self.epochs = epochs
        }
    }

    package let series: [Series]
    package let title: String

    /// - Parameter series: at least one with an epoch; the epochs of each in ascending order.
    /// - Throws: `FigureError` if there is no epoch, a number is negative, or they are out of
    ///   order.
    package init(
        series: [Series], title: String = "Validation loss and accuracy by epoch"
    ) throws {
        guard series.contains(where: { !$0.epochs.isEmpty }) else {
            throw FigureError.empty(what: "epochs")
        }
        for line in series { try Self.validate(line.epochs.map(\.number)) }
        self.series = series
        self.title = title
    }

    private static func validate(_ numbers: [Int]) throws {
        for (index, number) in numbers.enumerated() {
            guard (0...Int(Int32.max)).contains(number) else {
                throw FigureError.epochRange(index: index, epoch: number)
            }
            guard index == 0 || number > numbers[index - 1] else {
                throw FigureError.epochOrder(
                    index: index, epoch: number, previous: numbers[index - 1])
            }
        }
    }

    /// The picture as the text of an SVG file.
    package var svg: String { svg(.wide) }

    /// The same for a phone's width.
    var narrowSVG: String { svg(.narrow) }

    private func svg(_ width: FigureWidth) -> String {
        var drawing = ComparisonCurvesDrawing(self, width: width)
        return drawing.document()
    }

    /// `12 runs, up to 30 epochs`
    var summary: String {
        let longest = series.map(\.epochs.count).max() ?? 0
        return "\(series.count) run\(series.count == 1 ? "" : "s"), "
            + "\(series.count == 1 ? "" : "up to ")\(longest) epoch\(longest == 1 ? "" : "s")"
    }
}
