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
        guard let dataset = value("raw_data", "dataset"),
            let source = value("raw_data", "data_source")
        else { return [] }
        var lines = [line("data", "\(dataset.text) from \(source.text)")]
        if let train = count("processed_data", "train_count"),
            let validation = count("processed_data", "validation_count"),
            let test = value("processed_data", "test_count")?.int
        {
            lines.append(
                line(
                    "",
                    "\(train) to train, \(validation) to validate, "
                        + (test > 0 ? "\(Format.count(test)) to test" : "no test set")))
        }
        if value("raw_data", "is_sample")?.flag == true {
            lines.append(
                line("", "NOTE: the sample that ships with Tessera, not the whole of MNIST"))
        }
        return lines
    }

    private var trainingLines: [String] {
        guard let epochs = value("model", "epochs")?.int,
            let seconds = value("model", "training_seconds")?.double
        else { return [] }
        let best = value("model", "best_epoch").map(\.text) ?? "none"
        let stopped = value("model", "stopped_early")?.flag == true ? ", stopped early" : ""
        return [
            line(
                "training",
                "\(Format.counted(epochs, "epoch")) in \(Format.duration(seconds)), best epoch \(best)\(stopped)"
                    + origin("model"))
        ]
    }

    private var evaluationLines: [String] {
        let lines = ["validation", "test"].compactMap { set -> String? in
            func metric(_ name: String) -> Double? { value("evaluation", "\(set)_\(name)")?.double }
            guard let accuracy = metric("accuracy"), let lower = metric("accuracy_lower"),
                let upper = metric("accuracy_upper")
            else { return nil }
            let loss = metric("log_loss").map { Format.fixed($0, 4) } ?? "infinite"
            return line(
                set,
                "\(Format.percent(accuracy)) accuracy (95 % interval \(Format.percent(lower)) to "
                    + "\(Format.percent(upper))), log loss \(loss)")
        }
        return lines + (modelPath.map { [line("model", $0)] } ?? [])
    }

    private var inferenceLines: [String] {
        guard let scored = value("predictions", "scored")?.int,
            let failed = value("predictions", "failed")?.int,
            let rate = value("predictions", "images_per_second")?.double
        else { return [] }
        let skipped = value("predictions", "skipped")?.int ?? 0
        return [
            line(
                "inference",
                "\(Format.counted(scored, "image")) scored"
                    + (failed > 0 ? ", \(Format.count(failed)) couldn't be" : "")
                    + (skipped > 0 ? ", \(Format.counted(skipped, "other file")) skipped" : "")
                    // Of nothing there is no rate.
                    + (scored > 0 ? ", \(Format.imageRate(rate))" : "") + origin("predictions"))
        ] + scoringModel
    }

    /// Which model scored.
    private var scoringModel: [String] {
        guard let digest = value("predictions", "model_sha256")?.text else { return [] }
        let name = value("predictions", "model_name").map { "\($0.text) " } ?? ""
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
    private func origin(_ asset: String) -> String {
        guard let run = reused[asset] else { return "" }
        return run.map { " (by run \($0))" } ?? " (by a deleted run)"
    }

    private func count(_ asset: String, _ name: String) -> String? {
        value(asset, name)?.int.map { Format.count($0) }
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
