import Foundation
import Training

extension RunConfig {
    /// The values of some keys as text that reads back as the same value, by name.
    func values(of keys: [ConfigKey<RunConfig>]) -> [String: String] {
        Dictionary(uniqueKeysWithValues: keys.map { ($0.name, $0.value(in: self).description) })
    }

    /// Of every key.
    public var values: [String: String] { values(of: ConfigSchema.keys) }

    /// Of those that affect one of these, and that anything reads. A key that came later counts where it
    /// is set, so that what was stored before keeps its version.
    func values(affecting effects: Set<ConfigEffect>) -> [String: String] {
        values(of: ConfigSchema.keys(affecting: effects).filter(decides))
    }

    /// Whether a key's value makes a difference.
    private func decides(_ key: ConfigKey<RunConfig>) -> Bool {
        key.isRead(in: self) && !(key.isLater && key.isDefault(key.value(in: self).description))
    }

    /// Those of a record's values that affect one of these and make a difference. A key that this version
    /// doesn't know may.
    static func recorded(
        _ values: [String: String], affecting effects: Set<ConfigEffect>
    ) -> [String: String] {
        var config = RunConfig()
        for key in ConfigSchema.keys {
            guard let text = values[key.name] else { continue }
            // A value that this version doesn't know decides nothing about other keys.
            do { try key.set(.plain(text), in: &config) } catch { continue }
        }
        return values.filter { name, text in
            guard let key = ConfigSchema.key(named: name) else { return true }
            return effects.contains(key.effect) && key.isRead(in: config)
                && !(key.isLater && key.isDefault(text))
        }
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
