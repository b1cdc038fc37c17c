extension ComparisonReport {
    /// The page as one HTML file: styles and figures are within, scripts there are none.
    package var html: String {
        Page(title: title, heading: heading, sections: sections).html
    }

    private var heading: [HTML] {
        var heading = [HTML.tag("h1", title)]
        if !summary.isEmpty { heading.append(.tag("p", ["class": "subtitle"], [.lines(summary)])) }
        if !facts.isEmpty { heading.append(.tiles(facts)) }
        return heading
    }

    private var sections: [Page.Section] {
        var sections: [Page.Section] = []
        if !rows.isEmpty {
            sections.append(.init(id: "ranking", title: "Ranking", content: rankingContent))
        }
        if let curves {
            let figure = HTML.figure(
                svg: curves.svg, narrow: curves.narrowSVG, idPrefix: "curves-figure")
            sections.append(.init(id: "curves", title: "Curves", content: [figure]))
        }
        if !effects.isEmpty {
            let figures = effects.enumerated().map { index, effect in
                HTML.figure(
                    svg: effect.svg, narrow: effect.narrowSVG, idPrefix: "effect-\(index + 1)")
            }
            let content = HTML.tag("div", ["class": "columns"], figures)
            sections.append(.init(id: "effects", title: "Effects", content: [content]))
        }
        return sections
    }

    // MARK: - Ranking

    private var rankingContent: [HTML] {
        let ranking = Ranking(rows, by: metric)
        let table = Table(
            caption: "By \(metric.name), \(metric.isHigherBetter ? "highest" : "lowest") first",
            columns: columns, rows: ranking.places.map(cells),
            rowClasses: ranking.places.map(\.rowClass), narrow: .stacks)
        return [.note(rankingNote(ranking)), table.html]
    }

    private func rankingNote(_ ranking: Ranking) -> String {
        let near = ranking.places.count { $0.standing == .withinOneError }
        let means =
            rows.contains { $0.score?.standardError != nil }
            ? "Numbers are means over seeds ± their standard error. " : ""
        guard near > 0 else { return means + "The best is marked." }
        return means + "The best is marked, and the \(near == 1 ? "one" : "\(near)") within one "
            + "standard error of it."
    }

    private var columns: [Table.Column] {
        [.init(title: "Rank", isNumber: true), .init(title: "Run", isHeader: true)]
            + parameters.map { .init(title: $0) }
            + [.init(title: metric.name, isNumber: true)]
            + otherMetrics.map { .init(title: $0.name, isNumber: true) }
            + [.init(title: "Seeds", isNumber: true), .init(title: "Time", isNumber: true)]
    }

    private func cells(_ place: Ranking.Place) -> [HTML] {
        let row = place.row
        func text(_ index: Int, _ metric: ComparedMetric) -> HTML {
            let estimate = index < row.others.count ? row.others[index] : nil
            return .text(estimate.map(metric.text) ?? "–")
        }
        return [.text(place.rank.map(String.init) ?? "–"), place.name]
            + parameters.indices.map {
                .text($0 < row.parameters.count ? row.parameters[$0] : "–")
            }
            + [.tag("b", row.score.map(metric.text) ?? "–")]
            + otherMetrics.enumerated().map(text)
            + [
                .text(NumberText.grouped(row.seedCount)),
                .text(row.seconds.map(NumberText.duration) ?? "–"),
            ]
    }
}

extension Ranking.Place {
    fileprivate var rowClass: String {
        switch standing {
        case .best: "best"
        case .unranked: "muted"
        case .withinOneError, .behind: ""
        }
    }

    fileprivate var name: HTML {
        var parts = [HTML.text(row.name)]
        switch standing {
        case .best: parts += [.text(" "), .badge("★ best", .good)]
        case .withinOneError: parts += [.text(" "), .badge("≈ best", .plain)]
        case .behind, .unranked: break
        }
        if !row.note.isEmpty {
            parts += [.tag("br", [:]), .tag("span", ["class": "note"], row.note)]
        }
        return .tag("span", parts)
    }
}
