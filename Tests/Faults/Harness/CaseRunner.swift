import Foundation

/// What became of one case.
public struct CaseResult: Sendable {
    public let faultCase: FaultCase
    /// False where the program made fewer calls than in its undisturbed run.
    public var wasReached = true
    public var violations: [Violation] = []
}

/// Runs one case: the command with its fault, then readers, the command again, and the cleaning.
struct CaseRunner {
    let program: Program
    let folder: WorkFolder
    let scenario: Scenario
    let reference: Reference

    func run(_ faultCase: FaultCase) throws -> CaseResult {
        let result = try attempt(faultCase)
        // What looks like a hang may be a machine with other work.
        let isHanging = result.violations.contains { $0.kind.contains("hang") }
        return isHanging ? try attempt(faultCase) : result
    }

    private func attempt(_ faultCase: FaultCase) throws -> CaseResult {
        let judge = Judge(scenario: scenario, reference: reference, fault: faultCase.kind)
        var result = CaseResult(faultCase: faultCase)
        try folder.fill(from: scenario.template)
        let (ending, log) = try program.run(
            scenario.arguments, in: folder, fault: (faultCase.call.number, faultCase.kind))
        result.wasReached = log.hasPrefix("! ") || log.contains("\n! ")
        guard result.wasReached else { return result }

        var broken = judge.ending(ending)
        let (found, complaints) = try read(judge, after: ending)
        broken += complaints + judge.agreement(found) + judge.kept(found)
        broken += try production(judge, found)
        // A command that reads leaves nothing to go on from.
        if scenario.goal != .reading { broken += try goingOn(judge) }
        result.violations = broken
        return result
    }

    /// What readers say, and the state after what opening mends: mending must lose nothing either.
    private func read(_ judge: Judge, after ending: Ending) throws -> (Found, [Violation]) {
        var broken: [Violation] = []
        let models = try registry { verify in
            guard verify.status != 0 else { return }
            let complaint = verify.text.split(separator: "\n").joined(separator: " | ")
            broken.append(judge.violation("models verify complains", complaint))
        }
        let list = try program.run(["runs", "list", "--json", "--limit", "0"], in: folder)
        let runs = ListedRun.parse(list.output)
        broken += judge.runStore(runs, list)
        let found = Found(
            ending: ending, state: try FolderState(folder.url), runs: runs, models: models)
        return (found, broken)
    }

    /// - Returns: the registry's list, an empty one where there is no registry.
    private func registry(verified: (Ending) -> Void) throws -> Ending {
        let path = folder.url.appendingPathComponent(".tessera/registry").path
        guard FileManager.default.fileExists(atPath: path) else {
            return Ending(status: 0, output: #"{"models": []}"#, errors: "")
        }
        verified(try program.run(["models", "verify"], in: folder))
        return try program.run(["models", "list", "--json"], in: folder)
    }

    private func production(_ judge: Judge, _ found: Found) throws -> [Violation] {
        guard scenario.deployedBefore != nil || found.deployed != nil else { return [] }
        let prediction = try program.run(["predict", "pictures", "--threads", "1"], in: folder)
        return prediction.status == 0
            ? [] : [judge.violation("production doesn't predict", prediction.summary)]
    }

    private func goingOn(_ judge: Judge) throws -> [Violation] {
        let again = try program.run(scenario.arguments, in: folder)
        let cleaning = try program.run(["runs", "gc"], in: folder)
        var broken: [Violation] = []
        func require(_ what: String, _ ending: Ending) {
            guard ending.status != 0 else { return }
            broken.append(judge.violation("\(what) fails afterwards", ending.summary))
        }
        require("runs gc", cleaning)
        let models = try registry { require("models verify", $0) }
        let list = try program.run(["runs", "list", "--json", "--limit", "0"], in: folder)
        let state = try FolderState(folder.url)
        let runs = ListedRun.parse(list.output)
        let found = Found(ending: again, state: state, runs: runs, models: models)
        broken += judge.again(again, found) + judge.tidy(state, runs: runs ?? [])
        return broken + (try integrity(judge))
    }

    /// SQLite's own check, where its program is installed.
    private func integrity(_ judge: Judge) throws -> [Violation] {
        let sqlite = "/usr/bin/sqlite3"
        let file = folder.url.appendingPathComponent(".tessera/runs.sqlite")
        guard FileManager.default.isExecutableFile(atPath: sqlite),
            FileManager.default.fileExists(atPath: file.path)
        else { return [] }
        let checker = Program(path: sqlite, library: program.library)
        let ending = try checker.run([file.path, "PRAGMA integrity_check"], in: folder)
        return ending.output == "ok\n"
            ? [] : [judge.violation("SQLite finds damage", ending.text)]
    }
}
