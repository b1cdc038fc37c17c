import ArgumentParser
import DigitPipeline
import Training

/// A group of flags that set configuration keys.
protocol ConfigFlags: ParsableArguments {
    /// What was given.
    var settings: [ConfigSetting] { get }
    /// The names of the keys that the group has a flag for.
    static var keys: [String] { get }
}

extension ArgumentHelp {
    /// The table's documentation of a key.
    ///
    /// - Parameter base: has its default; the recipes if nil.
    static func key(_ key: ConfigKey<RunConfig>, _ base: RunConfig? = nil) -> ArgumentHelp {
        let defaults = base.map { "default: \(key.value(in: $0))" } ?? Self.defaults(of: key)
        let help =
            switch key.domain {
            case .boolean, .choice: "\(key.documentation) (\(defaults))"
            default: "\(key.documentation) (\(key.allowed); \(defaults))"
            }
        return ArgumentHelp(stringLiteral: help).with(valueName: valueName(of: key))
    }

    /// `default: 8`, and the other recipe's where it has another.
    private static func defaults(of key: ConfigKey<RunConfig>) -> String {
        let fast = key.value(in: RunConfig(recipe: .fast))
        let others = Recipe.allCases.filter { $0 != .fast && key.effect != .defaults }
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
        case .text: "name"
        case .folder: "path"
        }
    }

    private func with(valueName: String) -> ArgumentHelp {
        var help = self
        help.valueName = valueName
        return help
    }
}
