import DigitPipeline
import Foundation
import Orchestration
import RunFacts
import SafeText
import Training

/// Runs in a table, a line each.
struct RunTable {
    private let runs: [ListedRun]

    init(_ runs: [ListedRun]) { self.runs = runs }

    func lines(_ layout: TextLayout) -> [String] {
        var table = TextTable(
            .text("run"), .text("job", rank: 1), .text("status"), .number("time", rank: 3),
            .text("built", rank: 5), .folding("dataset", rank: 4, to: 10),
            .number("validation", rank: 1), .number("test"), .text("deployment", rank: 2))
        for listed in runs {
            let details = listed.details
            let run = details.run
            let made = details.assets.filter { !$0.isReused }.count
            table.add(
                run.id, run.job, run.status.rawValue,
                run.shownDuration, "\(made) of \(details.assets.count)",
                details[RawDataFacts.dataset] ?? "",
                listed.accuracy.validation.map { Format.percent($0) } ?? "",
                listed.accuracy.test.map { Format.percent($0) } ?? "",
                details[DeploymentFacts.outcome] ?? "")
        }
        return table.lines(layout)
    }
}

extension RunDetails {
    /// - Parameter best: the epoch whose weights the training kept.
    func lines(best: TrainingEpoch?, _ layout: TextLayout) -> [String] {
        var lines = headTable.lines(layout)
        lines += [""] + assetTable.lines(layout)
        if let table = metricTable(best) { lines += [""] + table.lines(layout) }
        if !metrics.isEmpty {
            var table = TextTable(.folding("", to: 20), .number(""))
            for (name, value) in metrics.sorted(by: { $0.key < $1.key }) {
                table.add(name, value.shortText)
            }
            lines += ["", "last values of the training"] + table.lines(layout, indent: 2)
        }
        if !checks.isEmpty {
            lines += ["", "checks"]
            lines += checks.map { check in
                "  \(check.passed ? "passed" : "FAILED") (\(check.severity.rawValue))  "
                    + "\(check.asset): \(check.line)"
            }
        }
        lines += deployments.flatMap { deployment in
            [
                "",
                "deployment  \(deployment.strategy): \(deployment.outcome) — \(deployment.reason)",
            ]
        }
        lines += ["", "config"]
        lines += run.changedConfig.map { "  \($0.name): \($0.value)" }
        return lines
    }

    private var headTable: TextTable {
        var table = TextTable.facts
        table.add("run", run.id)
        table.add("job", run.job)
        table.add("status", run.status.rawValue + (run.failure.map { ": \($0)" } ?? ""))
        table.add("started", run.startedAt.formatted(.iso8601))
        if let seconds = run.seconds {
            table.add(
                "took",
                run.status == .interrupted
                    ? "at least \(Format.duration(seconds)), as of its last record"
                    : Format.duration(seconds))
        }
        for (name, value) in run.tags.sorted(by: { $0.key < $1.key }) {
            table.add("tag \(name)", value)
        }
        for (name, value) in run.paths.sorted(by: { $0.key < $1.key }) {
            table.add("path of \(name)", value)
        }
        for (name, value) in run.environment.sorted(by: { $0.key < $1.key }) {
            table.add(name, value)
        }
        return table
    }

    /// What the model was measured to do, on each set; nil if it wasn't.
    private func metricTable(_ best: TrainingEpoch?) -> TextTable? {
        var table = TextTable(.text("metrics"), .number("accuracy"), .number("log loss"))
        var isEmpty = true
        if let best, let accuracy = best.validationAccuracy {
            isEmpty = false
            table.add(
                "  validation, epoch \(best.number)", Format.percent(accuracy),
                best.validationLoss.map { Format.fixed($0, 4) } ?? "-")
        }
        for facts in EvaluationFacts.sets {
            guard let accuracy = self[facts.accuracy] else { continue }
            isEmpty = false
            let loss = self[facts.logLoss]
            table.add(
                "  \(facts.set)", Format.percent(accuracy),
                loss.map { Format.fixed($0, 4) } ?? "infinite")
        }
        return isEmpty ? nil : table
    }

