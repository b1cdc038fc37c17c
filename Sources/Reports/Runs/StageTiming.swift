/// What became of one stage of a run, and how long it took.
package struct StageTiming: Equatable, Sendable {
    package enum Outcome: Equatable, Sendable {
        case made
        /// Taken from an earlier run.
        case reused(run: String)
        case skipped(reason: String)
        case failed(message: String)
    }

    package let name: String
    /// Wall clock; nil where it didn't run or wasn't measured.
    package let seconds: Double?
    package let outcome: Outcome

    package init(name: String, seconds: Double? = nil, outcome: Outcome) {
        self.name = name
        self.seconds = seconds
        self.outcome = outcome
    }

    // MARK: - Table

    /// A row a stage, with a bar as long as its share of the longest.
    static func table(_ stages: [StageTiming]) -> HTML {
        let times = stages.compactMap(\.shownSeconds)
        let longest = times.max() ?? 0
        return Table(
            caption: "Time by stage, \(NumberText.duration(times.reduce(0, +))) in all",
            columns: [
                .init(title: "Stage", isHeader: true), .init(title: "Outcome"),
                .init(title: "Time", isNumber: true),
                .init(title: "Share of the longest", isAside: true),
            ],
            rows: stages.map { $0.row(longest: longest) }
        ).html
    }

    private var shownSeconds: Double? { seconds.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil } }

    private func row(longest: Double) -> [HTML] {
        let share = longest > 0 ? (shownSeconds ?? 0) / longest : 0
        let bar = HTML.tag("span", ["style": "width: \(NumberText.fixed(share * 100))%"])
        return [
            .text(name), outcome.html, .text(shownSeconds.map(NumberText.duration) ?? "–"),
            shownSeconds == nil
                ? .text("") : .tag("span", ["class": "track", "aria-hidden": "true"], [bar]),
        ]
    }
}

extension StageTiming.Outcome {
    fileprivate var html: HTML {
        switch self {
        case .made: .badge("built", .good)
        case .reused(let run): described(.badge("cached", .plain), "from \(run)")
        case .skipped(let reason): described(.badge("skipped", .warning), reason)
        case .failed(let message): described(.badge("failed", .bad), message)
        }
    }

    private func described(_ badge: HTML, _ text: String) -> HTML {
        text.isEmpty ? badge : .tag("span", [badge, .text(" "), .lines(text)])
    }
}
