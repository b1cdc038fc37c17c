extension Unicode.Scalar {
    /// Whether a terminal or a page does something with it other than to show it: control characters,
    /// separators of lines, marks that turn the direction of writing around, and what can't be seen.
    ///
    /// What joins letters and emoji (U+200C, U+200D) and chooses their form (variation selectors) is
    /// part of ordinary text.
    var isHidden: Bool {
        if self == "\u{200C}" || self == "\u{200D}" || self == "\u{34F}" { return false }
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        default: break
        }
        let isSelector = ("\u{FE00}"..."\u{FE0F}").contains(self)
        return properties.isBidiControl || properties.isDefaultIgnorableCodePoint && !isSelector
    }
}

extension StringProtocol {
    /// The text with every hidden character as an escape that can be seen (`\n`, `\u{1b}`, `\u{202e}`),
    /// so that foreign text stays on its line and moves no cursor.
    ///
    /// For people: a backslash of the text itself stays as it is, so this can't be undone.
    ///
    /// - Parameter keepingLineBreaks: for texts of ours with more than one line.
    package func escapingHiddenCharacters(keepingLineBreaks: Bool = false) -> String {
        var output = ""
        for scalar in unicodeScalars {
            if scalar.isHidden && !(keepingLineBreaks && scalar == "\n") {
                output += scalar.visibleEscape
            } else {
                output.unicodeScalars.append(scalar)
            }
        }
        return output
    }

    /// JSON with hidden characters as `\u` escapes, which any reader takes back: the same values, and
    /// nothing that a terminal acts upon. Line breaks between its members stay.
    ///
    /// - Precondition: JSON, in which control characters below U+0020 are escaped already.
    package func escapingHiddenCharactersInJSON() -> String {
        var output = ""
        for scalar in unicodeScalars {
            if scalar.isHidden && scalar.value >= 0x20 {
                for unit in UTF16.encode(scalar)! { output += "\\u" + hex(unit, digits: 4) }
            } else {
                output.unicodeScalars.append(scalar)
            }
        }
        return output
    }
}

extension Unicode.Scalar {
    fileprivate var visibleEscape: String {
        switch self {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: "\\u{\(String(value, radix: 16))}"
        }
    }
}

private func hex(_ value: UInt16, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: digits - text.count) + text
}
