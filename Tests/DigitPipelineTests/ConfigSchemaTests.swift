import Testing
import Training

@testable import DigitPipeline

@Suite struct ConfigSchemaTests {
    @Test func namesAreUniqueSnakeCaseAndDocumented() {
        let names = ConfigSchema.keys.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.allSatisfy { $0 == "_" || $0.isNumber || $0.isLowercase } })
        #expect(ConfigSchema.keys.allSatisfy { !$0.documentation.isEmpty })
        #expect(Set(ModelConfig.keys.map(\.name)).isSubset(of: names))
    }

    @Test(arguments: [
        ("lerning_rate", "learning_rate"), ("learning-rate", "learning_rate"),
        ("Epochs", "epochs"), ("epoch", "epochs"), ("accuracy_treshold", "accuracy_threshold"),
    ])
    func misspeltKeysAreRecognised(name: String, meant: String) {
        #expect(ConfigSchema.nearestKey(to: name) == meant)
    }

    @Test func farFetchedNamesGetNoSuggestion() {
        #expect(ConfigSchema.nearestKey(to: "completely_unrelated") == nil)
    }

    @Test(arguments: [
        "mnist", "fashion-mnist", "cifar10", "idx:/data", "csv:train.csv", "images:a b",
        "cifar10:x",
    ])
    func datasetsOfEveryKindAreAccepted(_ dataset: String) throws {
        let setting = ConfigSetting(
            key: "dataset", value: .plain(dataset), origin: .flag(name: "--dataset"))
        #expect(try EffectiveConfig(settings: [setting]).config.data.dataset == dataset)
    }

    @Test(arguments: ["", "imagenet", "idx:", "csv"])
    func unknownDatasetsAreRefused(_ dataset: String) {
        let setting = ConfigSetting(
            key: "dataset", value: .plain(dataset), origin: .flag(name: "--dataset"))
        #expect(throws: RunConfigError.self) { try EffectiveConfig(settings: [setting]) }
    }
}

@Suite struct ConfigEnvironmentTests {
    @Test func variablesSetTheirKeys() throws {
        let settings = try ConfigSchema.settings(environment: [
            "TESSERA_LEARNING_RATE": "0.5", "TESSERA_AUGMENTATION": "0", "PATH": "/bin",
            "TESSERA_EPOCHS": "", "TESSERA_CONFIG": "x.yaml",
            // What Kubernetes sets for a service named tessera.
            "TESSERA_SERVICE_HOST": "10.0.0.1", "TESSERA_PORT_80_TCP": "tcp://10.0.0.1:80",
        ])
        #expect(settings.map(\.key) == ["augmentation", "learning_rate"])
        #expect(settings.map(\.value) == [.plain("false"), .plain("0.5")])
        #expect(settings[1].origin == .environment(name: "TESSERA_LEARNING_RATE"))
    }

    @Test func unknownVariablesAreRefused() {
        #expect(
            throws: RunConfigError.unknownKey(
                name: "epoch", nearest: "epochs", origin: .environment(name: "TESSERA_EPOCH"))
        ) { try ConfigSchema.settings(environment: ["TESSERA_EPOCH": "3"]) }
    }
}
