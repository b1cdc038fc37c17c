import DigitPipeline
import Foundation
import TestSupport
import Testing
import Training

@testable import tessera

@Suite struct ConfigOptionsTests {
    private func effective(
        _ flags: [String], environment: [String: String] = [:]
    ) throws -> EffectiveConfig {
        try ConfigOptions.parse(flags).effectiveConfig(environment: environment)
    }

    /// The flag that sets `key` to `text`, as a user writes it.
    private func arguments(_ key: ConfigKey<RunConfig>, _ text: String) -> [String] {
        // No negation of a negation.
        if key.name == "no_worse_than_deployed" && text == "false" {
            return ["--allow-worse-than-deployed"]
        }
        let name = key.name.replacing("_", with: "-")
        if case .boolean = key.domain { return [text == "true" ? "--\(name)" : "--no-\(name)"] }
        return ["--\(name)", text]
    }

    /// No key of the schema without a flag that reaches the configuration, and says where it is from.
    /// All at once, since parsing this many options is slow in a debug build.
    @Test func everyKeyHasItsFlag() throws {
        let before = RunConfig()
        let texts = ConfigSchema.keys.map { otherValue(of: $0, in: before) }
        let given = zip(ConfigSchema.keys, texts).map(arguments)
        let after = try effective(given.flatMap(\.self))
        for (key, (text, flag)) in zip(ConfigSchema.keys, zip(texts, given)) {
            #expect(key.value(in: after.config) != key.value(in: before), "\(key.name)")
            #expect(key.value(in: after.config).description == text, "\(key.name)")
            #expect(after.origin(of: key.name) == .flag(name: flag[0]), "\(key.name)")
        }
    }

    @Test func everyKeyHasItsVariable() throws {
        let options = try ConfigOptions.parse([])
        // Alone these don't go with the others' defaults.
        let dependent = ["scale_max", "color", "image_size"]
        for key in ConfigSchema.keys where !dependent.contains(key.name) {
            let text = otherValue(of: key, in: RunConfig())
            let name = "TESSERA_" + key.name.uppercased()
            let after = try options.effectiveConfig(environment: [name: text])
            #expect(key.value(in: after.config).description == text, "\(key.name)")
            #expect(after.origin(of: key.name) == .environment(name: name), "\(key.name)")
        }
    }

    @Test func flagsWithoutAKeyWouldBeFound() {
        let groups: [any ConfigFlags.Type] = [
            RecipeOptions.self, MachineOptions.self, CPUOptions.self, DataOptions.self,
            NetworkOptions.self, TrainingOptions.self, OptimizerOptions.self, ScheduleOptions.self,
            StoppingOptions.self,
            AugmentationOptions.self, CheckpointOptions.self, GateOptions.self,
        ]
        #expect(groups.flatMap { $0.keys }.sorted() == ConfigSchema.keys.map(\.name).sorted())
    }

    @Test func flagsOverrideTheEnvironmentAndThatTheFile() throws {
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("my.yaml").path
            try Data("recipe: reference\nepochs: 1\nseed: 1\npatience: 1\n".utf8)
                .write(to: URL(fileURLWithPath: file))
            let environment = ["TESSERA_EPOCHS": "2", "TESSERA_SEED": "2", "TESSERA_CONFIG": file]
            for flags in [["--epochs", "3"], ["--config", file, "--epochs", "3"]] {
                let found = try effective(flags, environment: environment)
                #expect(found.config.recipe == .reference)
                #expect(found.config.model.epochs == 3)
                #expect(found.config.model.seed == 2)
                #expect(found.config.model.stopping.patience == 1)
                #expect(found.origin(of: "patience") == .file(path: file, line: 4))
            }
        }
    }

    @Test(arguments: [
        (["--epochs", "0"], "--epochs 0: must be a whole number from 1 to 100000"),
        (["--weight-decay", "-1"], "--weight-decay -1: must be a number of at least 0"),
        (
            ["--learning-rate", "fast"],
            "--learning-rate fast: must be a number greater than 0"
        ),
        (
            ["--scale-min", "1.2"],
            "--scale-min 1.2 does not go with scale_max 1.1: must be"
        ),
        (["--config", "/no/such.yaml"], "/no/such.yaml: can't be read: no such file"),
    ])
    func faultsNameTheFlag(flags: [String], message: String) throws {
        let error = try #require(throws: RunConfigError.self) { try effective(flags) }
        #expect(error.description.hasPrefix(message), "\(error)")
        #expect(ExitStatus(of: error) == .usage)
    }

    @Test func machineFlagsAloneReadTheSameLayers() throws {
        let options = try HomeOptions.parse(["--home", "/models"])
        let found = try options.effectiveConfig(environment: ["TESSERA_THREADS": "3"])
        #expect(found.config.home == "/models" && found.config.threads == 3)
    }

    @Test func showPrintsEveryKeyValueAndOrigin() throws {
        let found = try effective(["--epochs", "3"], environment: ["TESSERA_SEED": "7"])
        let rows = found.table(.whole).map {
            $0.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
        }
        #expect(rows.map { $0[0] } == ConfigSchema.keys.map(\.name))
        #expect(rows.contains(["epochs", "3", "--epochs"]))
        #expect(rows.contains(["seed", "7", "env TESSERA_SEED"]))
        #expect(rows.contains(["schedule", "one_cycle", "recipe fast"]))
    }

    @Test func showsJSONWithTypedValues() throws {
        let entries = try effective(["--seed", "18446744073709551615"]).entries
        #expect(entries.count == ConfigSchema.keys.count)
        let object = try JSONStyle.named.value(entries)
        #expect(object["seed"]?["value"] == .unsigned(.max))
        #expect(object["augmentation"]?["value"] == .flag(true))
        #expect(object["optimizer_type"]?["value"] == .text("adam"))
        #expect(object["data_dir"]?["value"] == .null)
        #expect(object["epochs"]?["origin"] == .text("recipe fast"))
    }
}
