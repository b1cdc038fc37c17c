import RunFacts

/// What a check of an asset found.
package struct ReportedCheck: Equatable, Sendable {
    package let asset: String
    package let name: String
    package let severity: CheckSeverity
    package let passed: Bool
    /// The numbers it was decided by.
    package let evidence: [Fact]

    package init(
        asset: String, name: String, severity: CheckSeverity, passed: Bool, evidence: [Fact] = []
    ) {
        self.asset = asset
        self.name = name
        self.severity = severity
        self.passed = passed
        self.evidence = evidence
    }

    // MARK: - Table

    /// What failed; what passed can be opened.
    static func content(_ checks: [ReportedCheck]) -> [HTML] {
        let failed = checks.filter { !$0.passed }
        let passed = checks.filter(\.passed)
        var content: [HTML] = failed.isEmpty ? [] : [table("Failed", failed)]
        if !passed.isEmpty { content.append(.details(summary(checks), [table("Passed", passed)])) }
        return [.tag("div", ["class": "stack"], content)]
    }

    private static func table(_ caption: String, _ checks: [ReportedCheck]) -> HTML {
        Table(
            caption: caption,
            columns: [
                .init(title: "Check", isHeader: true), .init(title: "Asset"),
                .init(title: "Result"),
                .init(title: "Severity"), .init(title: "Evidence", isLong: true),
            ],
            rows: checks.map(\.row), narrow: .stacks
        ).html
    }

    /// `4 of 5 checks passed`
    private static func summary(_ checks: [ReportedCheck]) -> String {
        let passed = checks.count(where: \.passed)
        let noun = checks.count == 1 ? "check" : "checks"
        return passed == checks.count
            ? "\(checks.count == 1 ? "The" : "All \(passed)") \(noun) passed"
            : "\(passed) of \(checks.count) \(noun) passed"
    }

    private var row: [HTML] {
        [.text(name), .text(asset), result, .text(severity.rawValue), .inlineFacts(evidence)]
    }

    private var result: HTML {
        if passed { return .badge("✓ passed", .good) }
        return .badge("✕ failed", severity == .blocking ? .bad : .warning)
    }
}
