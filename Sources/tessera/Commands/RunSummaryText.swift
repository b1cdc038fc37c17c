import DigitPipeline
import Orchestration
import Registry

extension RunSummary {
    /// What the run has, for people.
    var lines: [String] {
        let sections = [
            dataLines, trainingLines, evaluationLines, decision?.lines ?? [], inferenceLines,
            runLines,
        ]
        return [""] + sections.flatMap { $0 }
    }

    private var dataLines: [String] {
        guard let dataset = self[RawDataFacts.dataset], let source = self[RawDataFacts.source]
        else { return [] }
        var lines = [line("data", "\(dataset) from \(source)")]
        if let train = self[ProcessedDataFacts.trainCount],
            let validation = self[ProcessedDataFacts.validationCount],
            let test = self[ProcessedDataFacts.testCount]
        {
            lines.append(
                line(
                    "",
                    "\(Format.count(train)) to train, \(Format.count(validation)) to validate, "
                        + (test > 0 ? "\(Format.count(test)) to test" : "no test set")))
        }
        if self[RawDataFacts.isSample] == true {
            lines.append(
                line("", "NOTE: the sample that ships with Tessera, not the whole of MNIST"))
        }
        return lines
    }

    private var trainingLines: [String] {
        guard let epochs = self[ModelFacts.epochs],
            let seconds = self[ModelFacts.trainingSeconds]
        else { return [] }
        let best = self[ModelFacts.bestEpoch].map(String.init) ?? "none"
        let stopped = self[ModelFacts.stoppedEarly] == true ? ", stopped early" : ""
        return [
            line(
                "training",
                "\(Format.counted(epochs, "epoch")) in \(Format.duration(seconds)), best epoch \(best)\(stopped)"
                    + origin(.model))
        ]
    }

    private var evaluationLines: [String] {
        let lines = EvaluationFacts.sets.compactMap { facts -> String? in
            guard let accuracy = self[facts.accuracy], let lower = self[facts.accuracyLower],
                let upper = self[facts.accuracyUpper]
            else { return nil }
            let loss = self[facts.logLoss].map { Format.fixed($0, 4) } ?? "infinite"
            return line(
                facts.set,
                "\(Format.percent(accuracy)) accuracy (95 % interval \(Format.percent(lower)) to "
                    + "\(Format.percent(upper))), log loss \(loss)")
        }
        return lines + (modelPath.map { [line("model", $0)] } ?? [])
    }

    private var inferenceLines: [String] {
        guard let scored = self[PredictionFacts.scored],
            let failed = self[PredictionFacts.failed],
            let rate = self[PredictionFacts.imagesPerSecond]
        else { return [] }
        let skipped = self[PredictionFacts.skipped] ?? 0
        return [
            line(
                "inference",
                "\(Format.counted(scored, "image")) scored"
                    + (failed > 0 ? ", \(Format.count(failed)) couldn't be" : "")
                    + (skipped > 0 ? ", \(Format.counted(skipped, "other file")) skipped" : "")
                    // Of nothing there is no rate.
                    + (scored > 0 ? ", \(Format.imageRate(rate))" : "") + origin(.predictions))
        ] + scoringModel
    }

    /// Which model scored.
    private var scoringModel: [String] {
        guard let digest = self[PredictionFacts.modelDigest] else { return [] }
        let name = self[PredictionFacts.modelName].map { "\($0) " } ?? ""
        return [line("", "by \(name)(\(digest.prefix(12)))")]
    }

    private var runLines: [String] {
        let failed = checks.filter { !$0.passed }.count
        var lines = [String]()
        if !checks.isEmpty {
            lines.append(
                line(
                    "checks",
                    "\(checks.count - failed) passed" + (failed > 0 ? ", \(failed) failed" : "")))
        }
        let built = assets.count - reused.count
        lines.append(
            line(
                "run",
                "\(id): \(built) built, \(reused.count) cached"
                    + (folderPath.map { "; files in \($0)" } ?? "")))
        return lines
    }

    /// ` (by run 2026…)` for what an earlier run made.
    private func origin(_ asset: DigitAsset) -> String {
        guard let run = reused[asset.rawValue] else { return "" }
        return run.map { " (by run \($0))" } ?? " (by a deleted run)"
    }

    private func line(_ label: String, _ text: String) -> String { label.padded(to: 12) + text }
}

extension DeploymentContent {
    /// The outcome with each check of the gate.
    var lines: [String] { gateLines(strategy, outcome, reason, comparison, checks) }
}

extension Decision {
    /// The outcome with each check of the gate.
    var lines: [String] { gateLines(strategy, outcome, reason, comparison, checks) }
}

private func gateLines(
    _ strategy: String, _ outcome: Decision.Outcome, _ reason: String, _ comparison: String?,
    _ checks: [GateCheck]
) -> [String] {
    ["gate".padded(to: 12) + "\(strategy): \(outcome.rawValue) — \(reason)"]
        + [comparison].compactMap { $0 }.map { "".padded(to: 12) + $0 }
        + checks.map { "".padded(to: 12) + ($0.passed ? "passed  " : "FAILED  ") + $0.reason }
}
