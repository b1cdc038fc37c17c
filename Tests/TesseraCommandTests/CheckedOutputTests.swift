import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import tessera

/// An answer that couldn't be written is no success.
@Suite struct CheckedOutputTests {
    /// How each command is called so that it prints on standard output, in an order in which each finds
    /// what it needs; `RUN` stands for a run's id of its own.
    static let calls: [(command: String, arguments: [[String]])] = [
        ("run", [[], ["--json"]]),
        ("train", [[], ["--json"]]),
        ("prepare", [[], ["--json"]]),
        ("evaluate", [[], ["--json"]]),
        ("deploy", [["latest"], ["latest", "--json"]]),
        ("models list", [[], ["--json"]]),
        ("models show", [[], ["--json"]]),
        ("models history", [[], ["--json"]]),
        ("models verify", [[]]),
        ("runs list", [[], ["--json"]]),
        ("runs show", [[], ["--json"]]),
        ("runs events", [[], ["--json"]]),
        ("runs lineage", [[], ["--json"]]),
        ("runs diff", [["latest", "latest"], ["latest", "latest", "--json"]]),
        (
            "runs export",
            [
                ["latest", "--tensorboard", "events"],
                ["latest", "--tensorboard", "events", "--json"],
            ]
        ),
        ("runs gc", [["--dry-run"], ["--dry-run", "--json"]]),
        ("report", [[]]),
        (
            "predict",
            [["digits"], ["digits", "--json"], ["digits", "--json", "--output", "a.csv"]]
        ),
        ("sweep", [["--config", "sweep.yaml"], ["--config", "sweep.yaml", "--json"]]),
        ("compare", [[], ["--json"]]),
        ("config show", [[], ["--json"]]),
        ("config init", [[]]),
        ("manual", [[]]),
        ("schema", [[], ["run"]]),
        ("bench train", [quickBench, quickBench + ["--json"]]),
        ("bench infer", [quickBench, quickBench + ["--json"]]),
        ("bench accuracy", [accuracyBench, accuracyBench + ["--json"]]),
        ("bench plan", [[], ["--json"]]),
        ("summary", [[], ["--json"], ["--explain-plan"]]),
        ("runs delete", [["RUN"], ["RUN", "--json"]]),
        ("models rollback", [["--approver", "me"], ["--approver", "me", "--json"]]),
    ]
    private static let quickBench = ["--seconds", "0.1", "--batch", "2", "--threads", "1"]
    private static let accuracyBench = [
        "--data-dir", "digits", "--epochs", "0.1", "--evaluate-every", "1000",
    ]
    /// Those that take the flags of a workspace.
    private static let trainings: Set = ["run", "train"]
    private static let readers: Set = ["prepare", "evaluate"]

    /// The leaves of the program's commands: a new one has to be added above.
    @Test func everyCommandIsTried() {
        let leaves = Self.leaves(Tessera.self, "")
        #expect(Set(leaves.map(\.path)) == Set(Self.calls.map(\.command)))
        for (path, command) in leaves where Self.hasJSON(command) {
            let isTried = Self.calls.contains { call in
                call.command == path && call.arguments.contains { $0.contains("--json") }
            }
            #expect(isTried, "\(path) --json")
        }
    }

    /// Whether a command has the flag; others may speak of it.
    static func hasJSON(_ command: any ParsableCommand.Type) -> Bool {
        command.helpMessage().split(separator: "\n").contains {
            $0.drop { $0 == " " }.hasPrefix("--json")
        }
    }

    static func leaves(
        _ command: any ParsableCommand.Type, _ path: String
    ) -> [(path: String, command: any ParsableCommand.Type)] {
        let children = command.configuration.subcommands
        guard !children.isEmpty else { return [(path, command)] }
        return children.flatMap {
            leaves($0, path.isEmpty ? $0._commandName : "\(path) \($0._commandName)")
        }
    }