    private var assetTable: TextTable {
        var table = TextTable(
            .text("asset"), .text("version", rank: 2), .text("artifact", rank: 1),
            .number("size", rank: 3), .folding("built", to: 20))
        for asset in assets {
            let made = asset.materialization
            table.add(
                made.asset, made.version.short, String(made.artifact.prefix(12)),
                Format.bytes(made.bytes),
                asset.isReused
                    ? "cached, by \(made.run ?? "a deleted run")"
                    : "in \(asset.seconds.map { Format.duration($0) } ?? "?")")
        }
        return table
    }
}

extension StoredRun {
    /// Nobody noted when a killed run ended: it went on until its last record and an unknown time more.
    fileprivate var shownDuration: String {
        guard let seconds else { return "" }
        return (status == .interrupted ? "≥ " : "") + Format.duration(seconds)
    }

    /// The keys whose values aren't the recipe's defaults, and the recipe.
    var changedConfig: [(name: String, value: String)] {
        let recipe = RunConfig.recipe(of: config)
        let defaults = RunConfig(recipe: recipe).values
        return config.filter {
            $0.key == ConfigSchema.recipeKey.name || defaults[$0.key] != $0.value
        }
        .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension Double {
    /// Whole numbers without a point, others to eight digits.
    fileprivate var shortText: String {
        Int(exactly: self).map(Format.count) ?? Format.significant(self, 8)
    }
}

/// What happened in a run, a line each.
struct EventTable {
    private let events: [RunEvent]
    private let start: Date

    init(_ events: [RunEvent], since start: Date) {
        (self.events, self.start) = (events, start)
    }

    func lines(_ layout: TextLayout) -> [String] {
        var table = TextTable(
            .number(""), .text(""), .text(""), .folding("", to: 14))
        for event in events {
            // Of events that an earlier version wrote there are the dates alone.
            let offset = event.elapsed ?? max(0, event.at.timeIntervalSince(start))
            let took = event.seconds.map { "in \(Format.duration($0))" }
            table.add(
                "\(Format.fixed(offset, 3)) s", event.kind.rawValue, event.asset ?? "",
                [took, event.message].compactMap { $0 }.joined(separator: "  "))
        }
        return table.lines(layout)
    }
}

extension RunDifference {
    func lines(_ layout: TextLayout) -> [String] {
        var lines = ["first   \(first)", "second  \(second)"]
        func section(_ title: String, _ table: TextTable) {
            lines +=
                ["", title]
                + (table.isEmpty ? ["  no difference"] : table.lines(layout, indent: 2))
        }
        section("config", Self.table(config, layout))
        section("assets", assetTable(layout))
        var metrics = TextTable(
            .folding("metric", to: 24), .number("first"), .number("second"),
            .number("difference", rank: 1))
        for pair in figures {
            metrics.add(
                pair.name, Self.text(pair.first), Self.text(pair.second), Self.change(pair))
        }
        section("metrics", metrics)
        section("machine", Self.table(environment, layout))
        return lines
    }

    private static func table(_ pairs: [Pair<String>], _ layout: TextLayout) -> TextTable {
        var table = Self.pairTable("key")
        for pair in pairs { table.add([pair.name] + texts(pair, layout)) }
        return table
    }

    private static func pairTable(_ title: String) -> TextTable {
        TextTable(.folding(title, to: 14), .folding("first"), .folding("second"))
    }

    private static func texts(_ pair: Pair<String>, _ layout: TextLayout) -> [String] {
        [pair.first, pair.second].map { $0.map { readable($0, layout) } ?? "-" }
    }

    private func assetTable(_ layout: TextLayout) -> TextTable {
        var table = TextTable(
            .folding("asset", to: 14), .folding("first"), .folding("second"),
            .folding("content", to: 12))
        for asset in assets {
            table.add(
                asset.name, String(asset.first?.artifact.prefix(12) ?? "-"),
                String(asset.second?.artifact.prefix(12) ?? "-"),
                asset.hasSameArtifact
                    ? "same content"
                    : asset.hasSameVersion ? "same version, other content" : "differs")
            for pair in asset.metadata {
                table.add(["  \(pair.name)"] + Self.texts(pair, layout))
            }
        }
        return table
    }

    private static func text(_ value: Double?) -> String { value?.shortText ?? "-" }

    private static func change(_ pair: Pair<Double>) -> String {
        guard let first = pair.first, let second = pair.second, first != second else { return "" }
        let change = second - first
        return (change > 0 ? "+" : "") + Format.significant(change, 6)
    }
}
