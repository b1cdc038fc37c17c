/// Loss and accuracy by epoch, for training and validation, with the best epoch marked.
///
/// Values that are missing or not finite leave a gap in their line; the latter are marked with a
/// cross at the panel's upper edge. A loss that falls far is drawn on a logarithmic axis.
public struct LearningCurveFigure: Equatable, Sendable {
    /// The values of one epoch; losses in nats, accuracies as fractions in [0, 1].
    public struct Epoch: Equatable, Sendable {
        public let number: Int
        public let trainLoss: Double?
        public let validationLoss: Double?
        public let trainAccuracy: Double?
        public let validationAccuracy: Double?
        public let learningRate: Double?

        public init(
            number: Int, trainLoss: Double? = nil, validationLoss: Double? = nil,
            trainAccuracy: Double? = nil, validationAccuracy: Double? = nil,
            learningRate: Double? = nil
        ) {
            self.number = number
            self.trainLoss = trainLoss
            self.validationLoss = validationLoss
            self.trainAccuracy = trainAccuracy
            self.validationAccuracy = validationAccuracy
            self.learningRate = learningRate
        }
    }

    public let epochs: [Epoch]
    /// The number of the epoch whose weights were kept.
    public let bestEpoch: Int?
    public let title: String

    /// - Parameter epochs: at least one, in ascending order of their numbers.
    /// - Throws: `FigureError` if there are none, a number is negative, they are out of order, or
    ///   `bestEpoch` is not one of them.
    public init(epochs: [Epoch], bestEpoch: Int? = nil, title: String = "Learning curves") throws {
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
        self.epochs = epochs
        self.bestEpoch = bestEpoch
        self.title = title
    }

    /// The picture as the text of an SVG file. The learning rate has a panel of its own, if any
    /// epoch tells it.
    public var svg: String {
        var drawing = LearningCurveDrawing(self)
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
