import Reports

extension RunComparison {
    /// The most lines that a picture of a parameter's effect can hold.
    private static let lineLimit = 8

    /// The comparison as a page.
    ///
    /// - Throws: `FigureError` for figures that can't be drawn.
    package func report(title: String, summary: String) throws -> ComparisonReport {
        var report = ComparisonReport(
            title: title, summary: summary, metric: compared(metric),
            otherMetrics: [compared(other)], parameters: parameters,
            rows: rows.map { row in
                ComparedRun(
                    name: row.name, parameters: parameters.map { row.parameters[$0] ?? "" },
                    seedCount: row.seeds.count, score: row.score(metric)?.estimate,
                    stage: row.progress == .failed ? .min : row.stage,
                    tieBreak: row.score(other).map { other.isHigherBetter ? $0.mean : -$0.mean },
                    others: [row.score(other)?.estimate], seconds: row.seconds,
                    note: row.note)
            })
        report.facts = [
            Fact("Configurations", count: rows.count),
            Fact("Trainings", count: rows.reduce(0) { $0 + $1.runs.count }),
        ]
        if let best = rows.first, let score = best.score(metric) {
            let text = compared(metric).text(score.mean)
            report.facts.insert(Fact("Best \(compared(metric).name.lowercased())", text), at: 0)
            report.facts.insert(Fact("Best", best.name), at: 0)
        }
        let curves = rows.filter { !$0.curve.isEmpty }
        if !curves.isEmpty {
            report.curves = try ComparisonCurvesFigure(series: curves.map(\.series))
        }
        report.effects = try parameters.compactMap { try effect(of: $0) }
        return report
    }

    private var other: SweepPlan.Metric {
        metric == .validationAccuracy ? .validationLoss : .validationAccuracy
    }

    private func compared(_ metric: SweepPlan.Metric) -> ComparedMetric {
        switch metric {
        case .validationAccuracy:
            ComparedMetric(name: "Validation accuracy", unit: .fraction, isHigherBetter: true)
        case .validationLoss:
            ComparedMetric(name: "Validation loss", unit: .number, isHigherBetter: false)
        }
    }

    /// The metric by a parameter that is a number, a line for each combination of the others; nil where
    /// that would be no picture.
    private func effect(of parameter: String) throws -> ParameterEffectFigure? {
        let points = rows.compactMap { row -> (String, ParameterEffectFigure.Point)? in
            guard let value = row.parameters[parameter].flatMap(Double.init),
                let score = row.score(metric)
            else { return nil }
            return (
                row.lineName(without: parameter, among: parameters),
                ParameterEffectFigure.Point(parameter: value, score: score.estimate)
            )
        }
        let lines = Dictionary(grouping: points, by: \.0).sorted { $0.key < $1.key }.map {
            ParameterEffectFigure.Line(
                name: $0.key, points: $0.value.map(\.1).sorted { $0.parameter < $1.parameter })
        }
        guard lines.count <= Self.lineLimit,
            lines.contains(where: { Set($0.points.map(\.parameter)).count > 1 })
        else {
            return nil
        }
        return try ParameterEffectFigure(
            parameter: parameter, metric: compared(metric), lines: lines)
    }
}

extension RunComparison.Row {
    fileprivate var note: String {
        switch progress {
        case .finished: ""
        case .failed: failure.map { "failed: \($0)" } ?? "failed"
        case .dropped: "dropped after epoch \(epochs)"
        case .unfinished: "not finished, \(epochs) epoch\(epochs == 1 ? "" : "s")"
        }
    }

    fileprivate var series: ComparisonCurvesFigure.Series {
        ComparisonCurvesFigure.Series(name: name, epochs: curve)
    }

    /// The variant, or the values of the other parameters.
    fileprivate func lineName(without parameter: String, among parameters: [String]) -> String {
        if let variant { return variant }
        let others = parameters.filter { $0 != parameter }.compactMap { self.parameters[$0] }
        return others.isEmpty ? "all" : others.joined(separator: ", ")
    }
}

extension SampleMean {
    fileprivate var estimate: Estimate { Estimate(mean: mean, standardError: standardError) }
}
