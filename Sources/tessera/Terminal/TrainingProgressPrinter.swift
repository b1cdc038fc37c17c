import Synchronization
import Training

/// Shows training's events: a live line and a line an epoch on a terminal, plain lines elsewhere.
final class TrainingProgressPrinter: Sendable {
    private struct State {
        var line: LiveLine
        /// Known from the first batch on.
        var epochCount: Int?
    }

    private let state: Mutex<State>

    init(console: Console = .standardError()) {
        state = Mutex(State(line: LiveLine(console: console)))
    }

    func handle(_ event: TrainingEvent) {
        state.withLock { state in
            switch event {
            case .started(let parameters, let train, let validation, let threads, let plan):
                state.line.print(
                    "training \(Format.count(parameters)) parameters on \(Format.count(train)) images"
                        + (validation > 0 ? " (\(Format.count(validation)) for validation)" : "")
                        + ", \(Format.counted(threads, "thread"))")
                state.line.print("convolutions: \(plan)")
            case .batch(let progress):
                state.epochCount = progress.epochCount
                state.line.update(
                    fraction: Double(progress.batch) / Double(max(progress.batchCount, 1)),
                    bar: { Self.bar(progress) }, plain: { Self.plain(progress) })
            case .epoch(let record):
                state.line.print(Self.summary(record, epochCount: state.epochCount))
            case .stoppedEarly(let epoch, let best):
                state.line.print("stopped after epoch \(epoch): no improvement since epoch \(best)")
            case .interrupted(let epoch, let batch):
                state.line.print("interrupted in epoch \(epoch) after batch \(batch)")
            case .restoredBest(let epoch):
                state.line.print("the weights are those of epoch \(epoch), the best")
            }
        }
    }

    /// Takes the live line away; call it before others write, and when training throws.
    func finish() { state.withLock { $0.line.erase() } }

    // MARK: - The lines

    private static func bar(_ progress: BatchProgress) -> ProgressBar {
        let fraction = Double(progress.batch) / Double(max(progress.batchCount, 1))
        return ProgressBar(
            pieces: [
                .text("epoch \(ordinal(progress.epoch, of: progress.epochCount))", rank: 0),
                .bar(fraction: fraction, rank: 0),
                .text("\(ordinal(progress.batch, of: progress.batchCount))", rank: 6),
                .text("loss \(Format.loss(progress.loss))", rank: 1),
            ] + accuracy(progress.accuracy, rank: 3) + [
                .text(Format.imageRate(progress.imagesPerSecond), rank: 4),
                .text("ETA \(Format.remaining(progress.etaSeconds))", rank: 2),
            ])
    }

    private static func plain(_ progress: BatchProgress) -> String {
        "epoch \(ordinal(progress.epoch, of: progress.epochCount))"
            + "  batch \(ordinal(progress.batch, of: progress.batchCount))"
            + "  loss \(Format.loss(progress.loss))"
            + (progress.accuracy.map { "  accuracy \(Format.percent($0))" } ?? "")
            + "  \(Format.imageRate(progress.imagesPerSecond))"
            + "  ETA \(Format.remaining(progress.etaSeconds))"
    }

    private static func summary(_ record: EpochRecord, epochCount: Int?) -> ProgressBar {
        ProgressBar(
            pieces: [
                .text("epoch \(ordinal(record.epoch, of: epochCount))", rank: 0),
                .text("train loss \(Format.loss(record.trainLoss))", rank: 3),
            ] + accuracy(record.trainAccuracy, rank: 4) + [
                .text("validation loss \(Format.loss(record.validationLoss))", rank: 2)
            ] + accuracy(record.validationAccuracy, rank: 1) + [
                .text("lr \(Format.learningRate(record.learningRate))", rank: 7),
                .text(Format.duration(record.elapsedSeconds), rank: 5),
                .text(Format.imageRate(record.imagesPerSecond), rank: 6),
            ] + (record.isBest ? [.text("best", rank: 3)] : []))
    }

    /// Nothing for a training that doesn't measure it.
    private static func accuracy(_ accuracy: Double?, rank: Int) -> [ProgressBar.Piece] {
        accuracy.map { [.text("accuracy \(Format.percent($0))", rank: rank)] } ?? []
    }

    /// ` 3/30`, padded so that the lines of a run stand under one another.
    private static func ordinal(_ number: Int, of count: Int?) -> String {
        guard let count else { return String(number) }
        let total = String(count)
        let text = String(number)
        return String(repeating: " ", count: max(0, total.count - text.count)) + "\(text)/\(total)"
    }
}
