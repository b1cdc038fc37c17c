/// Colours for errors, warnings and verdicts, told by the words that the program uses for them.
///
/// They are laid on finished lines, in which everything foreign was escaped, so that only the program
/// writes colour codes.
enum Highlighting {
    static func colored(_ line: String) -> String {
        for (pattern, color) in rules {
            guard let match = line.firstMatch(of: pattern) else { continue }
            let word = match.output.word
            return line[..<word.startIndex] + "\u{1B}[\(color.rawValue)m" + word + "\u{1B}[0m"
                + line[word.endIndex...]
        }
        return line
    }

    private enum Color: String {
        case red = "1;31"
        case green = "32"
        case yellow = "33"
    }

    private typealias Pattern = Regex<(Substring, word: Substring)>

    /// The first that matches counts.
    // Never written to: Regex is only not marked as Sendable.
    nonisolated(unsafe) private static let rules: [(Pattern, Color)] = [
        (/^(?<word>Error:)/, .red),
        (/^ *(?<word>(?:warning|NOTE|note|hook|registry):)/, .yellow),
        (/^ *(?<word>check failed)/, .yellow),
        (/^\s*(?<word>FAILED)\b/, .red),
        (/^\s*(?<word>passed)\b/, .green),
        (/^gate +[a-z]+: (?<word>deployed)\b/, .green),
        (/^gate +[a-z]+: (?<word>[a-z]+)\b/, .red),
        (/^deployment  [a-z]+: (?<word>deployed)\b/, .green),
        (/^deployment  [a-z]+: (?<word>[a-z]+)\b/, .red),
        (/^status +(?<word>failed)\b/, .red),
        (/^status +(?<word>(?:interrupted|cancelled))\b/, .yellow),
        (/^\[[0-9]+\/[0-9]+\].*: (?<word>failed)\b/, .red),
        (/^[0-9]{8}T[^ ]+ +[a-z ]+ (?<word>failed)\b/, .red),
        (/^[0-9]{8}T[^ ]+ +[a-z ]+ (?<word>(?:interrupted|cancelled))\b/, .yellow),
        (/: (?<word>faster)$/, .green),
        (/: (?<word>slower)$/, .red),
    ]
}
