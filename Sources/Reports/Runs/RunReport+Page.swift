import RunFacts

extension RunReport {
    /// The page as one HTML file: styles, pictures and figures are within, scripts there are none.
    package var html: String {
        Page(
            title: title.map { "\($0) · \(id)" } ?? id, heading: heading, sections: sections
        ).html
    }

    // MARK: - Heading

    private var heading: [HTML] {
        var heading = [HTML.tag("h1", title ?? id), subtitle]
        if let failure, !failure.isEmpty {
            heading.append(.tag("p", ["class": "failure", "role": "alert"], [.lines(failure)]))
        }
        if !facts.isEmpty { heading.append(.tiles(facts)) }
        return heading
    }

    private var subtitle: HTML {
        var parts = [
            HTML.badge(status.text, status.tone),
            .tag("span", [.text("Run "), .tag("code", id)]), .tag("span", "Job: \(job)"),
        ]
        if !started.isEmpty { parts.append(.tag("span", "Started \(started)")) }
        if let durationSeconds {
            parts.append(.tag("span", "Took \(NumberText.duration(durationSeconds))"))
        }
        return .tag("p", ["class": "subtitle"], parts)
    }

    // MARK: - Sections

    private var sections: [Page.Section] {
        var sections: [Page.Section] = []
        func add(_ id: String, _ title: String, _ content: [HTML]) {
            if !content.isEmpty { sections.append(.init(id: id, title: title, content: content)) }
        }
        add("training", "Training", learningCurveContent)
        for (index, set) in sets.enumerated() {
            let id = "set-\(index + 1)"
            add(
                id, "Evaluation: \(set.name)",
                set.content(idPrefix: id, opensFigures: index == 0))
        }
        add("deployment", "Deployment", deployment?.content ?? [])
        add("stages", "Stages", stages.isEmpty ? [] : [StageTiming.table(stages)])
        add("checks", "Checks", checks.isEmpty ? [] : ReportedCheck.content(checks))
        add("lineage", "Lineage", lineage.map { $0.content(idPrefix: "lineage-figure") } ?? [])
        add("config", "Configuration", ReportedConfigSection.content(config))
        add("environment", "Environment", environmentContent)
        return sections
    }

    private var learningCurveContent: [HTML] {
        guard let learningCurve else { return [] }
        return [
            .figure(
                svg: learningCurve.svg, narrow: learningCurve.narrowSVG,
                idPrefix: "learning-curve")
        ]
    }

    private var environmentContent: [HTML] {
        guard !environment.isEmpty else { return [] }
        let pairs = environment.map { (label: $0.label, value: HTML.text($0.value)) }
        return [.details("Program, machine and tags", [.pairs(pairs)])]
    }
}

extension RunStatus {
    var text: String {
        switch self {
        case .running: "● running"
        case .succeeded: "✓ succeeded"
        case .failed: "✕ failed"
        case .interrupted: "! interrupted"
        case .cancelled: "– cancelled"
        }
    }

    var tone: HTML.Tone {
        switch self {
        case .succeeded: .good
        case .failed: .bad
        case .interrupted, .cancelled: .warning
        case .running: .plain
        }
    }
}
