/// The results as text.
public struct CaseReport {
    let results: [CaseResult]

    public init(_ results: [CaseResult]) { self.results = results }

    public var violationCount: Int { results.reduce(0) { $0 + $1.violations.count } }

    static func line(_ result: CaseResult, _ violation: Violation) -> String {
        let call = result.faultCase.call
        let explanation = violation.explanation.split(separator: "\n").joined(separator: " | ")
        return
            "  \(result.faultCase.id)  \(call.name) \(call.path): \(violation.kind): \(explanation)"
    }

    /// A row for each scenario and kind of fault, the violations by what was broken, and the totals.
    public var text: String {
        (["", Self.row("scenario", "fault", "calls", "cases", "violations")] + rows + [""]
            + violationsByKind + [totals]).joined(separator: "\n")
    }

    private var rows: [String] {
        scenarios.flatMap { scenario in
            FaultKind.allCases.compactMap { kind -> String? in
                let some = tried.filter {
                    $0.faultCase.scenario == scenario && $0.faultCase.kind == kind
                }
                guard !some.isEmpty else { return nil }
                return Self.row(
                    scenario, kind.rawValue,
                    "\(Set(some.map(\.faultCase.call.number)).count)", "\(some.count)",
                    "\(some.reduce(0) { $0 + $1.violations.count })")
            }
        }
    }

    private var violationsByKind: [String] {
        let all = results.flatMap { result in result.violations.map { (result, $0) } }
        return Dictionary(grouping: all) { $0.1.kind }
            .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
            .map { kind, found in
                let calls = Set(
                    found.map { "\($0.0.faultCase.scenario) \($0.0.faultCase.call.name)" })
                let more = calls.count > 6 ? " …" : ""
                return
                    "\(found.count) × \(kind): \(calls.sorted().prefix(6).joined(separator: ", "))"
                    + "\(more), as \(found[0].0.faultCase.id)"
            }
    }

    /// One line.
    var totals: String {
        let calls = Set(tried.map { "\($0.faultCase.scenario) \($0.faultCase.call.number)" })
        let missed = results.count - tried.count
        return "calls tried \(calls.count), cases \(tried.count), violations \(violationCount)"
            + (missed == 0 ? "" : "; \(missed) cases whose call wasn't made")
    }

    private var tried: [CaseResult] { results.filter(\.wasReached) }

    private var scenarios: [String] {
        var seen: Set<String> = []
        return results.map(\.faultCase.scenario).filter { seen.insert($0).inserted }
    }

    private static func row(_ columns: String...) -> String {
        let widths = [16, 8, 6, 6, 10]
        return zip(columns, widths).enumerated().map { index, column in
            let space = String(repeating: " ", count: max(0, column.1 - column.0.count))
            return index < 2 ? column.0 + space : space + column.0
        }.joined(separator: "  ")
    }
}
