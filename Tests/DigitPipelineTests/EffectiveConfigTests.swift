import DigitPipeline
import Testing
import Training

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
