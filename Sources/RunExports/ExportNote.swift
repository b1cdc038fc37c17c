/// What an export had to change to fit the other program.
package enum ExportNote: Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        case experiment, run, parameter, tag, metric, artifact
    }

    /// The name isn't permitted there.
    case renamed(Kind, from: String, to: String)
    /// The value was cut to so many characters.
    case shortened(Kind, name: String, count: Int, limit: Int)
    /// MLflow stores the infinite values of the metric as ±1.7976931348623157e308.
    case infinite(metric: String)

    package var description: String {
        switch self {
        case .renamed(let kind, let from, let to):
            "\(kind.rawValue) \(Self.quoted(from)): named \(Self.quoted(to)), for its own name isn't "
                + "permitted there"
        case .shortened(let kind, let name, let count, let limit):
            "\(kind.rawValue) \(Self.quoted(name)): its value of \(count) characters was cut to "
                + "\(limit)"
        case .infinite(let metric):
            "metric \(Self.quoted(metric)): infinite values are stored as the largest number, 1.8e308"
        }
    }

    /// On one line and not too long, whatever the name is.
    private static func quoted(_ name: String) -> String {
        let shown = name.count > 60 ? name.prefix(60) + "…" : name[...]
        return String(shown).debugDescription
    }
}
