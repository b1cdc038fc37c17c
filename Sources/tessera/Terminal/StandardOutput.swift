import DurableFiles
import Foundation
import SafeText

/// Foreign text as a line of the program's: what is hidden in it is seen, and addresses have lost their
/// passwords and tokens, wherever they got in.
func shownToPeople(_ text: String) -> String {
    Address.withoutSecrets(inText: text).escapingHiddenCharacters()
}

/// What a command answers, on standard output. Nothing else writes there: an answer that couldn't be
/// written is an `OutputError`, and foreign text shows its control characters.
enum StandardOutput {
    private static let stream = CheckedOutput.standardOutput

    /// A line, whatever is in `text`.
    static func line(_ text: String) throws { try lines([text]) }

    /// Each on a line of its own: a line break within one is foreign, and shown as `\n`. On a terminal
    /// each is folded to its width.
    static func lines(_ lines: [String], _ layout: TextLayout = .standardOutput()) throws {
        let folded = lines.map(shownToPeople).flatMap {
            TextFolding.fold($0, width: layout.width)
        }
        let shown = layout.usesColor ? folded.map(Highlighting.colored) : folded
        try stream.write(Data(shown.map { $0 + "\n" }.joined().utf8))
    }

    /// A text of the program's own, such as help, as it stands.
    static func own(_ text: String) throws { try stream.write(Data(text.utf8)) }

    /// JSON with a line break at its end. Hidden characters within are escaped as JSON can.
    static func json(_ data: Data) throws {
        var text = String(decoding: data, as: UTF8.self).escapingHiddenCharactersInJSON()
        if !text.hasSuffix("\n") { text += "\n" }
        try stream.write(Data(text.utf8))
    }

    /// At the program's end: some file systems tell only now that there was no space.
    static func close() throws { try stream.close() }
}
