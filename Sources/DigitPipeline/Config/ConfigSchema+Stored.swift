import Training

extension ConfigSchema {
    /// The value of a key from the text that the store has of it; nil for a key or a value that this
    /// version doesn't know.
    public static func storedValue(_ name: String, _ text: String) -> ConfigValue? {
        guard let key = key(named: name) else { return nil }
        let unset = ConfigValue.none
        if key.isOptional && text == unset.description { return unset }
        var config = RunConfig()
        do { try key.set(.plain(text), in: &config) } catch { return nil }
        return key.value(in: config)
    }
}
