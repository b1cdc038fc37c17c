import Foundation
import Training

extension RunConfig {
    /// The values of some keys as text that reads back as the same value, by name.
    func values(of keys: [ConfigKey<RunConfig>]) -> [String: String] {
        Dictionary(uniqueKeysWithValues: keys.map { ($0.name, $0.value(in: self).description) })
    }

    /// Of every key.
    public var values: [String: String] { values(of: ConfigSchema.keys) }

    /// Of those that affect one of these. A key that came later counts where it is set, so that what was
    /// stored before keeps its version.
    func values(affecting effects: Set<ConfigEffect>) -> [String: String] {
        values(
            of: ConfigSchema.keys(affecting: effects).filter {
                !($0.isLater && $0.isDefault($0.value(in: self).description))
            })
    }

    /// The config whose `values` these are. Keys that aren't there keep their defaults.
    ///
    /// - Throws: `ConfigError` for a value that isn't allowed (any more).
    public init(values: [String: String]) throws {
        self.init(recipe: Self.recipe(of: values))
        // Runs of before there was this key have the default of then, whether it was asked for or not.
        let isFromBefore = values[ConfigSchema.replacePromotedKey.name] == nil
        for key in ConfigSchema.keys {
            if isFromBefore && key.name == ConfigSchema.noWorseThanDeployedKey.name { continue }
            guard let text = values[key.name] else { continue }
            try key.set(.plain(text), in: &self)
        }
    }

    /// The recipe that values started from.
    public static func recipe(of values: [String: String]) -> Recipe {
        values[ConfigSchema.recipeKey.name].flatMap(Recipe.init) ?? .fast
    }
}

extension ConfigKey<RunConfig> {
    /// Whether a value, as text, is the one that the key has where nobody sets it.
    func isDefault(_ text: String) -> Bool { value(in: RunConfig()).description == text }
}
