import ArgumentParser
import Foundation
import SafeText

/// What is said of an error that ends the program, in lines.
///
/// Messages repeat arguments: one that is an address loses its secrets even where another thing was
/// expected, and ArgumentParser's, which stand among usage lines, have their line breaks escaped.
struct ErrorText {
    let lines: [String]
    /// The same without the word before it and without usage.
    let message: String
    /// What to do: the advice that the message ends with, or the command's usage.
    let hint: String?

    init(_ error: any Error, arguments: [String] = CommandLine.arguments) {
        let parts = arguments.dropFirst().flatMap(Self.parts)
        // Errors without a status of their own are ArgumentParser's, or unknown to us.
        guard ExitStatus(of: error) != .failure else {
            func shown(_ text: String) -> String {
                parts.reduce(text) { message, part in
                    message.replacing(
                        part, with: Self.withoutSecrets(part).escapingHiddenCharacters())
                }
            }
            lines = shown(ParserMessage.rewritten(Tessera.fullMessage(for: error)))
                .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            message = shown(ParserMessage.rewritten(Tessera.message(for: error)))
            hint = Self.usage(lines) ?? Self.advice(message)
            return
        }
        let message = messageLines(of: error).map { line in
            parts.reduce(line) { $0.replacing($1, with: Self.withoutSecrets($1)) }
        }
        lines = ["Error: " + (message.first ?? "")] + message.dropFirst()
        self.message = message.joined(separator: "\n")
        hint = Self.advice(self.message)
    }

    /// ArgumentParser's `Usage: …` and what follows.
    private static func usage(_ lines: [String]) -> String? {
        guard let start = lines.firstIndex(where: { $0.hasPrefix("Usage: ") }) else { return nil }
        return lines[start...].joined(separator: "\n").trimmingCharacters(
            in: .whitespacesAndNewlines)
    }

    /// The sentence, or the part after a semicolon, with which a message says what to do.
    private static func advice(_ message: String) -> String? {
        let parts = message.split(separator: /(; |\. |\n)/)
        let advice = parts.dropFirst().last { part in
            let text = part.lowercased()
            return text.hasPrefix("`") || adviceStarts.contains { text.hasPrefix($0 + " ") }
        }
        return advice.map { $0.last == "." || $0.last == ":" ? $0.dropLast() : $0 }.map(String.init)
    }

    private static let adviceStarts = [
        "allowed is", "ask", "check", "choose", "convert", "did you mean", "free", "give", "have",
        "install", "let", "look", "lower", "make", "measure", "move", "pass", "remove", "rename",
        "restore", "run", "set", "then restore", "train", "try", "unpack", "upgrade", "use", "wait",
    ]

    /// The argument, and the value of one of the form `--name=value`.
    private static func parts(of argument: String) -> [String] {
        let value = argument.split(separator: "=", maxSplits: 1).dropFirst().first.map(String.init)
        return [argument, value].compactMap { $0 }.filter {
            withoutSecrets($0).escapingHiddenCharacters() != $0
        }
    }

    private static func withoutSecrets(_ argument: String) -> String {
        argument.contains("://") && argument.contains("@")
            ? Address.withoutSecrets(argument) : argument
    }
}
