import Foundation
import TestSupport
import Testing

@testable import DigitPipeline
@testable import tessera

/// What `--json` prints is what the schemas say, in success and in failure.
@Suite struct JSONAnswerTests {
    /// What doesn't fit a schema.
    private func problems(_ text: String, _ schema: String) throws -> [String] {
        let schema = try #require(try SchemaCatalog.schema(schema), "\(schema)")
        return JSONSchemaValidator(schema, try JSONValue(parsing: Data(text.utf8))).problems
    }

    @Test func everyCommandWithJSONHasASchema() throws {
        let leaves = CheckedOutputTests.leaves(Tessera.self, "")
        for (path, command) in leaves where CheckedOutputTests.hasJSON(command) {
            let name = try #require(SchemaCatalog.commands[path], "\(path)")
            #expect(try SchemaCatalog.schema(name) != nil, "\(path)")
        }
        #expect(Set(SchemaCatalog.commands.values).union(["error"]) == Set(SchemaCatalog.names))
    }

    @Test func everyAnswerFitsItsSchema() throws {
        try Workspace.within { workspace in
            let calls = CheckedOutputTests()
            try calls.prepare(workspace)
            for (command, variants) in CheckedOutputTests.calls {
                for arguments in variants where arguments.contains("--json") {
                    let all = try calls.complete(command, arguments, workspace)
                    let result = try workspace.run(all)
                    // A gate that refuses has an answer, too.
                    #expect([0, 3].contains(result.status), "\(all): \(result.errors)")
                    let isSummary = command == "predict" && arguments.contains("--output")
                    let schema = SchemaCatalog.commands[isSummary ? "predict --output" : command]
                    let documents =
                        schema == "prediction-row"
                        ? result.output.split(separator: "\n").map(String.init) : [result.output]
                    for document in documents {
                        let found = try problems(document, #require(schema))
                        #expect(found.isEmpty, "\(all): \(found)")
                    }
                }
            }
            try checkOthers(workspace)
        }
    }

    /// Answers with what the usual ones haven't got: refusals, failures, rows with errors, nothing.
    private func checkOthers(_ workspace: Workspace) throws {
        let refused = try workspace.run(
            ["run", "--json"] + workspace.flags + ["--accuracy-threshold", "1"])
        #expect(refused.status == 3)
        #expect(try problems(refused.output, "run") == [])
        try Data("nothing".utf8).write(to: workspace.folder.appendingPathComponent("bad.png"))
        let row = try workspace.run(["predict", "bad.png", "--json"])
        #expect(row.status == 4)
        #expect(try problems(row.output, "prediction-row") == [])
        for (arguments, schema) in [
            (["runs", "list"], "runs-list"), (["runs", "gc"], "runs-gc"),
            (["models", "list"], "models-list"),
        ] {
            let result = try workspace.run(arguments + ["--json", "--home", "nowhere"])
            let found = try problems(result.output, schema)
            #expect(result.status == 0 && found.isEmpty, "\(arguments) \(found)")
        }
    }

    @Test func valuesHaveTheirTypes() throws {
        try Workspace.within { workspace in
            let run = try workspace.run("run", ["--tag", "Purpose=3"])
            let shown = try JSONValue(
                parsing: Data(workspace.run(["runs", "show", run.id, "--json"]).output.utf8))
            let config = try #require(shown["run"]?["config"])
            #expect(config["epochs"] == .integer(3) && config["learning_rate"] == .number(0.01))
            #expect(config["augmentation"] == .flag(true) && config["data_dir"] == .null)
            #expect(shown["run"]?["environment"]?["threads"] == .integer(2))
            #expect(shown["run"]?["tags"]?["Purpose"] == .text("3"))
            guard case .array(let assets)? = shown["assets"] else {
                Issue.record("no assets")
                return
            }
            let model = try #require(
                assets.map { $0["materialization"] }.first { $0?["asset"] == .text("model") } ?? nil
            )
            #expect(model["config"]?["seed"] == .integer(42))
            #expect(model["metadata"]?["convolution_plan"]?["conv1"] == .text("direct"))
            #expect(shown["accuracy"]?["validation"] != .null)
        }
    }

    @Test func numbersThatAreNotFiniteAreNull() throws {
        struct Answer: Encodable {
            let a = Double.nan
            let b = [Double.infinity, 1.5]
            let someKey = -Float.infinity
        }
        for (style, key) in [(JSONStyle.named, "someKey"), (.record, "some_key")] {
            let value = try style.value(Answer())
            #expect(value["a"] == .null && value["b"] == .array([.null, .number(1.5)]))
            #expect(value[key] == .null)
        }
    }

