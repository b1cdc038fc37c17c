/// Why a configuration value can't be used. Each case names the key, the value that was given and
/// what would have been allowed.
public enum ConfigError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text can't be read as the key's type: `epochs: many`.
    case wrongType(key: String, value: String, expected: String)
    /// The value is of the right type, and outside what is allowed: `epochs: 0`.
    case impossibleValue(key: String, value: String, allowed: String)
    /// Two values are fine alone and impossible together: `scale_min: 1.2` with `scale_max: 1.1`.
    case conflict(key: String, value: String, otherKey: String, otherValue: String, allowed: String)

    public var description: String {
        switch self {
        case .wrongType(let key, let value, let expected):
            "\(key): \"\(value)\" is not of the right type; expected \(expected)"
        case .impossibleValue(let key, let value, let allowed):
            "\(key): \(value) is not possible; allowed is \(allowed)"
        case .conflict(let key, let value, let otherKey, let otherValue, let allowed):
            "\(key): \(value) does not go with \(otherKey): \(otherValue); allowed is \(allowed)"
        }
    }

    /// The keys at fault, so that a caller can say where each was set.
    public var keys: [String] {
        switch self {
        case .wrongType(let key, _, _), .impossibleValue(let key, _, _): [key]
        case .conflict(let key, _, let otherKey, _, _): [key, otherKey]
        }
    }
}
