import Foundation

/// Makes the homes that cases start from, with the program itself and without faults.
struct Preparation {
    let program: Program
    let folder: WorkFolder
    let templates: URL

    func scenarios() throws -> [Scenario] {
        try FileManager.default.createDirectory(at: templates, withIntermediateDirectories: true)
        try folder.empty()
        try FileManager.default.createDirectory(
            at: folder.url, withIntermediateDirectories: true)
        try SampleDigits.write(to: folder.url)
        let fresh = try template("fresh")
        try ran(["run"] + Scenario.good + ["--json"])
        try addOldOutputs()
        let one = try template("one")
        let betterRun = try trained(Scenario.better, copiedTo: "better.safetensors")
        _ = try trained(Scenario.bad, copiedTo: "worse.safetensors")
        let several = try template("several")
        try ran(["runs", "delete", betterRun])
        let garbage = try template("garbage")
        let interrupted = try interruptedTraining(from: fresh)
        return try changing(fresh, one, several, garbage, interrupted, betterRun) + reading(several)
    }

    // MARK: - Scenarios

    private func changing(
        _ fresh: URL, _ one: URL, _ several: URL, _ garbage: URL, _ interrupted: URL,
        _ betterRun: String
    ) throws -> [Scenario] {
        let gate = ["--accuracy-threshold", "0.4", "--threads", "1"]
        let manual = ["--strategy", "manual", "--approver", "tester", "--reason", "checked"]
        let strict = ["--accuracy-threshold", "0.5", "--threads", "1"]
        return [
            try scenario(
                "deploy", .decision(deploys: true), several,
                ["deploy", "./better.safetensors"] + gate),
            try scenario(
                "deploy-manual", .decision(deploys: true), several,
                ["deploy", "./better.safetensors"] + gate + manual),
            try scenario(
                "deploy-refused", .decision(deploys: false), several,
                ["deploy", "./worse.safetensors"] + strict, expectedStatus: 3),
            try scenario(
                "delete", .deletion(run: betterRun), several, ["runs", "delete", betterRun]),
            try scenario("gc", .cleaning, garbage, ["runs", "gc"]),
            try scenario("train", .training, fresh, ["train"] + Scenario.good + ["--json"]),
            try scenario(
                "resume", .training, interrupted,
                ["train", "--resume"] + Scenario.good + ["--json"]),
            try scenario("run-cached", .wholeRun, one, ["run"] + Scenario.good + ["--json"]),
            try scenario("run", .wholeRun, fresh, ["run"] + Scenario.good + ["--json"]),
            try scenario(
                "predict", .file(path: "out/scores.csv", isDeterministic: true), one,
                ["predict", "pictures", "--output", "out/scores.csv", "--threads", "1"]),
            try scenario(
                "report", .file(path: "out/report.html", isDeterministic: false), one,
                ["report", "latest", "--output", "out/report.html"]),
        ]
    }

    private func reading(_ home: URL) throws -> [Scenario] {
        try [
            ("models-verify", ["models", "verify"]), ("models-list", ["models", "list"]),
            ("runs-list", ["runs", "list"]), ("runs-show", ["runs", "show"]),
        ].map { try scenario($0, .reading, home, $1) }
    }

    private func scenario(
        _ name: String, _ goal: Scenario.Goal, _ template: URL, _ arguments: [String],
        expectedStatus: Int32 = 0
    ) throws -> Scenario {
        try folder.fill(from: template)
        let before = try FolderState(folder.url)
        let hasHome = !before.part(".tessera").isEmpty
        let runs = hasHome ? try ran(["runs", "list", "--json", "--limit", "0"]).output : ""
        let models = hasHome ? try ran(["models", "list", "--json"]).output : ""
        return Scenario(
            name: name, goal: goal, template: template, arguments: arguments,
            expectedStatus: expectedStatus, deployedBefore: JSON.deployed(models),
            runsBefore: ListedRun.parse(runs) ?? [], stateBefore: before)
    }

    /// The command without faults; it must do what the scenario is for.
    func reference(of scenario: Scenario) throws -> Reference {
        try folder.fill(from: scenario.template)
        let (ending, log) = try program.run(scenario.arguments, in: folder, fault: nil)
        let models = try ran(["models", "list", "--json"]).output
        let reference = Reference(
            calls: DiskCall.parse(log: log), modelArtifact: JSON.model(ending.output),
            state: try FolderState(folder.url), deployed: JSON.deployed(models))
        guard ending.signal == nil, ending.status == scenario.expectedStatus else {
            throw HarnessError(
                description: "\(scenario.name) ends with \(ending.summary), without any fault")
        }
        if case .decision(true) = scenario.goal, reference.deployed == scenario.deployedBefore {
            throw HarnessError(description: "\(scenario.name) deploys nothing, without any fault")
        }
        guard reference.calls.contains(where: { $0.path.hasPrefix(".tessera") }) else {
            throw HarnessError(
                description: "no calls were counted: \(program.library) isn't loaded, or the "
                    + "program has the C library linked in")
        }
        return reference
    }

    // MARK: - Homes

    @discardableResult
    private func ran(_ arguments: [String]) throws -> Ending {
        let ending = try program.run(arguments, in: folder)
        guard ending.signal == nil, ending.status == 0 else {
            throw HarnessError(
                description: "tessera \(arguments.joined(separator: " ")): \(ending.summary)")
        }
        return ending
    }

    private func template(_ name: String) throws -> URL {
        let url = templates.appendingPathComponent(name)
        try FileManager.default.copyItem(at: folder.url, to: url)
        return url
    }

    private func addOldOutputs() throws {
        let out = folder.url.appendingPathComponent("out")
        try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
        for name in ["scores.csv", "report.html"] {
            try Data("old content\n".utf8).write(to: out.appendingPathComponent(name))
        }
    }

    /// - Returns: the run.
    private func trained(_ flags: [String], copiedTo name: String) throws -> String {
        let output = try ran(["train"] + flags + ["--json"]).output
        guard let run = JSON.run(output) else {
            throw HarnessError(description: "train --json names no run: \(output.prefix(300))")
        }
        let state = try FolderState(folder.url).part(".tessera/runs/\(run)")
        let models = state.keys.filter {
            $0.hasSuffix(".safetensors") && !$0.contains("/checkpoints/")
        }
        guard let model = models.first, let content = state[model] else {
            throw HarnessError(description: "run \(run) left no model file")
        }
        try content.write(to: folder.url.appendingPathComponent(name))
        return run
    }

    /// A training that was killed after its second checkpoint.
    private func interruptedTraining(from fresh: URL) throws -> URL {
        let arguments = ["train"] + Scenario.good + ["--json"]
        try folder.fill(from: fresh)
        let (_, log) = try program.run(arguments, in: folder, fault: nil)
        let placed = DiskCall.parse(log: log).filter {
            $0.name == "rename" && $0.path.contains("/checkpoints/step-")
        }
        guard placed.count >= 2 else {
            throw HarnessError(description: "a training of three epochs writes no two checkpoints")
        }
        try folder.fill(from: fresh)
        let kill = (number: placed[1].number + 8, kind: FaultKind.kill)
        let (ending, _) = try program.run(arguments, in: folder, fault: kill)
        guard ending.signal == SIGKILL else {
            throw HarnessError(description: "the training wasn't killed: \(ending.summary)")
        }
        return try template("interrupted")
    }
}
