import Foundation
import TestSupport
import Testing

@testable import Training
@testable import tessera

/// Networks chosen without Swift: trained, evaluated, deployed and asked.
@Suite struct NetworkChoiceTests {
    @Test(arguments: [
        ["mlp", "--hidden", "32,16"], ["lenet5"],
        ["resnet", "--depth", "8", "--width", "8", "--epochs", "8", "--learning-rate", "0.02"],
    ])
    func aNetworkByNameGoesAllTheWay(_ network: [String]) throws {
        try Workspace.within { workspace in
            let digits = try DigitFolder(in: workspace.folder)
            let flags = [
                "--dataset", digits.dataset, "--network", network[0],
                "--accuracy-threshold", "0", "--threads", "2",
            ]
            let own =
                network.contains("--epochs")
                ? Array(network.dropFirst()) : network.dropFirst() + ["--epochs", "2"]
            let run = try workspace.run(["run"] + flags + own + ["--json"])
            #expect(run.status == 0, "\(run.errors)")
            let record = try workspace.json(run.output)
            #expect(record["test_accuracy"] as? Double ?? 0 > 0.3, "\(network)")
            let again = try workspace.run(["run"] + flags + own + ["--json"])
            let assets = try #require(try workspace.json(again.output)["assets"] as? [String: Any])
            let model = try #require(assets["model"] as? [String: Any])
            #expect(model["is_reused"] as? Bool == true, "\(again.errors)")
        }
    }

    /// What a program of the user's own writes with the library.
    @Test func aNetworksFileIsEvaluatedDeployedAndAsked() throws {
        try Workspace.within { workspace in
            let digits = try DigitFolder(in: workspace.folder)
            let data = ["--dataset", digits.dataset]
            let trained = try workspace.run(
                ["train", "--network", "mlp", "--hidden", "16", "--epochs", "2"] + data)
            #expect(trained.status == 0, "\(trained.errors)")
            let runs = workspace.home.appendingPathComponent("runs")
            let run = try #require(try folderContents(runs).first)
            let folder = runs.appendingPathComponent(run)
            let name = try #require(
                try folderContents(folder).first { $0.hasSuffix(".safetensors") })
            let model = folder.appendingPathComponent(name)
            var file = try NetworkFile.read(model)
            file.facts.provenance = [:]
            try file.write(to: workspace.folder.appendingPathComponent("own.safetensors"))
            func evaluation(_ path: String) throws -> [String: Any] {
                let result = try workspace.run(["evaluate", "--model", path, "--json"] + data)
                #expect(result.status == 0, "\(result.errors)")
                return try workspace.json(result.output)
            }
            let (own, its) = (try evaluation("./own.safetensors"), try evaluation(model.path))
            #expect(own["accuracy"] as? Double == its["accuracy"] as? Double)
            for command in [
                ["models", "show", "./own.safetensors"],
                ["deploy", "./own.safetensors", "--accuracy-threshold", "0"] + data,
                ["predict", digits.url.appendingPathComponent("t10k-images-idx3-ubyte").path],
            ] {
                let result = try workspace.run(command)
                #expect(result.status == 0, "\(command): \(result.errors)")
            }
            file.facts.classNames = nil
            try file.write(to: workspace.folder.appendingPathComponent("nameless.safetensors"))
            let refused = try workspace.run(
                ["evaluate", "--model", "./nameless.safetensors"] + data)
            #expect(refused.status == 2, "\(refused.errors)")
            #expect(refused.errors.contains("the names of the classes"), "\(refused.errors)")
        }
    }

    @Test func keysThatTheNetworkDoesntReadAreTold() throws {
        let shown = try runTessera([
            "config", "show", "--network", "mlp", "--conv1-channels", "8",
        ])
        #expect(shown.status == 0)
        #expect(
            shown.errors == "conv1_channels (--conv1-channels) changes nothing: a network mlp "
                + "doesn't read it\n")
    }

    @Test func imagesThatDontFitAreAWrongFlag() throws {
        try Workspace.within { workspace in
            let refused = try workspace.run([
                "train", "--network", "resnet", "--depth", "21", "--data-dir", "nowhere",
            ])
            #expect(refused.status == 64, "\(refused.errors)")
            #expect(refused.errors.contains("--depth 21: must be 6·n + 2"), "\(refused.errors)")
        }
    }

    private static let layers = """
        network:
          - conv2d: {name: conv1, channels: 4, kernel: 5, stride: 2}
          - relu
          - residual:
              body:
                - conv2d: {channels: 4, kernel: 3, padding: 1}
                - batch_norm
          - global_average_pool
          - flatten
          - linear: {name: fc, outputs: OUTPUTS}
        epochs: 1

        """

    private func train(_ workspace: Workspace, _ text: String) throws -> ProgramResult {
        try Data(text.utf8).write(to: workspace.folder.appendingPathComponent("own.yaml"))
        let digits = try DigitFolder(in: workspace.folder)
        return try workspace.run([
            "train", "--config", workspace.folder.appendingPathComponent("own.yaml").path,
            "--dataset", digits.dataset, "--json",
        ])
    }

    @Test func aListOfLayersIsTrained() throws {
        try Workspace.within { workspace in
            let run = try train(workspace, Self.layers.replacing("OUTPUTS", with: "10"))
            #expect(run.status == 0, "\(run.errors)")
            // 5·5·4+4, 3·3·4·4+4, 2·4, 4·10+10
            #expect(try workspace.json(run.output)["parameter_count"] as? Int == 104 + 148 + 8 + 50)
            // JSON is JSON, and no text.
            for command in [["runs", "show", "--json"], ["config", "show", "--json"]] {
                let own = command[0] == "config" ? ["--config", "own.yaml"] : []
                let shown = try workspace.run(command + own)
                let answer = try JSONValue(parsing: Data(shown.output.utf8))
                let network =
                    command[0] == "runs"
                    ? answer["run"]?["config"]?["network"]
                    : answer["config"]?["network"]?["value"]
                guard case .array(let layers)? = network else {
                    Issue.record("\(command): \(shown.output) \(shown.errors)")
                    continue
                }
                #expect(layers.count == 6 && layers[1] == .text("relu"))
                let name = command.prefix(2).joined(separator: "-")
                let schema = try #require(try SchemaCatalog.schema(name))
                #expect(JSONSchemaValidator(schema, answer).problems == [])
            }
        }
    }

    @Test(arguments: [
        ("- relu", "- rely", "own.yaml:3: network: a layer rely; the layers are"),
        ("kernel: 5, stride: 2", "kernels: 5", "own.yaml:2: network: conv2d: kernel is"),
        ("channels: 4, kernel: 5", "channels: many, kernel: 5", "own.yaml:2: network: conv2d"),
        ("OUTPUTS", "9", "network […]: must be a network whose last layer has"),
        ("kernel: 5", "kernel: 50", "layer conv1"),
    ])
    func whatIsWrongWithALayerIsNamed(text: String, other: String, message: String) throws {
        try Workspace.within { workspace in
            let changed = Self.layers.replacing(text, with: other, maxReplacements: 1)
                .replacing("OUTPUTS", with: "10")
            let run = try train(workspace, changed)
            #expect(run.status == 64, "\(run.errors)")
            #expect(run.errors.contains(message), "\(run.errors)")
        }
    }
}
