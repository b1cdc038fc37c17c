import SafeText
import Training

/// Where a value in force was set.
public enum ConfigOrigin: Equatable, Sendable, CustomStringConvertible {
    case `default`
    /// A default that the recipe changed.
    case recipe(Recipe)
    case file(path: String, line: Int)
    case environment(name: String)
    case flag(name: String)

    public var description: String {
        switch self {
        case .default: "default"
        case .recipe(let recipe): "recipe \(recipe.rawValue)"
        case .file(let path, let line): "\(path):\(line)"
        case .environment(let name): "env \(name)"
        case .flag(let name): name
        }
    }
}

/// Why a run's configuration can't be used. Each case says where the fault was written.
public enum RunConfigError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A value, or a pair of them, that isn't allowed; an origin for each key of `reason`.
    case rejected(reason: ConfigError, origins: [ConfigOrigin])
    case unknownKey(name: String, nearest: String?, origin: ConfigOrigin)
    case duplicateKey(name: String, path: String, line: Int, firstLine: Int?)
    case notScalar(key: String, allowed: String, origin: ConfigOrigin)
    /// An entry of a list of layers that is none.
    case layer(origin: ConfigOrigin, problem: String)
    case notYAML(path: String, line: Int?, reason: String)
    case unreadable(path: String, reason: String)
    /// `TesseraVariable.cpuLevel` names no level, or one that this CPU hasn't got.
    case cpuLevel(got: String, available: [String])

    public var description: String {
        switch self {
        case .rejected(let reason, let origins):
            Self.text(reason, origins)
        case .unknownKey(let name, let nearest, let origin):
            "\(origin): unknown key \"\(name)\"; "
                + (nearest.map { "did you mean \($0)? " } ?? "")
                + "`tessera config show` lists every key"
        case .duplicateKey(let name, let path, let line, let firstLine):
            "\(path):\(line): \(name) is set a second time"
                + (firstLine.map { " (first in line \($0))" } ?? "") + "; keep one of the two"
        case .notScalar(let key, let allowed, let origin):
            "\(origin): \(key): is a list or mapping; must be \(allowed)"
        case .layer(let origin, let problem): "\(origin): network: \(problem)"
        case .notYAML(let path, let line, let reason):
            path + (line.map { ":\($0)" } ?? "") + ": not a configuration file: \(reason)"
        case .unreadable(let path, let reason):
            "\(path): can't be read: \(reason). Check --config and \(TesseraVariable.config)."
        case .cpuLevel(let got, let available):
            "\(TesseraVariable.cpuLevel) \(got): must be one of \(available.joined(separator: ", ")) on this "
                + "CPU, or unset" + Suggestion.clause(for: got, in: available)
        }
    }

    /// A flag or a variable stands for its key; a file's line comes before it.
    private static func text(_ reason: ConfigError, _ origins: [ConfigOrigin]) -> String {
        let named = Dictionary(zip(reason.keys, origins), uniquingKeysWith: { first, _ in first })
        return reason.description { key in
            switch named[key] {
            case .flag(let name), .environment(let name): name
            case .file(let path, let line): "\(path):\(line): \(key)"
            case .default, .recipe, nil: key
            }
        }
    }
}
