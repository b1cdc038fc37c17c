import Foundation
import Orchestration
import TestSupport
import Testing

@testable import tessera

/// What the program says of arguments that it can't use: one form, and a suggestion where one is near.
@Suite struct WrongArgumentsTests {
    @Test(arguments: [
        (["trian"], "Error: tessera: unknown command trian; did you mean train? `tessera --help`"),
        (["serve"], "Error: tessera: unknown command serve; `tessera --help` lists the commands"),
        (["runs", "shwo"], "tessera runs: unknown command shwo; did you mean show?"),
        (["run", "--epoch", "3"], "Unknown option '--epoch'. Did you mean '--epochs'?"),
        (["run", "--abc", "3"], "Error: Unknown option '--abc'\n"),
        (["train", "--set", "x"], "Error: Unknown option '--set'"),
        (
            ["run", "--strategy", "atomatic"],
            "--strategy atomatic: must be one of automatic, manual, force; did you mean automatic?"
        ),
        (["run", "--job", "trainin"], "must be one of training, deployment, inference, full; did"),
        (["run", "--select", "modle"], "'modle' selects no asset; did you mean model?"),
        (
            ["train", "--optimizer-type", "adm"],
            "--optimizer-type adm: must be one of sgd, adam, adamw, rmsprop; did you mean adam?"
        ),
        (["train", "--dataset", "mnits"], "; did you mean mnist?"),
        (["train", "--schedule", "exponential"], "--schedule exponential: must be one of"),
        (
            ["train", "--epochs", "0"],
            "Error: --epochs 0: must be a whole number from 1 to 100000\n"
        ),
        (
            ["train", "--learning-rate", "-0.1"],
            "--learning-rate -0.1: must be a number greater than"
        ),
        (["predict", "x", "--top-k", "-1"], "--top-k -1: must be a whole number of at least 1"),
        (["predict", "x", "--threshold", "-0.5"], "--threshold -0.5: must be a number"),
        (["runs", "--limit", "-1"], "--limit -1: must be a whole number of at least 0"),
        (["runs", "--limit", "all"], "--limit all: must be a number"),
        (["sweep", "--config", "x", "--parallel", "-2"], "--parallel -2: must be a whole number"),
        (["predict", "-dash.png"], "a file's name that begins with a dash is written ./-dash.png"),
        (["runs", "--tag", "sweep"], "--tag sweep: must be of the form name=value"),
    ])
    func theyAreTold(arguments: [String], message: String) throws {
        let result = try runTessera(arguments)
        #expect(result.status == 64 && result.output.isEmpty, "\(arguments): \(result)")
        #expect(result.errors.contains(message), "\(arguments): \(result.errors)")
        #expect(!result.errors.contains("'--seed'"), "\(result.errors)")
    }

    @Test func theFlagThatAllowsWorseModelsIsNoDoubleNegation() throws {
        func setting(_ flags: [String]) throws -> String {
            try ConfigOptions.parse(flags).effectiveConfig(environment: [:])
                .origin(of: "no_worse_than_deployed").description
        }
        #expect(try setting(["--allow-worse-than-deployed"]) == "--allow-worse-than-deployed")
        #expect(try setting(["--no-no-worse-than-deployed"]) == "--allow-worse-than-deployed")
        #expect(try setting(["--no-worse-than-deployed"]) == "--no-worse-than-deployed")
        let allowed = try ConfigOptions.parse(["--allow-worse-than-deployed"])
            .effectiveConfig(environment: [:])
        #expect(!allowed.config.gate.noWorseThanDeployed)
        let help = ConfigCommand.Show.helpMessage()
        #expect(help.contains("--allow-worse-than-deployed") && !help.contains("--no-no-"))
    }

    @Test func helpTellsTheDefaultsOfKeys() {
        let help = ConfigCommand.Show.helpMessage(columns: 300)
        #expect(
            help.contains("(a whole number from 1 to 100000; default: 8; recipe reference: 30)"))
        #expect(help.contains("default: adam)"))
    }

    @Test func benchAccuracyHasTheNamesOfTrain() {
        let train = TrainCommand.helpMessage(columns: 300)
        let own = ["--target", "--evaluate-every", "--evaluate-from"]
        for line in BenchCommand.Accuracy.helpMessage(columns: 300).split(separator: "\n") {
            guard let name = line.firstMatch(of: /^ +(--[a-z0-9-]+)/)?.1,
                !own.contains(String(name))
            else { continue }
            #expect(train.contains("\(name)"), "\(name)")
        }
    }

    @Test func unknownTagsAreTold() throws {
        try Workspace.within { workspace in
            _ = try workspace.run("train", [])
            _ = try workspace.run("run", ["--job", "training", "--tag", "owner=ann"])
            for command in [["runs"], ["compare"]] {
                let result = try workspace.run(command + ["--tag", "owner=anne"])
                #expect(
                    result.errors
                        == "Error: --tag owner=anne: no run has this tag; did you mean owner=ann? there "
                        + "are owner=ann\n", "\(result)")
                #expect(result.status == 2)
            }
        }
    }

    @Test(arguments: ["-", "/dev/stdin", "/dev/fd/0"])
    func configurationComesFromAnyStandardInput(_ name: String) throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("c.yaml")
            try Data("epochs: 3\n".utf8).write(to: file)
            let shell = URL(fileURLWithPath: "/bin/bash")
            for input in ["< c.yaml", "< <(sleep 0.2; cat c.yaml)", "< /dev/null"] {
                let result = try runProgram(
                    shell, ["-c", "\"$TESSERA\" config show --config \(name) \(input)"],
                    environment: ["TESSERA": programURL.path], in: folder)
                #expect(result.status == 0, "\(name) \(input): \(result.errors)")
                #expect(result.output.contains("\(name):1") == (input != "< /dev/null"), "\(input)")
            }
        }
    }

    @Test func aKeyThatIsThereTwiceIsToldWithoutTheFile() throws {
        let text = "name: a\nparameters:\n  epochs: [1]\n  epochs: [2]\n# private\n"
        let error = try #require(throws: (any Error).self) {
            try SweepFile(text: text, path: "s.yaml")
        }
        #expect(
            "\(error)"
                == "s.yaml:4: epochs is set a second time (first in line 3); keep one of the two")
    }
}