    @Test func aFullDiskUnderStandardOutputIsAFailure() throws {
        try Workspace.within { workspace in
            try prepare(workspace)
            for (command, variants) in Self.calls {
                for arguments in variants {
                    let all = try complete(command, arguments, workspace)
                    let result = try runTessera(
                        all, in: workspace.folder, output: "/dev/full")
                    #expect(result.status == 2, "\(all): \(result.status) \(result.errors)")
                    #expect(
                        result.errors.contains("standard output: No space left on device"),
                        "\(all): \(result.errors)")
                }
            }
        }
    }

    func prepare(_ workspace: Workspace) throws {
        // As many deployments as are rolled back, and one more.
        for seed in ["43", "44", "42"] { _ = try workspace.run("run", ["--seed", seed]) }
        let sweep = """
            name: small
            config: {dataset: "\(workspace.digits.dataset)", epochs: 1, conv1_channels: 4,
              conv2_channels: 4, conv3_channels: 4, hidden_size: 8, threads: 1}
            parameters: {learning_rate: [0.01]}
            parallel: 1
            """
        try Data(sweep.utf8).write(to: workspace.folder.appendingPathComponent("sweep.yaml"))
    }

    func complete(
        _ command: String, _ arguments: [String], _ workspace: Workspace
    ) throws -> [String] {
        var all = command.split(separator: " ").map(String.init)
        if Self.trainings.contains(command) {
            all += command == "run" ? workspace.flags : workspace.flags
        }
        if Self.readers.contains(command) { all += ["--dataset", workspace.digits.dataset] }
        if arguments.contains("RUN") {
            let run = try workspace.run()
            return all + arguments.map { $0 == "RUN" ? run.id : $0 }
        }
        return all + arguments
    }

    @Test(arguments: [["--help"], ["--version"], ["help", "run"], ["runs", "--help"], []])
    func helpIsCheckedAsWell(_ arguments: [String]) throws {
        let result = try runTessera(arguments, output: "/dev/full")
        #expect(result.status == 2 && result.errors.contains("standard output"), "\(result)")
        #expect(try runTessera(arguments).status == 0)
    }

    /// `>&-`: the first file that is opened must not become standard output.
    @Test func aClosedStandardOutputIsAFailure() throws {
        try Workspace.within { workspace in
            _ = try workspace.run()
            let result = try shell(workspace, "\"$TESSERA\" runs list >&-")
            #expect(result.status == 2 && result.errors.contains("standard output"), "\(result)")
            #expect(try workspace.run(["models", "verify"]).status == 0)
        }
    }

    /// As `| head -1`: no message, and the status with which a shell shows a death by SIGPIPE.
    @Test(arguments: ["", "trap '' PIPE; "])
    func aReaderThatWentAwayEndsQuietly(_ trap: String) throws {
        try Workspace.within { workspace in
            for command in ["config init", "--help", "predict digits"] {
                if command.hasPrefix("predict") { _ = try workspace.run() }
                let result = try shell(
                    workspace,
                    "\(trap){ sleep 0.2; \"$TESSERA\" \(command); echo $? >status; } | true; cat status"
                )
                #expect(result.output == "141\n", "\(command): \(result)")
                let errors = result.errors
                #expect(
                    !errors.contains("standard output") && !errors.contains("atal"), "\(errors)")
            }
        }
    }

    /// Progress that can't be shown changes nothing.
    @Test(arguments: ["2>/dev/full", "2>&-", "2> >(true)"])
    func errorsThatCantBeWrittenKeepTheStatus(_ redirection: String) throws {
        try Workspace.within { workspace in
            let flags = workspace.flags.joined(separator: " ")
            let run = try shell(workspace, "\"$TESSERA\" run \(flags) \(redirection)")
            #expect(run.status == 0 && run.output.contains("gate"), "\(run)")
            let missing = try shell(workspace, "\"$TESSERA\" runs show 1999 \(redirection)")
            #expect(missing.status == 2, "\(missing)")
        }
    }

    /// A hook's pipes work as in any shell.
    @Test func hooksHaveTheirOwnSignals() throws {
        try Workspace.within { workspace in
            let flags = workspace.flags.joined(separator: " ")
            let hook = "{ yes; echo \\$? >&3; } 3>hook.txt | true"
            let result = try shell(workspace, "\"$TESSERA\" run \(flags) --on-success \"\(hook)\"")
            #expect(result.status == 0, "\(result.errors)")
            let file = workspace.folder.appendingPathComponent("hook.txt")
            #expect(try String(contentsOf: file, encoding: .utf8) == "141\n")
        }
    }

    private func shell(_ workspace: Workspace, _ script: String) throws -> ProgramResult {
        try runProgram(
            // The test runner may ignore the signal, which what it starts would inherit.
            URL(fileURLWithPath: "/usr/bin/env"), ["--default-signal=PIPE", "bash", "-c", script],
            environment: [
                "TESSERA": programURL.path,
                "TESSERA_CACHE": workspace.folder.appendingPathComponent("cache").path,
            ], in: workspace.folder)
    }

    /// Standard output has one writer, which checks.
    @Test func nothingPrintsPastTheWriter() throws {
        let sources = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources")
        let files = try #require(FileManager.default.enumerator(atPath: sources.path))
        let forbidden =
            /(^|[^.\w])(print|debugPrint|dump|puts|fputs|NSLog)\(|FileHandle\.standard(Output|Error)\.write/
        for case let name as String in files where name.hasSuffix(".swift") {
            let text = try String(
                contentsOf: sources.appendingPathComponent(name), encoding: .utf8)
            for line in text.split(separator: "\n") where line.firstMatch(of: forbidden) != nil {
                let isAllowed =
                    line.contains("func print(") || line.drop { $0 == " " }.hasPrefix("//")
                #expect(isAllowed, "\(name): \(line)")
            }
        }
    }
}
