import Foundation

/// What holds of every work folder after any fault, and again when all was mended.
extension Judge {
    /// Nothing that was in production is lost, the record only grows, files are whole.
    func kept(_ found: Found) -> [Violation] {
        let now = found.state
        var broken: [Violation] = []
        if !now.record.starts(with: scenario.stateBefore.record) {
            broken.append(violation("record not appended to", "audit.jsonl lost or changed lines"))
        }
        for digest in Set([scenario.deployedBefore, found.deployed].compactMap { $0 }) {
            let before = scenario.stateBefore.model(digest) ?? reference.state.model(digest)
            guard let content = now.model(digest) else {
                broken.append(violation("deployed model lost", "\(digest.prefix(12))"))
                continue
            }
            if let before, content != before {
                broken.append(violation("deployed model altered", "\(digest.prefix(12))"))
            }
        }
        if let before = scenario.deployedBefore, found.deployed != before,
            found.deployed != reference.deployed
        {
            let text = found.deployed.map { String($0.prefix(12)) } ?? found.models.summary
            broken.append(
                violation("neither the old nor the new model is deployed", text))
        }
        if case .file(let path, let isDeterministic) = scenario.goal {
            let hasAllRows = found.ending.status != Self.someNotScored
            broken += wholeFile(now, path, isDeterministic: isDeterministic && hasAllRows)
        }
        if scenario.goal == .reading, let runs = found.runs, runs != scenario.runsBefore {
            broken.append(violation("a reading command changed the runs", "\(runs.map(\.id))"))
        }
        if scenario.goal == .reading, now.withoutScratch != scenario.stateBefore.withoutScratch {
            broken.append(
                violation(
                    "a reading command changed something",
                    FolderState.differences(
                        now.withoutScratch, scenario.stateBefore.withoutScratch)))
        }
        return broken
    }

    private func wholeFile(
        _ state: FolderState, _ path: String, isDeterministic: Bool
    ) -> [Violation] {
        let content = state.files[path]
        if content == scenario.stateBefore.files[path] { return [] }
        guard let content, let whole = reference.state.files[path] else {
            return [violation("output lost", path)]
        }
        let isWhole =
            isDeterministic
            ? content == whole
            : content.prefix(16) == whole.prefix(16) && content.last == whole.last
                && content.count > whole.count / 3
        return isWhole ? [] : [violation("output torn", "\(path): \(content.count) bytes")]
    }

    /// The run store can be read, and nobody runs in it any more.
    func runStore(_ runs: [ListedRun]?, _ list: Ending) -> [Violation] {
        guard let runs, list.status == 0 else {
            return [violation("the run store can't be read", list.summary)]
        }
        let running = runs.filter { $0.status == "running" }.map(\.id)
        let lost = Set(scenario.runsBefore.map(\.id)).subtracting(runs.map(\.id)).filter {
            scenario.goal != .deletion(run: $0)
        }
        return (running.isEmpty ? [] : [violation("a run stays running", "\(running)")])
            + (lost.isEmpty ? [] : [violation("a run's record is lost", "\(lost.sorted())")])
    }

    /// After the next command and `runs gc`: nothing that nobody asked for is left.
    func tidy(_ state: FolderState, runs: [ListedRun]) -> [Violation] {
        var broken: [Violation] = []
        if let file = state.temporaryFiles.first {
            broken.append(violation("temporary file left", file))
        }
        let known = Set(runs.map(\.id))
        if let orphan = state.runFolders.subtracting(known).sorted().first {
            broken.append(violation("run folder without a record", orphan))
        }
        for run in runs where run.status == "succeeded" {
            for (asset, digest) in run.artifacts.sorted(by: { $0.key < $1.key })
            where state.artifact(digest) == nil {
                broken.append(violation("artifact missing", "\(asset) of \(run.id)"))
            }
        }
        return broken
    }

    /// What the command, given again, must have reached.
    func again(_ ending: Ending, _ found: Found) -> [Violation] {
        guard ending.signal == nil, !ending.isTimeout else {
            return [violation("the command, again, crashes or hangs", ending.summary)]
        }
        let hasModel = (found.runs ?? []).contains {
            $0.status == "succeeded" && $0.artifacts["model"] == reference.modelArtifact
        }
        switch scenario.goal {
        case .training where scenario.arguments.contains("--resume") && ending.status != 0:
            // Its first try had come to its end: there is nothing to go on with.
            if hasModel, ending.errors.contains("no checkpoint") { return [] }
        case .deletion(let run) where ending.status != 0:
            let isGone = found.runs?.contains { $0.id == run } == false
            if isGone, ending.errors.contains("no run") { return [] }
        default: break
        }
        guard ending.status == scenario.expectedStatus else {
            return [violation("the command, again, fails", ending.summary)]
        }
        return result(found, hasModel: hasModel)
    }

    private func result(_ found: Found, hasModel: Bool) -> [Violation] {
        switch scenario.goal {
        case .training, .wholeRun:
            if !hasModel { return [violation("another model after going on", "")] }
            return scenario.goal == .wholeRun && found.deployed == nil
                ? [violation("nothing deployed after going on", "")] : []
        case .decision:
            return found.deployed == reference.deployed
                ? [] : [violation("not deployed after trying again", "")]
        case .deletion(let run):
            return found.state.part(".tessera/runs/\(run)").isEmpty
                ? [] : [violation("not deleted after trying again", run)]
        case .cleaning:
            let difference = FolderState.differences(
                found.state.part(".tessera/artifacts"), reference.state.part(".tessera/artifacts"))
            return difference.isEmpty
                ? [] : [violation("not cleaned after trying again", difference)]
        case .file(let path, _):
            return found.state.files[path] == scenario.stateBefore.files[path]
                ? [violation("not written after trying again", path)] : []
        case .reading: return []
        }
    }
}
