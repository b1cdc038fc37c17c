/// What was decided on a run's model, by whom and why.
package struct ReportedDeployment: Equatable, Sendable {
    package enum Outcome: Sendable {
        case deployed, refused, failed
    }

    /// A threshold of the gate, and what was measured.
    package struct Check: Equatable, Sendable {
        /// The rule's name, such as `accuracy_threshold`.
        package let rule: String
        /// With its unit, as it is to be read; nil where nothing was measured.
        package let value: String?
        /// With its relation, such as `≥ 90.00%`; nil where there is nothing to compare with.
        package let threshold: String?
        package let passed: Bool
        package let reason: String

        package init(
            rule: String, value: String?, threshold: String?, passed: Bool, reason: String
        ) {
            self.rule = rule
            self.value = value
            self.threshold = threshold
            self.passed = passed
            self.reason = reason
        }
    }

    /// The model that was deployed when this was decided.
    package struct Incumbent: Equatable, Sendable {
        package let name: String
        /// The first characters of its file's digest.
        package let digest: String
        /// By which it was deployed.
        package let strategy: String
        /// What sets both models apart, in a sentence.
        package let comparison: String

        package init(name: String, digest: String, strategy: String, comparison: String) {
            self.name = name
            self.digest = digest
            self.strategy = strategy
            self.comparison = comparison
        }
    }

    package var outcome: Outcome
    package var strategy: String
    /// Names and their parts in it, such as `Approved by: Ada`.
    package var people: [Fact]
    /// As it is to be read; nil where no record has it.
    package var time: String?
    package var reason: String
    /// The model's file and the first characters of its digest.
    package var model: String
    /// Whether the gate bound the decision, in words.
    package var gate: String
    package var checks: [Check]
    /// Nil where nothing else was deployed.
    package var incumbent: Incumbent?

    package init(
        outcome: Outcome, strategy: String, people: [Fact] = [], time: String? = nil,
        reason: String, model: String, gate: String, checks: [Check] = [],
        incumbent: Incumbent? = nil
    ) {
        self.outcome = outcome
        self.strategy = strategy
        self.people = people
        self.time = time
        self.reason = reason
        self.model = model
        self.gate = gate
        self.checks = checks
        self.incumbent = incumbent
    }
}

// MARK: - Section

extension ReportedDeployment {
    /// The decision, then a row for each threshold.
    var content: [HTML] {
        let decision = HTML.tag("div", ["class": "card"], [.pairs(pairs)])
        return [.tag("div", ["class": "stack"], [decision] + (checks.isEmpty ? [] : [table]))]
    }

    private var pairs: [(label: String, value: HTML)] {
        var pairs: [(String, HTML)] = [
            ("Decision", outcome.badge), ("Reason", .lines(reason)), ("Strategy", .text(strategy)),
        ]
        pairs += people.map { ($0.label, .text($0.value)) }
        if let time { pairs.append(("Decided", .text(time))) }
        pairs += [("Gate", .text(gate)), ("Model", .tag("code", model))]
        guard let incumbent else { return pairs + [("Deployed before", .text("nothing else"))] }
        let words: [HTML] = [
            .tag("code", "\(incumbent.name) (\(incumbent.digest))"),
            .text(", deployed by \(incumbent.strategy)"),
        ]
        return pairs + [
            (replaced, .tag("span", words)), ("Comparison", .text(incumbent.comparison)),
        ]
    }

    private var replaced: String { outcome == .deployed ? "Replaced" : "Kept" }

    private var table: HTML {
        let passed = checks.count(where: \.passed)
        return Table(
            caption: "Gate: \(passed) of \(checks.count) "
                + "\(checks.count == 1 ? "threshold" : "thresholds") met",
            columns: [
                .init(title: "Threshold", isHeader: true), .init(title: "Result"),
                .init(title: "Value", isNumber: true), .init(title: "Required", isNumber: true),
                .init(title: "Reason", isLong: true),
            ],
            rows: checks.map { check in
                [
                    .tag("code", check.rule),
                    check.passed ? .badge("✓ passed", .good) : .badge("✕ failed", .bad),
                    .text(check.value ?? "–"), .text(check.threshold ?? "–"), .text(check.reason),
                ]
            }, narrow: .stacks
        ).html
    }
}

extension ReportedDeployment.Outcome {
    fileprivate var badge: HTML {
        switch self {
        case .deployed: .badge("✓ deployed", .good)
        case .refused: .badge("✕ refused", .bad)
        case .failed: .badge("✕ failed", .bad)
        }
    }
}
