import Foundation
import RunFacts
import Testing

@testable import Reports

/// The page that ranks runs: order, marks, numbers.
@Suite struct ComparisonReportTests {
    private let accuracy = ComparedMetric(
        name: "accuracy", unit: .fraction, isHigherBetter: true)
    private let loss = ComparedMetric(name: "loss", unit: .number, isHigherBetter: false)

    private func row(_ name: String, _ mean: Double?, error: Double? = 0.001) -> ComparedRun {
        ComparedRun(
            name: name, parameters: ["adam"], seedCount: 3,
            score: mean.map { Estimate(mean: $0, standardError: error) },
            others: [Estimate(mean: 0.0213, standardError: 0.00123)], seconds: 192)
    }

    @Test func rowsAreRankedAndTheBestMarked() {
        let report = ComparisonReport(
            title: "Optimizers", summary: "Five trials", metric: accuracy, otherMetrics: [loss],
            parameters: ["optimizer", "momentum"],
            rows: [
                row("far", 0.97), row("diverged", .nan), row("best", 0.9936), row("near", 0.9927),
                ComparedRun(name: "broken", score: nil, note: "out of memory"),
            ])
        let reader = PageReader(report.html)
        #expect(
            reader.table("By accuracy, highest first") == [
                [
                    "Rank", "Run", "optimizer", "momentum", "accuracy", "loss", "Seeds", "Time",
                ],
                row(1, "best ★ best", "99.36 ± 0.10%"), row(2, "near ≈ best", "99.27 ± 0.10%"),
                row(3, "far", "97.00 ± 0.10%"), row(nil, "diverged", "not finite"),
                ["–", "brokenout of memory", "–", "–", "–", "–", "1", "–"],
            ])
        #expect(reader.classed("best").count == 1 && reader.classed("muted").count == 2)
        #expect(reader.text.contains("and the one within one standard error of it"))
        #expect(reader.texts("h2") == ["Ranking"] && reader.text.contains("Five trials"))
    }

    private func row(_ rank: Int?, _ name: String, _ score: String) -> [String] {
        [
            rank.map(String.init) ?? "–", name, "adam", "–", score, "0.0213 ± 0.0012", "3",
            "3 min 12 s",
        ]
    }

    @Test func lowerIsBetterWhereTheMetricSaysSo() {
        let ranking = Ranking([row("a", 0.3), row("b", 0.1), row("c", 0.2)], by: loss)
        #expect(ranking.places.map(\.row.name) == ["b", "c", "a"])
        #expect(ranking.places.map(\.standing) == [.best, .behind, .behind])
    }

    @Test func equalMeansShareARankAndTheirOrder() {
        let ranking = Ranking([row("a", 0.5), row("b", 0.9), row("c", 0.9)], by: accuracy)
        #expect(ranking.places.map(\.row.name) == ["b", "c", "a"])
        #expect(ranking.places.map(\.rank) == [1, 1, 3])
        #expect(ranking.places.map(\.standing) == [.best, .best, .behind])
    }

    @Test func withoutAnErrorNothingIsNearTheBest() {
        let ranking = Ranking(
            [row("a", 0.9, error: nil), row("b", 0.8999, error: nil)], by: accuracy)
        #expect(ranking.places.map(\.standing) == [.best, .behind])
        let report = ComparisonReport(
            title: "t", metric: accuracy, rows: [row("a", 0.9, error: nil)])
        #expect(PageReader(report.html).text.contains("The best is marked.\n"))
    }

    @Test func estimatesAreWrittenWithTheirErrors() {
        func text(_ metric: ComparedMetric, _ mean: Double, _ error: Double?) -> String {
            metric.text(Estimate(mean: mean, standardError: error))
        }
        #expect(text(accuracy, 0.9936, 0.0004) == "99.36 ± 0.04%")
        #expect(text(accuracy, 0.9936, 0.00001) == "99.36 ± <0.01%")
        #expect(text(accuracy, 0.9936, nil) == "99.36%")
        #expect(text(accuracy, 0.9936, .nan) == "99.36%")
        #expect(text(loss, 0.0213, 0.000456) == "0.02130 ± 0.00046")
        #expect(text(loss, 123.4, 5.6) == "123.4 ± 5.6")
        #expect(text(loss, 0.5, 0) == "0.5 ± 0")
        #expect(text(loss, .infinity, 1) == "not finite")
    }

    @Test func curvesAndEffectsAreShown() throws {
        var report = ComparisonReport(
            title: hostileText, summary: hostileText, metric: accuracy,
            parameters: [hostileText], rows: [row(hostileText, 0.9)])
        report.facts = [Fact(hostileText, hostileText)]
        let epoch = TrainingEpoch(
            number: 1, validationLoss: 0.1, validationAccuracy: 0.9)
        report.curves = try ComparisonCurvesFigure(
            series: [.init(name: hostileText, epochs: [epoch])])
        let effect = try ParameterEffectFigure(
            parameter: hostileText, metric: accuracy,
            lines: [
                .init(name: hostileText, points: [.init(parameter: 1, score: Estimate(mean: 0.9))])
            ])
        report.effects = [effect, effect]
        let reader = PageReader(report.html)
        #expect(reader.texts("h1") == [hostileTextShown])
        #expect(reader.texts("h2") == ["Ranking", "Curves", "Effects"])
        #expect(reader.all("figure").count == 3)
        #expect(reader.classed("on-narrow").count == 3)
    }

    @Test func noRowsLeaveAPageWithoutSections() {
        let report = ComparisonReport(title: "none", metric: accuracy, rows: [])
        #expect(PageReader(report.html).all("section").isEmpty)
    }
}
