import Foundation

/// JSON of any kind, between what a command knows and what it prints.
enum JSONValue: Equatable, Sendable {
    case null
    case flag(Bool)
    case integer(Int64)
    /// Above `Int64`'s range, as a seed may be.
    case unsigned(UInt64)
    case number(Double)
    case text(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue: Codable {
    /// What the encoder writes for numbers that JSON has no form for; they become null.
    private static let notFinite = "\u{F8FF}not a finite number"

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(UInt64.self) {
            self = .unsigned(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = value == Self.notFinite ? .null : .text(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .flag(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .unsigned(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    init(parsing data: Data) throws { self = try JSONDecoder().decode(JSONValue.self, from: data) }

    /// What an encoder makes of a value; numbers that aren't finite become null.
    init(_ value: some Encodable, by encoder: JSONEncoder) throws {
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: Self.notFinite, negativeInfinity: Self.notFinite, nan: Self.notFinite)
        try self.init(parsing: encoder.encode(value))
    }
}

extension JSONValue {
    /// A member; nil of what isn't an object or hasn't got it.
    subscript(name: String) -> JSONValue? {
        get { if case .object(let members) = self { members[name] } else { nil } }
        set {
            guard case .object(var members) = self else { return }
            members[name] = newValue
            self = .object(members)
        }
    }

    /// Replaces a member that is there.
    mutating func replace(_ name: String, by change: (JSONValue) throws -> JSONValue) rethrows {
        if let old = self[name] { self[name] = try change(old) }
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }

    /// Each element of an array, changed.
    func mapElements(_ change: (JSONValue) throws -> JSONValue) rethrows -> JSONValue {
        guard case .array(let elements) = self else { return self }
        return .array(try elements.map(change))
    }

    /// With `prettyPrinted` a member a line, else on one line; members sorted by name.
    func data(isPretty: Bool) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return try encoder.encode(self)
    }
}
