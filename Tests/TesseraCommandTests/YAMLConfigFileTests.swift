import DigitPipeline
import Foundation
import TestSupport
import Testing
import Training

@testable import tessera

@Suite struct YAMLConfigFileTests {
    private func settings(_ text: String) throws -> [ConfigSetting] {
        try YAMLConfigFile(text: text, path: "tessera.yaml").settings
    }

    private func refusal(_ text: String) -> RunConfigError? {
        #expect(throws: RunConfigError.self) {
            _ = try EffectiveConfig(settings: settings(text))
        }
    }

    @Test func scalarsKeepTheirLineAndWhetherTheyWereQuoted() throws {
        let found = try settings("# a comment\nepochs: 3\n\ndataset: \"mnist\"\nema_decay: ~\n")
        #expect(
            found == [
                ConfigSetting(
                    key: "epochs", value: .plain("3"),
                    origin: .file(path: "tessera.yaml", line: 2)),
                ConfigSetting(
                    key: "dataset", value: .quoted("mnist"),
                    origin: .file(path: "tessera.yaml", line: 4)),
                ConfigSetting(
                    key: "ema_decay", value: .null, origin: .file(path: "tessera.yaml", line: 5)),
            ])
    }

    @Test(arguments: ["", "# nothing\n", "---\n"]) func emptyFilesSetNothing(_ text: String) throws
    {
        #expect(try settings(text).isEmpty)
    }

    @Test func duplicateKeysAreRefused() {
        #expect(
            refusal("epochs: 3\nseed: 1\n'epochs' : 4\n")
                == .duplicateKey(name: "epochs", path: "tessera.yaml", line: 3, firstLine: 1))
    }

    @Test func unknownKeysAreRefusedWithTheirLine() {
        let unknown = RunConfigError.unknownKey(
            name: "lerning_rate", nearest: "learning_rate",
            origin: .file(path: "tessera.yaml", line: 2))
        #expect(refusal("epochs: 3\nlerning_rate: 1\n") == unknown)
        #expect(refusal("epochs: 3\nlerning_rate: [1]\n") == unknown)
    }

    @Test(arguments: [
        "epochs: '3'", "augmentation: 1", "epochs: 1e1", "epochs:", "learning_rate: x",
    ])
    func wrongTypesAreRefusedWithTheirLine(_ line: String) throws {
        let error = try #require(refusal("seed: 1\n\(line)\n"))
        guard case .rejected(.wrongType, let origins) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(origins == [.file(path: "tessera.yaml", line: 2)])
    }

    @Test(arguments: ["epochs: [3]", "epochs: {a: 3}"])
    func listsAndMappingsAreRefused(_ text: String) throws {
        guard case .notScalar("epochs", _, _)? = refusal(text) else {
            Issue.record("\(text)")
            return
        }
    }

    @Test(arguments: [
        ("epochs: [3\n", 2), ("- epochs\n", 1), ("just words\n", 1), ("a: 1\n\tb: 2\n", 2),
        ("epochs: 1\n---\nepochs: 2\n", 2), ("? [a]\n: 1\n", 1),
    ])
    func whatIsNotAConfigurationIsRefused(text: String, line: Int) throws {
        guard case .notYAML("tessera.yaml", let told, let reason)? = refusal(text) else {
            Issue.record("\(text)")
            return
        }
        #expect(told == line && !reason.isEmpty)
    }

    // MARK: - Layers

    private func layers(_ list: String) throws -> ConfigValue {
        let config = try EffectiveConfig(settings: settings("network:\n" + list)).config
        return NetworkConfig.kindKey.value(in: config.model.network)
    }

    /// What a scalar is, the option that it is given to decides.
    @Test func scalarsOfLayersAreOfTheOptionsType() throws {
        let list = """
              - conv2d: {name: 0, channels: 4, kernel: [3, 5], bias: off}
              - batch_norm: {name: on, epsilon: 1, momentum: 1e-2}
              - 'relu'
              - dropout: {rate: .5}
              - linear: {name: "3", outputs: 0x0A, bias: false}

            """
        #expect(
            try layers(list)
                == .text(
                    #"[{"conv2d":{"bias":false,"channels":4,"kernel":[3,5],"name":"0"}},"#
                        + #"{"batch_norm":{"epsilon":1,"momentum":0.01,"name":"on"}},"relu","#
                        + #"{"dropout":{"rate":0.5}},"#
                        + #"{"linear":{"bias":false,"name":"3","outputs":10}}]"#))
    }

    @Test(arguments: [
        ("- relu\n- linear: {outputs: \"3\"}", 3, "linear.outputs: "),
        ("- relu\n- linear: {outputs: 3.5}", 3, "linear.outputs: "),
        ("- relu\n- linear:\n    outputs: many", 4, "linear.outputs: "),
        ("- relu\n- linear: {outputs: 3, bias: 'no'}", 3, "linear.bias: "),
        ("- max_pool", 2, "max_pool: kernel is missing"),
        ("- relu\n- residual:\n    body:\n      - relu\n      - rely", 6, "a layer rely"),
        ("- relu\n- linear:\n    ? [a]\n    : 3", 4, "a key must be one word"),
        ("- relu\n- ~", 3, "a layer"), ("- linear: {outputs: 3, outputs: 4}", 2, "outputs"),
    ])
    func faultsOfLayersHaveTheirLine(_ list: String, _ line: Int, _ problem: String) throws {
        let error = try #require(throws: RunConfigError.self) {
            try settings("network:\n\(list)\n")
        }
        let text = "\(error)"
        #expect(text.hasPrefix("tessera.yaml:\(line): "), "\(text)")
        #expect(text.contains(problem), "\(text)")
    }

    @Test func filesThatCannotBeReadAreNamed() throws {
        try withTemporaryFolder { folder in
            let missing = folder.appendingPathComponent("none.yaml").path
            #expect(throws: RunConfigError.unreadable(path: missing, reason: "no such file")) {
                try YAMLConfigFile(path: missing)
            }
            let binary = folder.appendingPathComponent("binary.yaml")
            try Data([0x61, 0xFF, 0xFE, 0x00, 0xD8]).write(to: binary)
            #expect(
                throws: RunConfigError.unreadable(
                    path: binary.path, reason: "it is not UTF-8 text; save it as UTF-8")
            ) { try YAMLConfigFile(path: binary.path) }
        }
    }

    // MARK: - What is written reads back

    @Test(arguments: Recipe.allCases) func recipesRoundTrip(_ recipe: Recipe) throws {
        let config = RunConfig(recipe: recipe)
        #expect(try EffectiveConfig(settings: settings(config.yaml())).config == config)
    }

    /// Every key in turn with a value of its own, awkward text included.
    @Test func everyKeyRoundTrips() throws {
        for key in ConfigSchema.keys where key.name != "recipe" {
            var config = RunConfig(recipe: .fast)
            try key.set(.plain(otherValue(of: key, in: config)), in: &config)
            #expect(config != RunConfig(recipe: .fast), "\(key.name)")
            if ["color", "image_size"].contains(key.name) {
                (config.data.color, config.data.dataset) = (.rgb, "images:pictures")
            }
            // One scale alone may pass the other, which is refused as it should be.
            config.model.augmentation.scaleMin = min(
                config.model.augmentation.scaleMin, config.model.augmentation.scaleMax)
            #expect(
                try EffectiveConfig(settings: settings(config.yaml())).config == config,
                "\(key.name)")
        }
    }

    /// As a list, and not as one text.
    @Test func layersRoundTrip() throws {
        var config = RunConfig()
        config.model.network.kind = .layers([
            .conv2d("0", 4, kernel: 3), .relu, .residual([.conv2d(4, kernel: 1)]), .flatten,
            .linear("on", 10),
        ])
        let text = config.yaml()
        #expect(text.contains("network:  #") && text.contains("\n  - \"relu\"\n"), "\(text)")
        #expect(try EffectiveConfig(settings: settings(text)).config == config)
    }

    @Test func theTemplateShowsHowLayersAreListed() throws {
        let lines = RunConfig.template().split(separator: "\n")
        let start = try #require(lines.firstIndex { $0.hasPrefix("# network:     ") })
        let example = lines[start...].prefix { $0.hasPrefix("# ") && !$0.contains("hidden:") }
            .map { $0.dropFirst(2) }
        let list = example.dropFirst(example[0].contains("or its layers") ? 0 : 1)
        let found = try settings(list.joined(separator: "\n") + "\n")
        let config = try EffectiveConfig(settings: found).config
        guard case .layers(let layers) = config.model.network.kind else {
            Issue.record("\(example)")
            return
        }
        #expect(layers.count == 5)
    }

    @Test(arguments: [
        "no", "null", "1e3", "a: b", "#x", " lead", "tab\there", "bell\u{07}", "ü\u{85}",
    ])
    func awkwardTextRoundTrips(_ text: String) throws {
        var config = RunConfig()
        config.home = text
        config.data.dataDir = text
        #expect(try EffectiveConfig(settings: settings(config.yaml())).config == config)
    }

    @Test(arguments: Recipe.allCases) func templateSetsTheRecipeAndExplainsTheRest(
        _ recipe: Recipe
    ) throws {
        let template = RunConfig.template(recipe: recipe)
        let found = try settings(template)
        #expect(found.map(\.key) == ["recipe"])
        #expect(try EffectiveConfig(settings: found).config == RunConfig(recipe: recipe))
        #expect(ConfigSchema.keys.allSatisfy { template.contains("\($0.name): ") })
        #expect(ConfigSchema.keys.allSatisfy { template.contains($0.documentation) })
    }
}
