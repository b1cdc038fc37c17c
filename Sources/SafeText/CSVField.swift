/// One field of a CSV file, quoted as RFC 4180 says.
package enum CSVField {
    /// What is done to a field of text besides quoting.
    package enum Style: Sendable {
        /// Nothing: the bytes.
        case raw
        /// What a spreadsheet would compute is kept from it by an apostrophe in front.
        case neutralized
        /// That, and hidden characters as escapes, for a terminal.
        case visible
    }

    /// Text from outside.
    package static func text(_ value: String, style: Style = .neutralized) -> String {
        switch style {
        case .raw: quoted(value)
        case .neutralized: quoted(neutralized(value))
        case .visible: quoted(neutralized(value).escapingHiddenCharacters())
        }
    }

    /// `value`, behind an apostrophe where a spreadsheet would take it for a formula: where the first
    /// character after spaces is one of `= + - @`, a tab or a line break.
    ///
    /// A text that begins with apostrophes before such a character gets one more, so that
    /// `original` gives each back.
    ///
    /// - Source: OWASP, "CSV Injection".
    package static func neutralized(_ value: String) -> String {
        isFormula(value) ? "'" + value : value
    }

    /// What `neutralized` was given.
    package static func original(_ value: String) -> String {
        value.unicodeScalars.first == "'" && isFormula(value)
            ? String(value.unicodeScalars.dropFirst()) : value
    }

    private static func isFormula(_ value: String) -> Bool {
        // By scalar: a combining mark would make another character of the sign.
        let start = value.unicodeScalars.first { !" '\u{A0}".unicodeScalars.contains($0) }
        return start.map { "=+-@\t\r\n".unicodeScalars.contains($0) } ?? false
    }

    private static func quoted(_ field: String) -> String {
        // By scalar: Swift takes a carriage return and line feed for one character.
        guard field.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else {
            return field
        }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }
}
