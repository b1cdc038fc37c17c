/// How many columns of a terminal text takes: two for wide letters and emoji, none for what combines.
///
/// - Source: Unicode 16, UAX #11 (East Asian Width) and UTS #51 (emoji presentation).
enum DisplayWidth {
    static func of(_ text: some StringProtocol) -> Int {
        text.reduce(0) { $0 + of($1) }
    }

    /// A character of several scalars, such as a family of emoji, is as wide as its widest one.
    static func of(_ character: Character) -> Int {
        if character.isASCII { return 1 }
        let scalars = character.unicodeScalars
        // An emoji's form was asked for of what would be one column wide, or two letters make a flag.
        let isEmoji = scalars.contains("\u{FE0F}") && scalars.first?.properties.isEmoji == true
        let isFlag = scalars.count == 2 && scalars.allSatisfy { flagLetters.contains($0) }
        return isEmoji || isFlag ? 2 : scalars.map(of).max() ?? 0
    }

    /// The longest start of a text that fits.
    static func prefix(_ text: some StringProtocol, _ width: Int) -> String {
        var (start, used) = ("", 0)
        for character in text {
            used += of(character)
            if used > width { break }
            start.append(character)
        }
        return start
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        let isWide =
            scalar.properties.isEmojiPresentation && !flagLetters.contains(scalar)
            || wide.contains { $0.contains(scalar) }
        return isWide ? 2 : 1
    }

    private static let flagLetters: ClosedRange<Unicode.Scalar> = "\u{1F1E6}"..."\u{1F1FF}"

    private static let wide: [ClosedRange<Unicode.Scalar>] = [
        "\u{1100}"..."\u{115F}", "\u{2E80}"..."\u{303E}", "\u{3041}"..."\u{33FF}",
        "\u{3400}"..."\u{4DBF}", "\u{4E00}"..."\u{A4CF}", "\u{A960}"..."\u{A97C}",
        "\u{AC00}"..."\u{D7A3}", "\u{F900}"..."\u{FAFF}", "\u{FE10}"..."\u{FE19}",
        "\u{FE30}"..."\u{FE6F}", "\u{FF01}"..."\u{FF60}", "\u{FFE0}"..."\u{FFE6}",
        "\u{16FE0}"..."\u{18DFF}", "\u{1AFF0}"..."\u{1B2FF}", "\u{20000}"..."\u{3FFFD}",
    ]
}

extension String {
    /// Spaces added at the end until it takes `width` columns; longer text stays as it is.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - DisplayWidth.of(self)))
    }

    /// The same with the spaces in front.
    func paddedInFront(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - DisplayWidth.of(self))) + self
    }
}