    /// On standard output beside standard error, with the same status.
    @Test(arguments: [
        (["runs", "show", "1999"], "no runs"), (["runs", "--nonsense"], "Unknown option"),
        (["train", "--epochs", "0"], "--epochs 0"), (["deploy", "./none.safetensors"], "none"),
        (["sweep", "--config", "none.yaml"], "none.yaml"),
        (["runs", "delete"], "Missing expected"),
        (["bench", "infer", "--batch", "0"], "--batch 0"),
        (["predict", "none.png"], "deployed"), (["evaluate", "--on", "nowhere"], "nowhere"),
        (["config", "show", "--epochs", "many"], "many"), (["compare"], "no runs"),
        (["models", "show", "./none.safetensors"], "none"),
    ]) func errorsAreObjects(_ arguments: [String], _ message: String) throws {
        let (plain, result) = try withTemporaryFolder { folder in
            try (runTessera(arguments, in: folder), runTessera(arguments + ["--json"], in: folder))
        }
        #expect(result.status == plain.status && result.status != 0)
        #expect(result.output.split(separator: "\n").count == 1)
        let found = try problems(result.output, "error")
        #expect(found.isEmpty, "\(found)")
        let error = try #require(try JSONValue(parsing: Data(result.output.utf8))["error"])
        #expect(error["status"] == .integer(Int64(result.status)))
        #expect(error["message"]?.text?.contains(message) == true, "\(error)")
        #expect(result.errors == plain.errors, "standard error is as without --json")
    }

    /// Also of commands that haven't got the flag, or aren't there.
    @Test(arguments: [["nonsense"], ["schema", "none"], ["models", "verify"]])
    func argumentsThatAskForJSONGetIt(_ arguments: [String]) throws {
        let result = try runTessera(arguments + ["--json"])
        #expect(result.status == 64)
        #expect(try problems(result.output, "error") == [])
        // After `--` it is a file's name.
        #expect(try runTessera(["predict", "--", "--json"]).output.isEmpty)
    }

    @Test func adviceIsTheHint() throws {
        let unknown = try runTessera(["sweep", "--config", "none.yaml", "--json"])
        let error = try #require(try JSONValue(parsing: Data(unknown.output.utf8))["error"])
        #expect(error["hint"] == .text("check --config"), "\(error)")
        let usage = try runTessera(["runs", "delete", "--json"])
        let other = try #require(try JSONValue(parsing: Data(usage.output.utf8))["error"])
        #expect(other["hint"]?.text?.hasPrefix("Usage: tessera runs delete") == true, "\(other)")
        #expect(other["message"]?.text?.contains("Usage") == false)
    }

    /// One object, also where a part was done or could be shown.
    @Test func aFailureWithAnAnswerIsPartOfIt() throws {
        try Workspace.within { workspace in
            let sweep = """
                config: {dataset: "\(workspace.digits.dataset)", epochs: 1, conv1_channels: 4,
                  conv2_channels: 4, conv3_channels: 4, hidden_size: 8, threads: 1}
                parameters: {learning_rate: [1.0e+30], optimizer_type: [sgd]}
                parallel: 1
                """
            try Data(sweep.utf8).write(to: workspace.folder.appendingPathComponent("sweep.yaml"))
            let result = try workspace.run(["sweep", "--config", "sweep.yaml", "--json"])
            #expect(result.status == 1, "\(result.errors)")
            let found = try problems(result.output, "ranking")
            #expect(found.isEmpty, "\(found) \(result.output)")
            let answer = try JSONValue(parsing: Data(result.output.utf8))
            #expect(answer["error"]?["status"] == .integer(1))
        }
    }

    @Test func anInterruptedTrainingSaysSo() throws {
        try Workspace.within { workspace in
            let flags = ["train", "--json", "--epochs", "500"] + workspace.flags
            // Job control leaves the interrupt to programs in the background.
            let script = """
                set -m; "$TESSERA" \(flags.joined(separator: " ")) --epochs 500 &
                until ls .tessera/runs/*/config.yaml >/dev/null 2>&1; do sleep 0.1; done
                sleep 1; kill -INT $!; wait $!
                """
            let result = try runProgram(
                URL(fileURLWithPath: "/usr/bin/env"), ["bash", "-c", script],
                environment: ["TESSERA": programURL.path], in: workspace.folder)
            #expect(result.status == 130, "\(result.errors)")
            let found = try problems(result.output, "error")
            #expect(found.isEmpty, "\(found)")
            #expect(result.output.contains("--resume"))
        }
    }

    @Test func aSchemaStandsByItself() throws {
        let result = try runTessera(["schema", "run"])
        #expect(result.status == 0 && !result.output.contains("common.json#"))
        let schema = try JSONValue(parsing: Data(result.output.utf8))
        #expect(schema["$defs"]?["check"] != nil)
        let list = try runTessera(["schema"])
        #expect(list.output.contains("bench accuracy"))
        #expect(try runTessera(["schema", "common"]).status == 64)
    }
}
