/// One configuration key: its name, what it allows, what it does and changes, and the property that it
/// sets, whose initial value is its default.
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
    /// What the key changes: training, unless its group says otherwise, so that nothing of an earlier run
    /// is taken which it might have changed.
    public private(set) var effect = ConfigEffect.training
    /// Whether the key came after the first version. Runs of before didn't have it, and were as those are
    /// now where it has its default.
    public private(set) var isLater = false
    /// Whether anything reads it, given the other values: a key of one network is read for that alone.
    private var isReadPredicate: @Sendable (Root) -> Bool = { _ in true }
    private let get: @Sendable (Root) -> ConfigValue
    /// False for a value that the property can't hold.
    private let put: @Sendable (inout Root, ConfigValue) -> Bool

    private init(
        name: String, domain: ConfigDomain, isOptional: Bool, documentation: String,
        get: @escaping @Sendable (Root) -> ConfigValue,
        put: @escaping @Sendable (inout Root, ConfigValue) -> Bool
    ) {
        self.name = name
        self.domain = domain
        self.isOptional = isOptional
        self.documentation = documentation
        self.get = get
        self.put = put
    }

    /// The same key with what it changes.
    public func affecting(_ effect: ConfigEffect) -> Self {
        var key = self
        key.effect = effect
        return key
    }

    /// The same key, marked as one that came after the first version.
    public func addedLater() -> Self {
        var key = self
        key.isLater = true
        return key
    }

    /// The same key, which is read only where the predicate holds.
    public func read(where predicate: @escaping @Sendable (Root) -> Bool) -> Self {
        var key = self
        key.isReadPredicate = predicate
        return key
    }

    /// Whether the value decides anything there.
    public func isRead(in root: Root) -> Bool { isReadPredicate(root) }

    /// Keys that change the same.
    public static func group(_ effect: ConfigEffect, _ keys: [Self]) -> [Self] {
        keys.map { $0.affecting(effect) }
    }

    /// What is allowed, for messages and documentation.
    public var allowed: String { domain.description + (isOptional ? ", or none" : "") }

    /// The key's value in a config.
    public func value(in root: Root) -> ConfigValue { get(root) }

    /// - Throws: `ConfigError.wrongType` or `.impossibleValue`; `root` is then unchanged.
    public func set(_ raw: RawConfigValue, in root: inout Root) throws {
        let value = try parse(raw)
        // As it was written: -1, not -1.0.
        try check(value, written: raw.text)
        guard store(value, in: &root) else {
            preconditionFailure("\(name) can't hold \(value), which its range allows")
        }
    }

    /// - Returns: false for a value that the property can't hold; `root` is then unchanged.
    func store(_ value: ConfigValue, in root: inout Root) -> Bool { put(&root, value) }

    /// - Throws: `ConfigError.impossibleValue` when `root` holds a value that isn't allowed.
    public func check(_ root: Root) throws { try check(get(root)) }

    private func check(_ value: ConfigValue, written: String? = nil) throws {
        if value == .none && isOptional { return }
        guard domain.contains(value) else {
            throw ConfigError.impossibleValue(
                key: name, value: written ?? value.description, allowed: allowed(insteadOf: value))
        }
    }

    /// What is allowed instead of a value that isn't.
    func allowed(insteadOf value: ConfigValue) -> String {
        domain.allowed(insteadOf: value) + (isOptional ? ", or none" : "")
    }

    private func parse(_ raw: RawConfigValue) throws -> ConfigValue {
        if isOptional && raw == .null { return .none }
        // As it is written; a folder of that name is "none" in quotes, or ./none.
        if isOptional && raw == .plain("none") { return .none }
        if let value = domain.parse(raw) { return value }
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
        var key = ConfigKey<Whole>(
            name: name, domain: domain, isOptional: isOptional, documentation: documentation,
            get: { [get] in get($0[keyPath: path]) },
            put: { [put] in put(&$0[keyPath: path], $1) })
        key.effect = effect
        key.isLater = isLater
        key.isReadPredicate = { [isReadPredicate] in isReadPredicate($0[keyPath: path]) }
        return key
    }
}

// MARK: - One factory a property type

// `name` is the key's in snake_case, `path` the property that it sets, and the documentation a phrase
// without a full stop, as flags and tables show it. What is outside of the range is a `ConfigError` when the
// key is set or checked.

