/// One configuration key: its name, what it allows, what it does, and the property that it sets.
///
/// Files, environment variables and flags all go through `set(_:in:)`, and `check(_:)` looks at a
/// value built in code, so that there is one checker for every way in.
public struct ConfigKey<Root>: Sendable {
    /// In snake_case, as in a YAML file.
    public let name: String
    public let domain: ConfigDomain
    /// Whether `none` (YAML: null) is allowed.
    public let isOptional: Bool
    public let documentation: String
    private let get: @Sendable (Root) -> ConfigValue
    private let store: @Sendable (inout Root, ConfigValue) -> Void

    /// What is allowed, for messages and documentation.
    public var allowed: String { domain.description + (isOptional ? ", or none" : "") }

    public func value(in root: Root) -> ConfigValue { get(root) }

    /// - Throws: `ConfigError.wrongType` or `.impossibleValue`; `root` is then unchanged.
    public func set(_ raw: RawConfigValue, in root: inout Root) throws {
        let value = try parse(raw)
        // As it was written: -1, not -1.0.
        try check(value, written: raw.text)
        store(&root, value)
    }

    /// - Throws: `ConfigError.impossibleValue` when `root` holds a value that isn't allowed.
    public func check(_ root: Root) throws { try check(get(root)) }

    private func check(_ value: ConfigValue, written: String? = nil) throws {
        if value == .none && isOptional { return }
        guard domain.contains(value) else {
            throw ConfigError.impossibleValue(
                key: name, value: written ?? value.description, allowed: allowed)
        }
    }

    private func parse(_ raw: RawConfigValue) throws -> ConfigValue {
        if isOptional && raw == .null { return .none }
        if let value = domain.parse(raw) { return value }
        if isOptional && raw == .plain("none") { return .none }
        switch domain {
        case .choice:
            throw ConfigError.impossibleValue(key: name, value: raw.text, allowed: allowed)
        default:
            throw ConfigError.wrongType(key: name, value: raw.text, expected: allowed)
        }
    }

    /// The same key of a larger value that holds a `Root` at `path`.
    public func lifted<Whole>(
        through path: WritableKeyPath<Whole, Root> & Sendable
    ) -> ConfigKey<Whole> {
        ConfigKey<Whole>(
            name: name, domain: domain, isOptional: isOptional, documentation: documentation,
            get: { [get] in get($0[keyPath: path]) },
            store: { [store] in store(&$0[keyPath: path], $1) })
    }
}

// MARK: - One factory a property type

extension ConfigKey {
    public static func integer<Value: FixedWidthInteger & Sendable>(
        _ name: String, _ path: WritableKeyPath<Root, Value> & Sendable,
        _ range: ClosedRange<Value>, multipleOf divisor: Value = 1, _ documentation: String
    ) -> Self {
        Self(
            name: name,
            domain: .integer(
                Int128(range.lowerBound)...Int128(range.upperBound), multipleOf: Int128(divisor)),
            isOptional: false, documentation: documentation,
            get: { .integer(Int128($0[keyPath: path])) },
            store: { if case .integer(let value) = $1 { $0[keyPath: path] = Value(value) } })
    }

    public static func number(
        _ name: String, _ path: WritableKeyPath<Root, Double> & Sendable, _ range: NumberRange,
        _ documentation: String
    ) -> Self {
        Self(
            name: name, domain: .number(range), isOptional: false, documentation: documentation,
            get: { .number($0[keyPath: path]) },
            store: { if case .number(let value) = $1 { $0[keyPath: path] = value } })
    }

    public static func number(
        optional name: String, _ path: WritableKeyPath<Root, Double?> & Sendable,
        _ range: NumberRange, _ documentation: String
    ) -> Self {
        Self(
            name: name, domain: .number(range), isOptional: true, documentation: documentation,
            get: { $0[keyPath: path].map(ConfigValue.number) ?? .none },
            store: {
                if case .number(let value) = $1 {
                    $0[keyPath: path] = value
                } else {
                    $0[keyPath: path] = nil
                }
            })
    }

    public static func boolean(
        _ name: String, _ path: WritableKeyPath<Root, Bool> & Sendable, _ documentation: String
    ) -> Self {
        Self(
            name: name, domain: .boolean, isOptional: false, documentation: documentation,
            get: { .boolean($0[keyPath: path]) },
            store: { if case .boolean(let value) = $1 { $0[keyPath: path] = value } })
    }

    public static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ path: WritableKeyPath<Root, Value> & Sendable, _ documentation: String
    ) -> Self {
        Self(
            name: name, domain: .choice(Value.allCases.map(\.rawValue)), isOptional: false,
            documentation: documentation,
            get: { .text($0[keyPath: path].rawValue) },
            store: {
                if case .text(let name) = $1, let value = Value(rawValue: name) {
                    $0[keyPath: path] = value
                }
            })
    }

    public static func text(
        _ name: String, _ path: WritableKeyPath<Root, String> & Sendable, allowed: String,
        accepts: @escaping @Sendable (String) -> Bool, _ documentation: String
    ) -> Self {
        Self(
            name: name, domain: .text(allowed: allowed, accepts: accepts), isOptional: false,
            documentation: documentation,
            get: { .text($0[keyPath: path]) },
            store: { if case .text(let value) = $1 { $0[keyPath: path] = value } })
    }

    public static func text(
        optional name: String, _ path: WritableKeyPath<Root, String?> & Sendable, allowed: String,
        accepts: @escaping @Sendable (String) -> Bool, _ documentation: String
    ) -> Self {
        Self(
            name: name, domain: .text(allowed: allowed, accepts: accepts), isOptional: true,
            documentation: documentation,
            get: { $0[keyPath: path].map(ConfigValue.text) ?? .none },
            store: {
                if case .text(let value) = $1 {
                    $0[keyPath: path] = value
                } else {
                    $0[keyPath: path] = nil
                }
            })
    }
}
