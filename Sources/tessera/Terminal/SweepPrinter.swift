import DigitPipeline

/// Shows a sweep's events on standard error, a line each.
struct SweepPrinter: Sendable {
    private let plan: SweepPlan
    private let console = Console.standardError()

    init(_ plan: SweepPlan) { self.plan = plan }

    func handle(_ event: SweepEvent) {
        switch event {
        case .started(let trials, let trainings):
            say("sweep \(plan.name): \(trials) configurations, \(trainings) trainings")
        case .parallelism(let measured):
            for (index, way) in measured.enumerated() {
                let speed = way.imagesPerSecond.map { ": \(Format.imageRate($0))" } ?? ""
                say(
                    "  \(way.trials) at a time on \(way.threads) "
                        + "thread\(way.threads == 1 ? "" : "s") each\(speed)"
                        + (index == 0 ? ", taken" : ""))
            }
        case .round(let number, let trials, let epochs):
            say("round \(number): \(trials) configurations to epoch \(epochs)")
        case .finished(let outcome, let number, let count):
            say(
                "[\(number)/\(count)] \(outcome.trial.name), seed \(outcome.seed): \(text(outcome))"
            )
        case .dataset(let event):
            if case .dataset(.notice(let notice)) = event { say("  \(notice)") }
        }
    }

    private func text(_ outcome: TrialOutcome) -> String {
        guard let accuracy = outcome.validationAccuracy, let loss = outcome.validationLoss else {
            return outcome.failure.map { "failed: \($0)" } ?? "no epoch was finished"
        }
        return "\(Format.percent(accuracy)), loss \(Format.fixed(loss, 4)), "
            + Format.duration(outcome.seconds)
    }

    private func say(_ text: String) { console.line(text) }
}
