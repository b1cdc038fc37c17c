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
