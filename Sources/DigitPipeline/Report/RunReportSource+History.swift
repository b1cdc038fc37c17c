import Foundation
import Orchestration
import Reports

/// What a run did: stages, checks, and what its assets came from.
extension RunReportSource {
    func stages() throws -> [StageTiming] {
        let events = try store.events(of: details.run.id)
        return DigitAssets.definitions(hasInput: false).map(\.name).compactMap {
            name -> StageTiming? in
            guard let last = events.last(where: { $0.asset == name && $0.kind != .note }) else {
                return nil
            }
            switch last.kind {
            case .assetSucceeded:
                return StageTiming(name: name, seconds: last.seconds, outcome: .made)
            case .assetFailed:
                return StageTiming(
                    name: name, seconds: last.seconds,
                    outcome: .failed(message: last.message ?? ""))
            case .assetSkipped:
                if let made = details[name] {
                    return StageTiming(
                        name: name, outcome: .reused(run: made.run ?? "a deleted run"))
                }
                return StageTiming(name: name, outcome: .skipped(reason: last.message ?? ""))
            default:
                return StageTiming(name: name, outcome: .failed(message: "it was interrupted"))
            }
        }
    }

    /// The run's own, and those that the assets it took had passed when they were made.
    func checks() throws -> [ReportedCheck] {
        let earlier = try details.assets.filter(\.isReused).flatMap { asset in
            let made = asset.materialization
            return try made.run.map { try store.checks(of: $0).filter { $0.asset == made.asset } }
                ?? []
        }
        return (earlier + details.checks).map { check in
            ReportedCheck(
                asset: check.asset, name: check.name,
                severity: check.severity, passed: check.passed,
                evidence: facts(check.evidence))
        }
    }

    func lineage() throws -> LineageFigure? {
        guard let last = details.assets.last?.materialization else { return nil }
        var all = try store.lineage(of: last).all
        // An asset that nothing was made from is the run's all the same.
        for asset in details.assets.map(\.materialization) where !all.contains(asset) {
            all.append(asset)
        }
        let names = nodeNames(all)
        let nodes = try all.map { made in
            LineageNode(
                asset: names[made.id] ?? made.asset, version: made.version.short,
                artifact: String(made.artifact.prefix(12)), run: made.run,
                inputs: try store.inputs(of: made).values.compactMap { names[$0.id] }.sorted(),
                metadata: facts(made.metadata))
        }
        return try LineageFigure(nodes: nodes, run: details.run.id)
    }

    /// An asset's name; with a number for one of which the lineage has several, as after one that was
    /// made again: the run's own has the plain name.
    private func nodeNames(_ all: [Materialization]) -> [Int64: String] {
        let own = Set(details.assets.map(\.materialization.id))
        var names: [Int64: String] = [:]
        for (asset, made) in Dictionary(grouping: all, by: \.asset) {
            let sorted = made.sorted { first, second in
                own.contains(first.id) != own.contains(second.id)
                    ? own.contains(first.id) : first.id > second.id
            }
            for (index, one) in sorted.enumerated() {
                names[one.id] = index == 0 ? asset : "\(asset) (\(index + 1))"
            }
        }
        return names
    }

    private func facts(_ metadata: Metadata) -> [Fact] {
        metadata.sorted { $0.key < $1.key }.map { name, value in
            switch value {
            case .integer(let count): Fact(name, count: count)
            case .number(let number): Fact(name, number: number)
            case .flag(let flag): Fact(name, flag ? "yes" : "no")
            case .text, .numbers, .texts: Fact(name, value.text)
            }
        }
    }
}
