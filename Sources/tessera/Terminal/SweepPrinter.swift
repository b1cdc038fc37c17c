import DigitPipeline
import Synchronization

/// Shows a sweep's events on standard error: a line for each training that ended, and on a terminal a
/// live line with how far all are, the best so far and the time that is left.
final class SweepPrinter: Sendable {
    private struct State {
        var line: LiveLine
        /// Of the round under way, where there are rounds.
        var round = ""
        var done = 0
        var count = 0
        var startSeconds = 0.0
        /// When the latest training ended.
        var doneSeconds = 0.0
        var best: Double?
    }

    private let plan: SweepPlan
    private let console: Console
    private let state: Mutex<State>

    init(_ plan: SweepPlan, console: Console = .standardError()) {
        self.plan = plan
        self.console = console
        state = Mutex(State(line: LiveLine(console: console)))
    }

    func handle(_ event: SweepEvent) {
        state.withLock { state in
            switch event {
            case .started(let trials, let trainings):
                say(
                    "sweep \(plan.name): \(Format.counted(trials, "configuration")), "
                        + Format.counted(trainings, "training"), &state)
                begin(count: trainings, &state)
            case .parallelism(let measured): tell(measured, &state)
            case .round(let number, let trials, let epochs):
                say(
                    "round \(number): \(Format.counted(trials, "configuration")) to epoch \(epochs)",
                    &state)
                state.round = "round \(number)  "
                begin(count: trials * plan.seeds.count, &state)
            case .finished(let outcome, let number, let count):
                finished(outcome, number: number, of: count, &state)
            case .dataset(let event):
                if case .dataset(.notice(let notice)) = event { say("  \(notice)", &state) }
                if case .note(let note) = event { say("  \(note)", &state) }
            case .trained: break
            }
            draw(&state)
        }
    }

    /// Takes the live line away, before others write.
    func finish() { state.withLock { $0.line.erase() } }

    // MARK: - Private

    private func begin(count: Int, _ state: inout State) {
        (state.done, state.count, state.startSeconds) = (0, count, console.now())
        state.doneSeconds = state.startSeconds
    }

    private func tell(_ measured: [TrialParallelism], _ state: inout State) {
        for (index, way) in measured.enumerated() {
            let speed = way.imagesPerSecond.map { ": \(Format.imageRate($0))" } ?? ""
            say(
                "  \(way.trials) at a time on \(Format.counted(way.threads, "thread")) each\(speed)"
                    + (index == 0 ? ", taken" : ""), &state)
        }
        // Measuring is no training.
        state.startSeconds = console.now()
    }

    private func finished(
        _ outcome: TrialOutcome, number: Int, of count: Int, _ state: inout State
    ) {
        (state.done, state.count) = (max(state.done, number), count)
        state.doneSeconds = console.now()
        if let score = plan.metric.value(of: outcome),
            state.best.map({ plan.metric.isBetter(score, than: $0) }) ?? true
        {
            state.best = score
        }
        say(
            "[\(number)/\(count)] \(outcome.trial.name), seed \(outcome.seed): \(text(outcome))",
            &state)
    }

    private func text(_ outcome: TrialOutcome) -> String {
        guard let accuracy = outcome.validationAccuracy, let loss = outcome.validationLoss else {
            return outcome.failure.map { "failed: \($0)" } ?? "no epoch was finished"
        }
        return "\(Format.percent(accuracy)), loss \(Format.loss(loss)), "
            + Format.duration(outcome.seconds)
    }

    private func draw(_ state: inout State) {
        guard console.isLive, state.count > 0, state.done < state.count else { return }
        let bar = bar(state)
        state.line.update(
            fraction: Double(state.done) / Double(state.count), bar: { bar }, plain: { "" })
    }

    private func bar(_ state: State) -> ProgressBar {
        let fraction = Double(state.done) / Double(max(state.count, 1))
        var pieces: [ProgressBar.Piece] = [
            .text(
                "\(state.round)\(Format.count(state.done)) of "
                    + Format.counted(state.count, "training"), rank: 0),
            .bar(fraction: fraction, rank: 0),
        ]
        if let best = state.best { pieces.append(.text("best \(text(best))", rank: 1)) }
        if let left = remaining(state) {
            pieces.append(.text("ETA \(Format.remaining(left))", rank: 2))
        }
        return ProgressBar(pieces: pieces)
    }

    /// Seconds, if the trainings to come take as long as those that ended; nil before the first.
    private func remaining(_ state: State) -> Double? {
        guard state.done > 0 else { return nil }
        let each = (state.doneSeconds - state.startSeconds) / Double(state.done)
        let left = each * Double(state.count - state.done)
        return max(0, left - (console.now() - state.doneSeconds))
    }

    private func text(_ score: Double) -> String {
        plan.metric == .validationAccuracy ? Format.percent(score) : "loss \(Format.loss(score))"
    }

    private func say(_ text: String, _ state: inout State) { state.line.print(text) }
}

extension SweepPlan.Metric {
    fileprivate func value(of outcome: TrialOutcome) -> Double? {
        self == .validationAccuracy ? outcome.validationAccuracy : outcome.validationLoss
    }
}
