import ArgumentParser
import SafeText

/// What is said of a value that isn't among those that its flag or field takes, in the form of
/// configuration keys: `--top-k 0: must be a whole number of at least 1`.
enum RangeText {
    /// - Parameter allowed: fits after "must be".
    static func text(
        _ name: String, _ value: some CustomStringConvertible, _ allowed: String
    ) -> String {
        let text = value.description
        // The sign of what is no number says nothing.
        let shown = ["nan", "-nan"].contains(text) ? "NaN" : text
        return "\(name) \(shown): must be \(allowed)"
    }

    /// - Parameter names: those that are taken.
    static func text(_ name: String, _ value: String, names: [String]) -> String {
        text(name, value, "one of \(names.joined(separator: ", "))")
            + Suggestion.clause(for: value, in: names)
    }
}

extension ValidationError {
    /// - Parameter allowed: fits after "must be".
    init(_ flag: String, _ value: some CustomStringConvertible, _ allowed: String) {
        self.init(RangeText.text(flag, value, allowed))
    }
}
