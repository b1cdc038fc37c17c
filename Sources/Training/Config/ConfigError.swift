import SafeText

/// Why a configuration value can't be used. Each case names the key, the value that was given and
/// what would have been allowed.
public enum ConfigError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text can't be read as the key's type: `epochs: many`.
    case wrongType(key: String, value: String, expected: String)
    /// The value is of the right type, and outside what is allowed: `epochs: 0`.
    case impossibleValue(key: String, value: String, allowed: String)
    /// Two values are fine alone and impossible together: `scale_min: 1.2` with `scale_max: 1.1`.
    case conflict(key: String, value: String, otherKey: String, otherValue: String, allowed: String)

    public var description: String { description { $0 } }

    /// - Parameter name: how a key is written where its value was set, such as `--epochs`.
    public func description(naming name: (String) -> String) -> String {
        switch self {
        case .wrongType(let key, let value, let allowed),
            .impossibleValue(let key, let value, let allowed):
            "\(name(key)) \(Self.shown(value)): must be \(allowed)"
                + Suggestion.clause(for: value, in: Self.names(in: allowed))
        case .conflict(let key, let value, let otherKey, let otherValue, let allowed):
            "\(name(key)) \(value) does not go with \(name(otherKey)) \(otherValue): must be "
                + allowed
        }
    }

    /// What is nothing, or more than a word, is told from the words around it.
    private static func shown(_ value: String) -> String {
        value.isEmpty || value.contains(" ") ? "\"\(value)\"" : value
    }

    /// Those of `one of sgd, adam`.
    private static func names(in allowed: String) -> [String] {
        guard allowed.hasPrefix("one of ") else { return [] }
        return allowed.dropFirst("one of ".count).split(separator: ", ").map(String.init)
    }

    /// The keys at fault, so that a caller can say where each was set.
    public var keys: [String] {
        switch self {
        case .wrongType(let key, _, _), .impossibleValue(let key, _, _): [key]
        case .conflict(let key, _, let otherKey, _, _): [key, otherKey]
        }
    }
}

/// Why a text is no value of a configuration key.
struct ConfigTextError: Error {
    /// What it must be instead, where there is more to say than what the key allows.
    var allowed: String?
}
