import Testing
import Training

@testable import DigitPipeline

@Suite struct EffectiveConfigTests {
    private let file = ConfigOrigin.file(path: "tessera.yaml", line: 12)
    private let variable = ConfigOrigin.environment(name: "TESSERA_EPOCHS")
    private let flag = ConfigOrigin.flag(name: "--epochs")

    @Test func laterLayersOverrideEarlierOnes() throws {
        let layers = [file, variable, flag].enumerated().map { index, origin in
            ConfigSetting(key: "epochs", value: .plain("\(index + 1)"), origin: origin)
        }
        for count in 1...3 {
            let effective = try EffectiveConfig(settings: Array(layers.prefix(count)))
            #expect(effective.config.model.epochs == count)
            #expect(effective.origin(of: "epochs") == layers[count - 1].origin)
        }
    }

    /// They are told, and count for nothing.
    @Test func keysThatTheNetworkDoesntReadAreTold() throws {
        func config(_ values: [(String, String)]) throws -> EffectiveConfig {
            try EffectiveConfig(
                settings: values.map {
                    ConfigSetting(key: $0.0, value: .plain($0.1), origin: .flag(name: "--" + $0.0))
                })
        }
        let mlp = ("network", "mlp")
        let plain = try config([mlp, ("hidden", "64")])
        #expect(plain.notices.isEmpty)
        let vain = try config([mlp, ("hidden", "64"), ("conv1_channels", "8"), ("depth", "14")])
        #expect(
            vain.notices == [
                "conv1_channels (--conv1_channels) changes nothing: a network mlp doesn't read it",
                "depth (--depth) changes nothing: a network mlp doesn't read it",
            ])
        #expect(
            plain.config.values(affecting: .model) == vain.config.values(affecting: .model))
        #expect(plain.config.values(affecting: .model)["hidden"] == "64")
        let digits = try config([("conv1_channels", "8"), ("hidden", "64")])
        #expect(digits.notices.map { $0.prefix(6) } == ["hidden"])
        #expect(digits.config.values(affecting: .model)["conv1_channels"] == "8")
        #expect(digits.config.values(affecting: .model)["hidden"] == nil)
    }

    @Test func originsTellDefaultsFromRecipes() throws {
        let fast = try EffectiveConfig()
        #expect(fast.config == RunConfig(recipe: .fast))
        #expect(fast.origin(of: "epochs") == .recipe(.fast))
        #expect(fast.origin(of: "hidden_size") == .default)
        #expect(fast.origin(of: "recipe") == .default)
        let origins: [ConfigOrigin] = [.default, .recipe(.fast), file, variable, flag]
        #expect(
            origins.map(\.description)
                == ["default", "recipe fast", "tessera.yaml:12", "env TESSERA_EPOCHS", "--epochs"])
    }

    /// A recipe named by a flag is the base even of the layers below the flags.
    @Test func theLastRecipeIsTheBaseOfEveryLayer() throws {
        let effective = try EffectiveConfig(settings: [
            ConfigSetting(key: "recipe", value: .plain("fast"), origin: file),
            ConfigSetting(key: "epochs", value: .plain("3"), origin: file),
            ConfigSetting(
                key: "recipe", value: .plain("reference"), origin: .flag(name: "--recipe")),
        ])
        var expected = RunConfig(recipe: .reference)
        expected.model.epochs = 3
        #expect(effective.config == expected)
        #expect(effective.origin(of: "recipe") == .flag(name: "--recipe"))
    }

    @Test func faultsNameOriginKeyValueAndWhatIsAllowed() throws {
        let setting = ConfigSetting(key: "epochs", value: .plain("0"), origin: file)
        let error = try #require(throws: RunConfigError.self) {
            // Overridden, and a fault all the same.
            try EffectiveConfig(settings: [
                setting, ConfigSetting(key: "epochs", value: .plain("3"), origin: flag),
            ])
        }
        #expect(
            error.description
                == "tessera.yaml:12: epochs 0: must be a whole number from 1 to 100000"
        )
    }

    @Test func conflictsNameBothOrigins() throws {
        let error = try #require(throws: RunConfigError.self) {
            try EffectiveConfig(settings: [
                ConfigSetting(key: "scale_min", value: .plain("1.2"), origin: file)
            ])
        }
        guard case .rejected(let reason, let origins) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(reason.keys == ["scale_min", "scale_max"])
        #expect(origins == [file, .default])
    }

    @Test func unknownKeysAreRefused() {
        #expect(
            throws: RunConfigError.unknownKey(
                name: "learning-rate", nearest: "learning_rate", origin: file)
        ) {
            try EffectiveConfig(settings: [
                ConfigSetting(key: "learning-rate", value: .plain("1"), origin: file)
            ])
        }
    }
}
