import Foundation

/// What was found in a work folder after a fault, by readers that no fault concerns.
struct Found {
    let ending: Ending
    let state: FolderState
    let runs: [ListedRun]?
    /// nil where the list couldn't be read.
    let models: Ending
    var deployed: String? { JSON.deployed(models.output) }
}

/// A broken invariant.
public struct Violation: Equatable, Sendable {
    /// What was broken, in a few words, the same for all of its kind.
    public let kind: String
    public let explanation: String
}

/// Compares how a command ended with what it left behind.
struct Judge {
    let scenario: Scenario
    let reference: Reference
    let fault: FaultKind

    // MARK: - How it ended

    func ending(_ ending: Ending) -> [Violation] {
        if ending.isTimeout { return [violation("hangs", ending.summary)] }
        if fault.endsTheProcess { return [] }
        if ending.signal != nil { return [violation("crashes", ending.summary)] }
        var found: [Violation] = []
        if Self.foreignWords.contains(where: ending.text.contains) {
            found.append(violation("a library's words in place of a reason", ending.summary))
        }
        guard ending.status != scenario.expectedStatus else { return found }
        if fault == .interrupted {
            found.append(violation("interrupted call not retried", ending.summary))
        }
        if !Self.saysWhy(ending) {
            found.append(violation("fails without a path or reason", ending.summary))
        }
        return found
    }

    /// The status of `predict` when some pictures couldn't be read: the file has a row for each.
    static let someNotScored: Int32 = 4

    /// What libraries say in place of what happened.
    static let foreignWords = [
        "NSCocoaErrorDomain", "NSPOSIXErrorDomain", "DecodingError", "could not be completed",
        "couldn’t be", "Fatal error",
    ]

    static func saysWhy(_ ending: Ending) -> Bool {
        // Its rows say which picture couldn't be read, and why.
        if ending.status == someNotScored { return true }
        let said = ending.errors.split(separator: "\n").last ?? ""
        // `models verify` says on standard output what doesn't.
        return said.contains("/") || said.contains("runs.sqlite") || ending.output.contains("/")
    }

    // MARK: - What it said, and what is there

    func agreement(_ found: Found) -> [Violation] {
        let ending = found.ending
        guard ending.signal == nil, !ending.isTimeout else { return [] }
        return switch scenario.goal {
        case .training, .wholeRun: runAgreement(found)
        case .decision(let deploys): decisionAgreement(found, deploys: deploys)
        case .deletion(let run): deletionAgreement(found, run)
        case .cleaning: unchangedAgreement(found, ".tessera/artifacts", ".tessera/runs")
        case .file(let path, _): fileAgreement(found, path)
        case .reading: []
        }
    }

    private func claimsNoChange(_ ending: Ending) -> Bool {
        ending.text.lowercased().contains("nothing was changed")
    }

    private func runAgreement(_ found: Found) -> [Violation] {
        let ending = found.ending
        let known = Set(scenario.runsBefore.map(\.id))
        let new = (found.runs ?? []).filter { !known.contains($0.id) && $0.status == "succeeded" }
        guard ending.status == scenario.expectedStatus else {
            var broken: [Violation] = []
            if let run = new.first {
                broken.append(
                    violation("says no, and did (run recorded)", "\(run.id); \(ending.summary)"))
            }
            let isDeployed = found.deployed != nil && found.deployed != scenario.deployedBefore
            // Later steps may fail, and say of their own files that nothing was changed.
            if isDeployed, !saysDeployed(ending), !ending.errors.contains("deployment built in") {
                broken.append(violation("says no, and did (deployed)", ending.summary))
            }
            return broken
        }
        guard let run = new.first, let model = run.artifacts["model"] else {
            return [violation("status 0 without a recorded model", ending.summary)]
        }
        var broken: [Violation] = []
        if model != reference.modelArtifact {
            broken.append(violation("another model", "\(model.prefix(12)) in \(run.id)"))
        }
        if found.state.artifact(model) == nil {
            broken.append(violation("status 0, artifact missing", "\(model.prefix(12))"))
        }
        if scenario.goal == .wholeRun, found.deployed == nil {
            broken.append(violation("says yes, and didn't", "nothing is deployed"))
        }
        return broken
    }

    private func saysDeployed(_ ending: Ending) -> Bool {
        let text = ending.text.lowercased()
        return ["recorded as deployed", "is deployed", "was deployed", "now deployed"]
            .contains { text.contains($0) } && !text.contains("not deployed")
    }

    private func decisionAgreement(_ found: Found, deploys: Bool) -> [Violation] {
        let ending = found.ending
        let isDeployed = found.deployed == reference.deployed
        let isUnchanged = found.state.record == scenario.stateBefore.record
        if ending.status == scenario.expectedStatus {
            if !isDeployed { return [violation("says yes, and didn't", ending.summary)] }
            return isUnchanged
                ? [violation("decided, and not on record", ending.summary)] : []
        }
        if deploys, isDeployed, !saysDeployed(ending) {
            return [violation("says no, and did (deployed)", ending.summary)]
        }
        if deploys, isDeployed, claimsNoChange(ending) {
            return [violation("says deployed, and that nothing was changed", ending.summary)]
        }
        let saysRecorded = ending.text.contains("on record") || ending.text.contains("recorded as")
        if !isUnchanged, !saysRecorded, claimsNoChange(ending) {
            return [violation("says nothing was changed, and the record was", ending.summary)]
        }
        return []
    }

    private func deletionAgreement(_ found: Found, _ run: String) -> [Violation] {
        guard let runs = found.runs else { return [] }
        let isListed = runs.contains { $0.id == run }
        let path = ".tessera/runs/\(run)"
        let now = found.state.part(path)
        if found.ending.status == 0 {
            return isListed || !now.isEmpty
                ? [violation("says deleted, and isn't", found.ending.summary)] : []
        }
        let isWhole = isListed && now == scenario.stateBefore.part(path)
        return claimsNoChange(found.ending) && !isWhole
            ? [violation("says nothing was changed, and deleted", found.ending.summary)] : []
    }

    private func unchangedAgreement(_ found: Found, _ folders: String...) -> [Violation] {
        guard found.ending.status != 0, claimsNoChange(found.ending) else { return [] }
        let changed = folders.first { found.state.part($0) != scenario.stateBefore.part($0) }
        return changed.map { [violation("says nothing was changed, and removed", $0)] } ?? []
    }

    private func fileAgreement(_ found: Found, _ path: String) -> [Violation] {
        let content = found.state.files[path]
        let isOld = content == scenario.stateBefore.files[path]
        if found.ending.status == 0 {
            return isOld ? [violation("says yes, and didn't", "\(path) is as before")] : []
        }
        return claimsNoChange(found.ending) && !isOld
            ? [violation("says nothing was changed, and wrote", found.ending.summary)] : []
    }

    func violation(_ kind: String, _ explanation: String) -> Violation {
        Violation(kind: kind, explanation: explanation)
    }
}
