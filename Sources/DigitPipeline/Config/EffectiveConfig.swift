import Training

/// One value that a layer sets, before it is checked.
public struct ConfigSetting: Equatable, Sendable {
    public var key: String
    public var value: RawConfigValue
    public var origin: ConfigOrigin

    public init(key: String, value: RawConfigValue, origin: ConfigOrigin) {
        self.key = key
        self.value = value
        self.origin = origin
    }
}

/// The configuration in force, and where each of its values was set.
public struct EffectiveConfig: Sendable {
    public private(set) var config: RunConfig
    private var writtenOrigins: [String: ConfigOrigin] = [:]

    /// Lays `settings` over the recipe's defaults, in order: a later one overrides an earlier one
    /// of the same key. Which recipe that is, is itself taken from the last setting of `recipe`.
    ///
    /// - Throws: `RunConfigError` for any unknown key or impossible value, overridden ones included.
    public init(settings: [ConfigSetting] = []) throws {
        var choice = RunConfig()
        for setting in settings where setting.key == ConfigSchema.recipeKey.name {
            try Self.apply(setting, to: &choice)
        }
        try self.init(over: RunConfig(recipe: choice.recipe), settings: settings)
    }

    /// Lays `settings` over a config.
    ///
    /// - Throws: as above.
    public init(over base: RunConfig, settings: [ConfigSetting]) throws {
        config = base
        for setting in settings {
            try Self.apply(setting, to: &config)
            writtenOrigins[setting.key] = setting.origin
        }
        do {
            try config.model.validate()
            try config.data.validate()
        } catch let error as ConfigError {
            throw RunConfigError.rejected(reason: error, origins: error.keys.map(origin(of:)))
        }
    }

    /// Where the value of `key` comes from.
    public func origin(of key: String) -> ConfigOrigin {
        if let written = writtenOrigins[key] { return written }
        guard let key = ConfigSchema.key(named: key) else { return .default }
        let isReference =
            key.value(in: RunConfig(recipe: config.recipe)) == key.value(in: Self.reference)
        return isReference || key.effect == .defaults ? .default : .recipe(config.recipe)
    }

    /// Whether a key was set, other than by the recipe.
    public func isSet(_ key: String) -> Bool {
        switch origin(of: key) {
        case .default, .recipe: false
        case .file, .environment, .flag: true
        }
    }

    /// What was set in vain: keys that nothing reads, given the others.
    public var notices: [String] {
        ConfigSchema.keys.filter { isSet($0.name) && !$0.isRead(in: config) }.map { key in
            let network = NetworkConfig.kindKey
            return "\(key.name) (\(origin(of: key.name))) changes nothing: a \(network.name) "
                + "\(config.model.network.kind.name) doesn't read it"
        }
    }

    private static let reference = RunConfig(recipe: .reference)

    private static func apply(_ setting: ConfigSetting, to config: inout RunConfig) throws {
        guard let key = ConfigSchema.key(named: setting.key) else {
            throw RunConfigError.unknownKey(
                name: setting.key, nearest: ConfigSchema.nearestKey(to: setting.key),
                origin: setting.origin)
        }
        do {
            try key.set(setting.value, in: &config)
        } catch let error as ConfigError {
            throw RunConfigError.rejected(reason: error, origins: [setting.origin])
        }
    }
}
