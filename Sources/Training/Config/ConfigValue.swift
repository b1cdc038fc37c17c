/// A configuration value as it was written, before it is known what its key expects.
public enum RawConfigValue: Equatable, Sendable {
    /// A flag's or environment variable's value, or a plain scalar of a YAML file.
    case plain(String)
    /// A scalar that was quoted in a YAML file: text, whatever it looks like.
    case quoted(String)
    /// YAML's `null`, `~` or nothing after the colon.
    case null

    public var text: String {
        switch self {
        case .plain(let text), .quoted(let text): text
        case .null: "null"
        }
    }
}

/// A configuration value of a known type.
public enum ConfigValue: Equatable, Sendable {
    /// `Int128` holds every `Int` and every `UInt64` (seeds).
    case integer(Int128)
    case number(Double)
    case boolean(Bool)
    case text(String)
    /// An optional key that is not set.
    case none
}

extension ConfigValue: CustomStringConvertible {
    /// The value as text that reads back as the same value.
    public var description: String {
        switch self {
        case .integer(let value): String(value)
        case .number(let value): Self.text(of: value)
        case .boolean(let value): String(value)
        case .text(let value): value
        case .none: "none"
        }
    }

    /// The shortest text that reads back as `value`. YAML 1.1 readers take `1e-05` for a string and
    /// `1.0e-05` for a number, so there is always a point.
    private static func text(of value: Double) -> String {
        let text = String(value)
        guard let exponent = text.firstIndex(of: "e"), !text.contains(".") else { return text }
        return text[..<exponent] + ".0" + text[exponent...]
    }
}

extension ConfigValue: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .integer(let value):
            // Not every encoder takes 128 bits; no key holds more than 64.
            if let signed = Int64(exactly: value) {
                try container.encode(signed)
            } else {
                try container.encode(UInt64(value))
            }
        case .number(let value): try container.encode(value)
        case .boolean(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .none: try container.encodeNil()
        }
    }
}