extension ConfigKey {
    /// A whole number.
    ///
    /// - Parameters:
    ///   - range: of what the property can hold.
    ///   - divisor: what values must be a multiple of.
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
            put: { root, value in
                guard case .integer(let value) = value, let value = Value(exactly: value)
                else { return false }
                root[keyPath: path] = value
                return true
            })
    }

    /// A number; neither NaN nor infinite.
    public static func number(
        _ name: String, _ path: WritableKeyPath<Root, Double> & Sendable, _ range: NumberRange,
        _ documentation: String
    ) -> Self {
        Self(
            name: name, domain: .number(range), isOptional: false, documentation: documentation,
            get: { .number($0[keyPath: path]) },
            put: { root, value in
                guard case .number(let value) = value else { return false }
                root[keyPath: path] = value
                return true
            })
    }

    /// A number, or `none`: the property is nil.
    public static func number(
        optional name: String, _ path: WritableKeyPath<Root, Double?> & Sendable,
        _ range: NumberRange, _ documentation: String
    ) -> Self {
        Self(
            name: name, domain: .number(range), isOptional: true, documentation: documentation,
            get: { $0[keyPath: path].map(ConfigValue.number) ?? .none },
            put: { root, value in
                switch value {
                case .number(let value): root[keyPath: path] = value
                case .none: root[keyPath: path] = nil
                default: return false
                }
                return true
            })
    }

    /// True or false; the flag is `--name` and `--no-name`.
    public static func boolean(
        _ name: String, _ path: WritableKeyPath<Root, Bool> & Sendable, _ documentation: String
    ) -> Self {
        Self(
            name: name, domain: .boolean, isOptional: false, documentation: documentation,
            get: { .boolean($0[keyPath: path]) },
            put: { root, value in
                guard case .boolean(let value) = value else { return false }
                root[keyPath: path] = value
                return true
            })
    }

    /// One of an enum's cases, by its raw value.
    public static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ path: WritableKeyPath<Root, Value> & Sendable, _ documentation: String
    ) -> Self {
        Self(
            name: name, domain: .choice(Value.allCases.map(\.rawValue)), isOptional: false,
            documentation: documentation,
            get: { .text($0[keyPath: path].rawValue) },
            put: { root, value in
                guard case .text(let name) = value, let value = Value(rawValue: name)
                else { return false }
                root[keyPath: path] = value
                return true
            })
    }

    /// A text of a form of its own.
    ///
    /// - Parameters:
    ///   - allowed: the form in words, for messages.
    ///   - accepts: whether a text has it.
    public static func text(
        _ name: String, _ path: WritableKeyPath<Root, String> & Sendable, allowed: String,
        accepts: @escaping @Sendable (String) -> Bool, _ documentation: String
    ) -> Self {
        Self(
            name: name,
            domain: .text(allowed: allowed, refusal: { accepts($0) ? nil : allowed }),
            isOptional: false,
            documentation: documentation,
            get: { .text($0[keyPath: path]) },
            put: { root, value in
                guard case .text(let value) = value else { return false }
                root[keyPath: path] = value
                return true
            })
    }

    /// A property that is written as text.
    ///
    /// - Parameter reading: throws `ConfigTextError` for a text that is no value of it.
    static func text<Value>(
        _ name: String, _ path: WritableKeyPath<Root, Value> & Sendable, allowed: String,
        reading: @escaping @Sendable (String) throws(ConfigTextError) -> Value,
        writing: @escaping @Sendable (Value) -> String, _ documentation: String
    ) -> Self {
        @Sendable func read(_ text: String) -> Result<Value, ConfigTextError> {
            do throws(ConfigTextError) { return .success(try reading(text)) } catch {
                return .failure(error)
            }
        }
        return Self(
            name: name,
            domain: .text(
                allowed: allowed,
                refusal: {
                    if case .failure(let error) = read($0) { error.allowed ?? allowed } else { nil }
                }),
            isOptional: false, documentation: documentation,
            get: { .text(writing($0[keyPath: path])) },
            put: { root, value in
                guard case .text(let text) = value, case .success(let value) = read(text)
                else { return false }
                root[keyPath: path] = value
                return true
            })
    }

    /// A text of a form of its own, or `none`: the property is nil.
    public static func text(
        optional name: String, _ path: WritableKeyPath<Root, String?> & Sendable, allowed: String,
        accepts: @escaping @Sendable (String) -> Bool, _ documentation: String
    ) -> Self {
        Self(
            name: name,
            domain: .text(allowed: allowed, refusal: { accepts($0) ? nil : allowed }),
            isOptional: true,
            documentation: documentation,
            get: { $0[keyPath: path].map(ConfigValue.text) ?? .none },
            put: { root, value in
                switch value {
                case .text(let value): root[keyPath: path] = value
                case .none: root[keyPath: path] = nil
                default: return false
                }
                return true
            })
    }

    /// A path to a folder, kept as it was given.
    public static func folder(
        _ name: String, _ path: WritableKeyPath<Root, String> & Sendable, _ documentation: String
    ) -> Self {
        Self(
            name: name, domain: .folder, isOptional: false, documentation: documentation,
            get: { .text($0[keyPath: path]) },
            put: { root, value in
                guard case .text(let value) = value else { return false }
                root[keyPath: path] = value
                return true
            })
    }

    /// A path to a folder, or `none`: the property is nil.
    public static func folder(
        optional name: String, _ path: WritableKeyPath<Root, String?> & Sendable,
        _ documentation: String
    ) -> Self {
        Self(
            name: name, domain: .folder, isOptional: true, documentation: documentation,
            get: { $0[keyPath: path].map(ConfigValue.text) ?? .none },
            put: { root, value in
                switch value {
                case .text(let value): root[keyPath: path] = value
                case .none: root[keyPath: path] = nil
                default: return false
                }
                return true
            })
    }
}
