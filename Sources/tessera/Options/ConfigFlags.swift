import ArgumentParser
import DigitPipeline
import Training

/// A group of flags whose names are configuration keys: `learningRate` is `--learning-rate` and the
/// key `learning_rate`. Values are handed on as text, so that the schema is the one checker.
protocol ConfigFlags: ParsableArguments {
    /// Of keys whose flags have other names.
    var otherSettings: [ConfigSetting] { get }
    static var otherKeys: [String] { get }
}

extension ConfigFlags {
    var otherSettings: [ConfigSetting] { [] }
    static var otherKeys: [String] { [] }

    /// The flags that were given.
    var settings: [ConfigSetting] { namedSettings + otherSettings }

    private var namedSettings: [ConfigSetting] {
        Mirror(reflecting: self).children.compactMap { child in
            guard let flag = child.value as? any ConfigFlag, let label = child.label else {
                return nil
            }
            let key = snakeCase(label)
            return flag.given(key: key).map { text, name in
                ConfigSetting(key: key, value: .plain(text), origin: .flag(name: name))
            }
        }
    }

    /// The keys that the group has a flag for.
    static var keys: [String] {
        Mirror(reflecting: Self()).children.compactMap { child in
            child.value is any ConfigFlag ? child.label.map(snakeCase) : nil
        } + otherKeys
    }
}

/// A property wrapper of ArgumentParser that holds one key's text, if it was given.
private protocol ConfigFlag {
    /// The value as text and the flag as it was written.
    func given(key: String) -> (text: String, name: String)?
}

extension Option: ConfigFlag where Value == String? {
    func given(key: String) -> (text: String, name: String)? {
        wrappedValue.map { ($0, flagName(of: key)) }
    }
}

extension Flag: ConfigFlag where Value == Bool? {
    func given(key: String) -> (text: String, name: String)? {
        wrappedValue.map { (String($0), flagName(of: key, negated: !$0)) }
    }
}

/// `--learning-rate` of `learning_rate`.
private func flagName(of key: String, negated: Bool = false) -> String {
    "--" + (negated ? "no-" : "") + key.replacing("_", with: "-")
}

/// `one_cycle_pct_start` of `_oneCyclePctStart`, the storage of a wrapped property.
private func snakeCase(_ label: String) -> String {
    label.drop { $0 == "_" }.reduce(into: "") { name, character in
        if character.isUppercase { name += "_" }
        name += character.lowercased()
    }
}

extension ArgumentHelp {
    /// The schema's documentation of a key.
    static func key(_ name: String) -> ArgumentHelp {
        guard let key = ConfigSchema.key(named: name) else {
            preconditionFailure("\(name) is not a key of ConfigSchema")
        }
        let help =
            switch key.domain {
            case .boolean, .choice: "\(key.documentation) (\(defaults(of: key)))"
            default: "\(key.documentation) (\(key.allowed); \(defaults(of: key)))"
            }
        return ArgumentHelp(stringLiteral: help).with(valueName: valueName(of: key))
    }

    /// `default: 8`, and the other recipe's where it has another.
    private static func defaults(of key: ConfigKey<RunConfig>) -> String {
        let fast = key.value(in: RunConfig(recipe: .fast))
        let others = Recipe.allCases.filter { $0 != .fast && key.name != "recipe" }
            .map { ($0.rawValue, key.value(in: RunConfig(recipe: $0))) }.filter { $0.1 != fast }
        return (["default: \(fast)"] + others.map { "recipe \($0.0): \($0.1)" })
            .joined(separator: "; ")
    }

    private static func valueName(of key: ConfigKey<RunConfig>) -> String {
        switch key.domain {
        case .integer: "n"
        case .number: "x"
        case .boolean: ""
        case .choice(let names): names.joined(separator: "|")
        case .text: key.name == "dataset" ? "name" : "path"
        }
    }

    private func with(valueName: String) -> ArgumentHelp {
        var help = self
        help.valueName = valueName
        return help
    }
}

extension CompletionKind {
    /// The names that a key of choices takes.
    static func choices(of name: String) -> CompletionKind {
        guard case .choice(let names)? = ConfigSchema.key(named: name)?.domain else {
            preconditionFailure("\(name) is not a key of choices in ConfigSchema")
        }
        return .list(names)
    }
}
