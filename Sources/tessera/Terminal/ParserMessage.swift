import Foundation
import SafeText

/// What ArgumentParser says of wrong arguments, in the words of the rest of the program.
enum ParserMessage {
    static func rewritten(_ message: String) -> String {
        rules.reduce(message) { $1($0) }
    }

    private static let rules: [@Sendable (String) -> String] = [
        withoutFarSuggestion, choice, choiceOfMany, number,
    ]

    /// A suggestion only where it is near.
    private static func withoutFarSuggestion(_ text: String) -> String {
        text.replacing(/Unknown option '([^']*)'\. Did you mean '([^']*)'\?/) { match in
            let (given, suggested) = (String(match.1), String(match.2))
            let isNear = Suggestion.nearest(to: given, in: [suggested]) != nil
            return "Unknown option '\(given)'" + (isNear ? ". Did you mean '\(suggested)'?" : "")
        }
    }

    private static func choice(_ text: String) -> String {
        text.replacing(
            /The value '([^']*)' is invalid for '(--[^ ']+)[^']*'\. Please provide one of ([^.\n]*)\./
        ) { match in
            let names = match.3.replacing(" and ", with: ", ").replacing(" or ", with: ", ")
                .replacing("'", with: "").components(separatedBy: ", ")
            return RangeText.text(String(match.2), String(match.1), names: names)
        }
    }

    private static func choiceOfMany(_ text: String) -> String {
        text.replacing(
            /The value '([^']*)' is invalid for '(--[^ ']+)[^']*'\. Please provide one of the following:((?:\n  - [^\n]*)+)/
        ) { match in
            let names = match.3.components(separatedBy: "\n  - ").filter { !$0.isEmpty }
            return RangeText.text(String(match.2), String(match.1), names: names)
        }
    }

    /// What takes no names takes numbers.
    private static func number(_ text: String) -> String {
        text.replacing(/The value '([^']*)' is invalid for '(--[^ ']+)[^']*'/) { match in
            RangeText.text(String(match.2), String(match.1), "a number")
        }
    }
}
