import Foundation
import Testing
import Training

@Suite struct ModelConfigTests {
    /// The defaults of the pipeline that is compared with, as its users know them.
    @Test func referenceIsTheComparedPipelinesDefaults() throws {
        let config = ModelConfig(recipe: .reference)
        #expect(config.network.conv1Channels == 32 && config.network.conv2Channels == 64)
        #expect(config.network.conv3Channels == 128 && config.network.hiddenSize == 256)
        #expect([config.network.dropout1Rate, config.network.dropout2Rate] == [0.1, 0.2])
        #expect(config.batchSize == 64 && config.epochs == 30 && config.stopping.patience == 7)
        #expect(
            [config.optimizer.learningRate, config.optimizer.weightDecay, config.stopping.minDelta]
                == [1e-3, 1e-5, 1e-3])
        #expect(config.optimizer.type == .adam && config.schedule.type == .step)
        #expect(
            config.schedule.lrStepSize == 10 && config.schedule.lrGamma == 0.1
                && config.optimizer.momentum == 0.9)
        #expect(
            config.network.useBatchNorm && config.stopping.isEnabled
                && config.augmentation.isEnabled)
        #expect(
            [
                config.augmentation.rotationDegrees, config.augmentation.translationFraction,
                config.augmentation.scaleMin, config.augmentation.scaleMax,
            ]
                == [15, 0.1, 0.9, 1.1])
        #expect(config.seed == 42 && config.network.classCount == 10)
        #expect(config.optimizer.gradientClipNorm == nil && config.optimizer.emaDecay == nil)
    }

    @Test(arguments: Recipe.allCases) func recipesAreValid(_ recipe: Recipe) throws {
        try ModelConfig(recipe: recipe).validate()
    }

    @Test func fastDiffersFromReference() {
        #expect(ModelConfig.fast != ModelConfig.reference)
        #expect(ModelConfig(recipe: .fast) == .fast)
    }

    @Test func JSONUsesTheKeysNamesAndRoundTrips() throws {
        var config = ModelConfig.fast
        config.optimizer.gradientClipNorm = 1.5
        config.seed = .max
        let data = try JSONEncoder().encode(config)
        #expect(try JSONDecoder().decode(ModelConfig.self, from: data) == config)
        let object = try #require(
            JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            Set(object.keys)
                == Set(ModelConfig.keys.filter { !$0.isLater }.map(\.name) + ["class_count"]))
    }

    /// Files are older than some keys and younger than others; a value that is there must be of its
    /// key's type.
    @Test func absentKeysHaveTheirDefaults() throws {
        var config = ModelConfig.fast
        config.network.convolution = .winograd2
        let data = try JSONEncoder().encode(config)
        let object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        func decode(_ change: (inout [String: Any]) -> Void) throws -> ModelConfig {
            var changed = object
            change(&changed)
            return try JSONDecoder().decode(
                ModelConfig.self, from: JSONSerialization.data(withJSONObject: changed))
        }
        #expect(try decode { _ in } == config)
        config.network.convolution = .auto
        #expect(try decode { $0["conv"] = nil } == config)
        for value in ["fft", NSNull(), 4] as [Any] {
            #expect(throws: DecodingError.self) { try decode { $0["conv"] = value } }
        }
        config.epochs = ModelConfig().epochs
        #expect(
            try decode {
                $0["conv"] = nil
                $0["epochs"] = nil
            } == config)
        #expect(try decode { $0 = [:] } == ModelConfig())
        for (key, value) in [
            ("epochs", NSNull()), ("epochs", 1.5), ("epochs", "3"), ("seed", -1),
            ("learning_rate", "0.1"), ("use_batch_norm", 1), ("optimizer_type", "lion"),
            ("ema_decay", "none"),
        ] as [(String, Any)] {
            #expect(throws: DecodingError.self, "\(key) \(value)") {
                try decode { $0[key] = value }
            }
        }
    }

    @Test(arguments: [
        ("epochs", "0", "a whole number from 1 to 100000"),
        ("hidden_size", "255", "an even whole number from 2 to 65536"),
        ("learning_rate", "0", "a number greater than 0"),
        ("learning_rate", "nan", "a number greater than 0"),
        ("learning_rate", "inf", "a number greater than 0"),
        ("dropout1_rate", "1", "a number of at least 0 and less than 1"),
        ("lr_gamma", "1.5", "a number greater than 0 and at most 1"),
        ("conv", "fft", "one of auto, measure, im2col, winograd2, winograd4"),
        ("optimizer_type", "Adam", "one of sgd, adam, adamw, rmsprop"),
        ("ema_decay", "1", "a number greater than 0 and less than 1, or none"),
    ])
    func impossibleValuesAreRefused(key: String, text: String, allowed: String) throws {
        let error = try #require(throws: ConfigError.self) { try set(key, .plain(text)) }
        guard case .impossibleValue(let name, _, let told) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(name == key && told == allowed)
    }

    @Test(arguments: [
        ("epochs", RawConfigValue.plain("1.5")), ("epochs", .plain("many")),
        ("epochs", .plain("99999999999999999999999999999999999999999")), ("epochs", .quoted("3")),
        ("epochs", .null), ("learning_rate", .plain("fast")), ("learning_rate", .quoted("0.1")),
        ("augmentation", .plain("1")), ("augmentation", .quoted("true")),
        ("ema_decay", .quoted("none")),
    ])
    func wrongTypesAreRefused(key: String, raw: RawConfigValue) throws {
        let error = try #require(throws: ConfigError.self) { try set(key, raw) }
        guard case .wrongType(let name, let value, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(name == key && value == raw.text)
    }

    @Test func optionalKeysTakeNoneAndNull() throws {
        #expect(try set("ema_decay", .plain("none"), in: .fast).optimizer.emaDecay == nil)
        #expect(try set("ema_decay", .null, in: .fast).optimizer.emaDecay == nil)
        #expect(try set("ema_decay", .plain("0.5")).optimizer.emaDecay == 0.5)
    }

    /// Any value built in code or decoded from a model file is checked by the same table.
    @Test func validateNamesTheValueAtFault() {
        var config = ModelConfig.reference
        config.batchSize = -4
        #expect(
            throws: ConfigError.impossibleValue(
                key: "batch_size", value: "-4", allowed: "a whole number from 1 to 65536")
        ) { try config.validate() }
        config = .reference
        config.network.classCount = 1
        #expect(throws: ConfigError.self) { try config.validate() }
        config = .reference
        config.optimizer.gradientClipNorm = .infinity
        #expect(throws: ConfigError.self) { try config.validate() }
    }

    @Test func combinationsAreChecked() throws {
        var scales = ModelConfig.reference
        scales.augmentation.scaleMin = 1.2
        let error = try #require(throws: ConfigError.self) { try scales.validate() }
        #expect(error.keys == ["scale_min", "scale_max"])
        #expect(error.description.contains("1.2") && error.description.contains("1.1"))

        var nesterov = ModelConfig.reference
        nesterov.optimizer.type = .sgd
        nesterov.optimizer.nesterov = true
        try nesterov.validate()
        nesterov.optimizer.momentum = 0
        #expect(throws: ConfigError.self) { try nesterov.validate() }

        var cosine = ModelConfig.reference
        cosine.schedule.cosineMinLr = 0.5
        try cosine.validate()
        cosine.schedule.type = .cosine
        #expect(throws: ConfigError.self) { try cosine.validate() }
    }

    /// Whatever the concern, each key sets a property of its own and is read from it.
    @Test func everyKeyHasItsOwnProperty() throws {
        for key in ModelConfig.storedKeys {
            var config = ModelConfig()
            let raw = RawConfigValue.plain(otherValue(of: key))
            try key.set(raw, in: &config)
            let changed = ModelConfig.storedKeys.filter {
                $0.value(in: config) != $0.value(in: ModelConfig())
            }
            #expect(changed.map(\.name) == [key.name])
            #expect(key.value(in: config).description == raw.text)
        }
    }

    /// What is taken from an earlier run is told by these.
    @Test func eachKeyAffectsWhatItsConcernIs() {
        func names(_ effects: Set<ConfigEffect>) -> Set<String> {
            Set(ModelConfig.keys.affecting(effects).map(\.name))
        }
        #expect(names([.network]) == Set(ModelConfig.networkKeys.map(\.name)))
        #expect(names([.randomness]) == ["seed"])
        #expect(names(.model) == Set(ModelConfig.keys.map(\.name)))
    }

    /// A value refused leaves the configuration as it was.
    @discardableResult
    private func set(
        _ name: String, _ raw: RawConfigValue, in start: ModelConfig = .reference
    ) throws -> ModelConfig {
        let key = try #require(ModelConfig.keys.first { $0.name == name })
        var config = start
        do { try key.set(raw, in: &config) } catch {
            #expect(config == start)
            throw error
        }
        return config
    }

    /// A value that the key takes and a new config doesn't have.
    private func otherValue(of key: ConfigKey<ModelConfig>) -> String {
        let present = key.value(in: ModelConfig()).description
        let candidates: [String] =
            switch key.domain {
            case .integer(let range, let divisor):
                [range.lowerBound, range.lowerBound + divisor].map { String($0) }
            case .number: ["0.015625", "1.5"]
            case .boolean: ["true", "false"]
            case .choice(let names): names
            case .text, .folder: ["64,32", "mlp"]
            }
        return candidates.first {
            $0 != present && key.domain.parse(.plain($0)).map(key.domain.contains) == true
        } ?? "no other value of \(key.name)"
    }
}
