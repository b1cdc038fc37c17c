import RunFacts

/// Loss and accuracy by epoch, for training and validation, with the best epoch marked.
///
/// Values that are missing or not finite leave a gap in their line; the latter are marked with a
/// cross at the panel's upper edge. A loss that falls far is drawn on a logarithmic axis.
package struct LearningCurveFigure: Equatable, Sendable {

    /// The learning rate of one step of training.
    package struct Step: Equatable, Sendable {
        /// In epochs from the start of training: 1.5 is in the middle of the second.
        package let position: Double
        package let learningRate: Double

        package init(position: Double, learningRate: Double) {
            self.position = position
            self.learningRate = learningRate
        }
    }

    package let epochs: [TrainingEpoch]
    /// The steps that are drawn: all, or so many of a long training as a picture can show.
    package let steps: [Step]
    /// The number of the epoch whose weights were kept.
    package let bestEpoch: Int?
    package let title: String

    /// The most steps that are drawn; of more, every second, third … is.
    private static let mostSteps = 4_000

    /// - Parameters:
    ///   - epochs: at least one, in ascending order of their numbers.
    ///   - steps: in ascending order of their positions; none leaves the learning rate to the epochs.
    /// - Throws: `FigureError` if there are no epochs, a number is negative, they or the steps are out
    ///   of order, or `bestEpoch` is not one of them.
    package init(
        epochs: [TrainingEpoch], steps: [Step] = [], bestEpoch: Int? = nil,
        title: String = "Learning curves"
    ) throws {
        guard !epochs.isEmpty else { throw FigureError.empty(what: "epochs") }
        for (index, epoch) in epochs.enumerated()
        where epoch.number < 0 || epoch.number > Int(Int32.max) {
            throw FigureError.epochRange(index: index, epoch: epoch.number)
        }
        for (index, pair) in zip(epochs, epochs.dropFirst()).enumerated()
        where pair.1.number <= pair.0.number {
            throw FigureError.epochOrder(
                index: index + 1, epoch: pair.1.number, previous: pair.0.number)
        }
        if let bestEpoch, !epochs.contains(where: { $0.number == bestEpoch }) {
            throw FigureError.unknownBestEpoch(bestEpoch)
        }
        try Self.validate(steps)
        self.epochs = epochs
        self.steps = Self.thinned(steps)
        self.bestEpoch = bestEpoch
        self.title = title
    }

    private static func validate(_ steps: [Step]) throws {
        for (index, step) in steps.enumerated() {
            let previous = index == 0 ? 0 : steps[index - 1].position
            guard step.position >= previous, step.position <= Double(Int32.max) else {
                throw FigureError.stepOrder(
                    index: index, position: step.position, previous: previous)
            }
        }
    }

    private static func thinned(_ steps: [Step]) -> [Step] {
        let stride = (steps.count + mostSteps - 1) / mostSteps
        guard stride > 1 else { return steps }
        return steps.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
    }

    /// Whether anything tells the learning rate, which then has a panel of its own.
    var hasLearningRate: Bool {
        !steps.isEmpty || epochs.contains { $0.learningRate != nil }
    }

    /// The picture as the text of an SVG file.
    package var svg: String { svg(.wide) }

    /// The same for a phone's width.
    var narrowSVG: String { svg(.narrow) }

    private func svg(_ width: FigureWidth) -> String {
        var drawing = LearningCurveDrawing(self, width: width)
        return drawing.document()
    }

    /// `30 epochs · best: epoch 12 (validation loss 0.0213, validation accuracy 99.36%)`
    var summary: String {
        let count = "\(epochs.count) epoch\(epochs.count == 1 ? "" : "s")"
        guard let bestEpoch, let best = epochs.first(where: { $0.number == bestEpoch }) else {
            return count
        }
        let loss = best.validationLoss.flatMap { $0.isFinite ? $0 : nil }
            .map { "validation loss \(NumberText.significant($0))" }
        let accuracy = best.validationAccuracy.flatMap { $0.isFinite ? $0 : nil }
            .map { "validation accuracy \(NumberText.accuracy($0))" }
        let details = [loss, accuracy].compactMap { $0 }.joined(separator: ", ")
        return "\(count) · best: epoch \(bestEpoch)" + (details.isEmpty ? "" : " (\(details))")
    }
}
