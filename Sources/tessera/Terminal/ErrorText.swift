import ArgumentParser
import Foundation
import SafeText

/// What is said of an error that ends the program, in lines.
///
/// Messages repeat arguments: one that is an address loses its secrets even where another thing was
/// expected, and ArgumentParser's, which stand among usage lines, have their line breaks escaped.
struct ErrorText {
    let lines: [String]

    init(_ error: any Error, arguments: [String] = CommandLine.arguments) {
        let parts = arguments.dropFirst().flatMap(Self.parts)
        // Errors without a status of their own are ArgumentParser's, or unknown to us.
        guard ExitStatus(of: error) != .failure else {
            let text = ParserMessage.rewritten(Tessera.fullMessage(for: error))
            lines = parts.reduce(text) { message, part in
                message.replacing(part, with: Self.withoutSecrets(part).escapingHiddenCharacters())
            }.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            return
        }
        let message = messageLines(of: error).map { line in
            parts.reduce(line) { $0.replacing($1, with: Self.withoutSecrets($1)) }
        }
        lines = ["Error: " + (message.first ?? "")] + message.dropFirst()
    }

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
