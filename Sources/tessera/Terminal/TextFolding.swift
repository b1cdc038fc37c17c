/// Breaks lines at words so that they fit a width.
enum TextFolding {
    /// What is done to a word that is longer than a line.
    enum LongWords {
        /// A path loses components in its middle: `/data/…/digits.safetensors`.
        case shortened
        /// It goes on in the next line, after a slash or another sign, and nothing is lost.
        case broken
    }

    /// - Parameter width: columns; nil leaves the line as it is.
    /// - Returns: lines of at most `width` columns. Those after the first are indented as far as the text
    ///   behind the line's label, or two columns further than the line. A line that is one word stays
    ///   whole, so that it can be copied.
    static func fold(
        _ line: String, width: Int?, longWords: LongWords = .shortened
    ) -> [String] {
        guard let width, DisplayWidth.of(line) > width else { return [line] }
        let pieces = pieces(of: line)
        guard pieces.count > 1 else { return [line] }
        let indent = hangingIndent(pieces, width: width)
        return lines(pieces, width: width, indent: indent, longWords)
    }

    /// A cell of a table, without indents and with no word left longer than `width`.
    static func foldCell(_ text: String, width: Int) -> [String] {
        guard DisplayWidth.of(text) > width else { return [text] }
        return lines(pieces(of: text), width: width, indent: 0, .shortened)
    }

    /// A path with `…` in place of components in its middle, so that it fits; the last one stays whole
    /// where it can.
    static func shortened(path: String, width: Int) -> String {
        guard DisplayWidth.of(path) > width else { return path }
        let components = path.split(separator: "/", omittingEmptySubsequences: false)
        func text(_ head: Int, _ tail: Int) -> String {
            (components.prefix(head) + ["…"] + components.suffix(tail)).joined(separator: "/")
        }
        func fits(_ head: Int, _ tail: Int) -> Bool {
            head + tail < components.count && DisplayWidth.of(text(head, tail)) <= width
        }
        guard fits(0, 1) else { return cut(String(components.last ?? ""), width: width) }
        var (head, tail) = (0, 1)
        while true {
            if fits(head, tail + 1) {
                tail += 1
            } else if fits(head + 1, tail) {
                head += 1
            } else {
                return text(head, tail)
            }
        }
    }

    // MARK: - Private

    /// A word and the spaces before it.
    private struct Piece {
        let spaces: Int
        let word: String
        var width: Int { spaces + DisplayWidth.of(word) }
    }

    private static func pieces(of line: String) -> [Piece] {
        var (pieces, spaces, word) = ([Piece](), 0, "")
        func add() {
            guard !word.isEmpty else { return }
            if spaces == 1, let last = pieces.last, belongs(word, to: last) {
                pieces[pieces.count - 1] = Piece(
                    spaces: last.spaces, word: "\(last.word) \(word)")
            } else {
                pieces.append(Piece(spaces: spaces, word: word))
            }
        }
        for character in line {
            if character == " " {
                add()
                spaces = word.isEmpty ? spaces + 1 : 1
                word = ""
            } else {
                word.append(character)
            }
        }
        add()
        return pieces
    }

    /// A per cent sign stays with its number, and a count with its name in a list of such.
    private static func belongs(_ word: String, to last: Piece) -> Bool {
        let isCount = word.allSatisfy { $0.isNumber || $0 == "," }
        return word.hasPrefix("%") || last.spaces >= 2 && last.word.hasSuffix(":") && isCount
    }

    /// Where the text begins behind a label, which is told by two spaces or more after it.
    private static func hangingIndent(_ pieces: [Piece], width: Int) -> Int {
        let start = pieces.first?.spaces ?? 0
        let gaps = pieces.indices.dropFirst().filter { pieces[$0].spaces >= 2 }
        guard let gap = gaps.first else { return min(start + 2, width / 2) }
        // An indented line of many gaps is a list without a label.
        guard start == 0 || gaps.count == 1 else { return min(start, width / 2) }
        let column = pieces[..<gap].map(\.width).reduce(0, +) + pieces[gap].spaces
        return column <= width * 2 / 5 ? column : min(start + 2, width / 2)
    }

    private static func lines(
        _ pieces: [Piece], width: Int, indent: Int, _ longWords: LongWords
    ) -> [String] {
        var (lines, line, used) = ([String](), "", 0)
        func begin() {
            lines.append(line)
            (line, used) = (String(repeating: " ", count: indent), indent)
        }
        for (index, piece) in pieces.enumerated() {
            var spaces = piece.spaces
            // A word that is too long for any line begins where it stands behind a label.
            let fitsNowhere =
                longWords == .broken && DisplayWidth.of(piece.word) > width - indent
                && width - used - spaces >= shortestPart
            if index > 0, used + piece.width > width, used + spaces > indent, !fitsNowhere {
                begin()
                spaces = 0
            }
            line += String(repeating: " ", count: spaces)
            used += spaces
            let parts = parts(
                of: piece.word, first: width - used, rest: width - indent, longWords)
            for (number, part) in parts.enumerated() {
                if number > 0 { begin() }
                line += part
                used += DisplayWidth.of(part)
            }
        }
        return lines + [line]
    }

    /// Columns that are worth beginning a word that goes on in the next line.
    private static let shortestPart = 10

    /// Where a long word is broken, rather than within a name.
    private static let borders: Set<Character> = ["/", "_", ".", "-", ",", ":", "=", "&", "?"]

    /// A word in pieces that fit, or the word shortened to one.
    private static func parts(
        of word: String, first: Int, rest: Int, _ longWords: LongWords
    ) -> [String] {
        guard DisplayWidth.of(word) > first else { return [word] }
        if longWords == .shortened, word.contains("/"), !word.contains("://") {
            return [shortened(path: word, width: first)]
        }
        var (parts, left, room) = ([String](), word[...], max(2, first))
        while DisplayWidth.of(left) > room {
            let start = DisplayWidth.prefix(left, room)
            let border = start.dropLast().lastIndex { borders.contains($0) }
            let part = border.map { String(start[...$0]) } ?? start
            parts.append(part)
            left = left.dropFirst(part.count)
            room = max(2, rest)
        }
        return parts + [String(left)]
    }

    /// A name that doesn't fit loses its middle; the end tells its kind.
    private static func cut(_ text: String, width: Int) -> String {
        guard width > 1 else { return "…" }
        let tail = String(
            DisplayWidth.prefix(String(text.reversed()), (width - 1) / 2).reversed())
        return DisplayWidth.prefix(text, width - 1 - DisplayWidth.of(tail)) + "…" + tail
    }
}
