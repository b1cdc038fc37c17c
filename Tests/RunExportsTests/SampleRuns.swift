import Foundation

@testable import RunExports

extension ExportedRun {
    /// The run that `Tests/Golden/tracking/make_events.py` has, too.
    static let small = ExportedRun(
        id: "run-1", name: "a | b", experiment: "digits", status: .succeeded,
        startedAt: date(0.25), finishedAt: date(60.5),
        parameters: ["optimizer": "adam", "learning_rate": "1e-3", "augment": "true"],
        tags: ["machine": "<small> & *old*"],
        metrics: [
            .init(name: "train/loss", step: 0, value: 2.302585092994046, at: date(10.5)),
            .init(name: "train/loss", step: 1, value: 0.1, at: date(20.5)),
            .init(name: "train/norm", step: 1, value: .infinity, at: date(20.5)),
            .init(name: "train/loss", step: 2, value: .nan, at: date(30.5)),
            .init(name: "Genauigkeit é", step: (1 << 31) - 1, value: 0.991, at: date(40.5)),
        ])

    /// More points than TensorBoard samples (10,000) and than MLflow takes in a call (1,000).
    static func long(points: Int = 12_000) -> ExportedRun {
        var run = small
        run.id = "long"
        run.metrics = (0..<points).map { step in
            .init(
                name: "loss", step: step, value: 1 / Double(step + 1),
                at: date(Double(step) / 8))
        }
        return run
    }

    /// Seconds after a start; sums of a few powers of two, so that nothing is rounded.
    static func date(_ seconds: Double) -> Date {
        Date(timeIntervalSince1970: 1_700_000_000 + seconds)
    }
}
