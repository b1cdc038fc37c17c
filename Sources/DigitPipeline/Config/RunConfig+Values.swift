import Foundation
import Training

extension RunConfig {
    /// The values of some keys as text that reads back as the same value, by name.
    func values(of keys: [String]) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: keys.map { name in
                guard let key = ConfigSchema.key(named: name) else {
                    preconditionFailure("\(name) is not a key of ConfigSchema")
                }
                return (name, key.value(in: self).description)
            })
    }

    /// Of every key.
    public var values: [String: String] { values(of: ConfigSchema.keys.map(\.name)) }

    /// Of the keys that decide which images there are.
    var rawDataValues: [String: String] { values(of: ["dataset"]) }

    /// Of the keys that decide how they are divided and become inputs. A key that came later counts
    /// where it is set, so that what was stored before keeps its version.
    var processedDataValues: [String: String] {
        values(of: ["validation_fraction", "split_seed"])
            .merging(setValues(of: ["normalization"])) { $1 }
    }

    private func setValues(of keys: [String]) -> [String: String] {
        let defaults = RunConfig().values(of: keys)
        return values(of: keys).filter { $0.value != defaults[$0.key] }
    }

    /// Of the keys that decide what a training makes.
    var modelValues: [String: String] {
        let keys =
            ModelConfig.networkKeys + ModelConfig.optimizerKeys + ModelConfig.scheduleKeys
            + ModelConfig.stoppingKeys + ModelConfig.augmentationKeys
        return values(of: keys.map(\.name))
    }

    /// Of the keys that decide what is deployed.
    var gateValues: [String: String] { values(of: ConfigSchema.gateKeys.map(\.name)) }

    /// The config whose `values` these are. Keys that aren't there keep their defaults.
    ///
    /// - Throws: `ConfigError` for a value that isn't allowed (any more).
    public init(values: [String: String]) throws {
        self.init(recipe: values["recipe"].flatMap(Recipe.init) ?? .fast)
        // Runs of before there was this key have the default of then, whether it was asked for or not.
        let isFromBefore = values["replace_promoted"] == nil
        for key in ConfigSchema.keys {
            if isFromBefore && key.name == "no_worse_than_deployed" { continue }
            guard let text = values[key.name] else { continue }
            try key.set(.plain(text), in: &self)
        }
    }
}
