import Foundation
import SafeText
import TestSupport
import Testing

@Suite struct ControlCharacterTests {
    @Test(arguments: [
        ("plain, ünïcode 数字 é☃ \\ 'q'", "plain, ünïcode 数字 é☃ \\ 'q'"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"), ("\u{1b}[31mred\u{7}\0", "\\u{1b}[31mred\\u{7}\\u{0}"),
        ("\u{7f}\u{9b}2J\u{85}", "\\u{7f}\\u{9b}2J\\u{85}"),
        ("\u{202e}gnp.exe\u{2066}\u{2069}\u{200f}", "\\u{202e}gnp.exe\\u{2066}\\u{2069}\\u{200f}"),
        (
            "a\u{2028}b\u{2029}c\u{200b}d\u{feff}e\u{ad}",
            "a\\u{2028}b\\u{2029}c\\u{200b}d\\u{feff}e\\u{ad}"
        ),
        ("\u{e0041}tag", "\\u{e0041}tag"), ("\r\n", "\\r\\n"),
        // Ordinary text: an emoji of four joined by U+200D, a heart in its colour, Persian.
        ("👨‍👩‍👧‍👦 ❤️ می‌خواهم", "👨‍👩‍👧‍👦 ❤️ می‌خواهم"),
    ]) func hiddenCharactersAreSeen(_ text: String, _ expected: String) {
        #expect(text.escapingHiddenCharacters() == expected)
    }

    @Test func lineBreaksOfOursStay() {
        #expect("a\nb\u{1b}".escapingHiddenCharacters(keepingLineBreaks: true) == "a\nb\\u{1b}")
    }

    /// Every scalar: whatever Unicode calls control, and nothing printable in ASCII, is escaped.
    @Test func everyControlCharacterIsEscaped() {
        for value in UInt32(0)..<0x11_0000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = String(scalar)
            let isEscaped = text.escapingHiddenCharacters() != text
            if scalar.properties.generalCategory == .control || scalar.properties.isBidiControl {
                #expect(isEscaped, "U+\(String(value, radix: 16))")
            }
            if (0x20...0x7e).contains(value) {
                #expect(!isEscaped, "U+\(String(value, radix: 16))")
            }
        }
    }

    @Test func jsonKeepsItsValues() throws {
        let text = "a\u{7f}\u{9b}\u{202e}\u{2028}\u{feff}\u{e0041}é\n\u{1b}"
        let json = String(decoding: try JSONEncoder().encode([text]), as: UTF8.self)
        let escaped = ("{\n" + json.dropFirst().dropLast() + "\n}")
            .escapingHiddenCharactersInJSON()
        #expect(escaped == #"{\#n"a\u007f\u009b\u202e\u2028\ufeff\udb40\udc41é\n\u001b"\#n}"#)
        let array = json.escapingHiddenCharactersInJSON()
        #expect(try JSONDecoder().decode([String].self, from: Data(array.utf8)) == [text])
    }
}

@Suite struct CSVFieldTests {
    @Test(arguments: [
        "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\n=1", " =1", "\u{a0}=1", "'=1", "''-1",
        "'' @",
    ]) func formulasHaveAnApostrophe(_ text: String) {
        #expect(CSVField.neutralized(text) == "'" + text)
        #expect(CSVField.original(CSVField.neutralized(text)) == text)
        #expect(CSVField.original(text.first == "'" ? "'" + text : text) == text)
    }

    @Test(arguments: ["", "7", "a=b", "'quoted'", "'", "é-1", "dir/-1", " a", "1-2"])
    func otherTextStays(_ text: String) {
        #expect(CSVField.text(text) == text)
        #expect(CSVField.original(text) == text)
    }

    @Test func fieldsAreQuoted() {
        #expect(CSVField.text("=a,\"b\"") == "\"'=a,\"\"b\"\"\"")
        #expect(CSVField.text("=a,b", style: .raw) == "\"=a,b\"")
        #expect(CSVField.text("=\u{1b}\n", style: .visible) == "'=\\u{1b}\\n")
    }

    @Test func everyTextComesBack() {
        var generator = SeededGenerator(seed: 7)
        let alphabet = Array("'=+-@ \t\r\na,\"7\u{a0}\u{301}".unicodeScalars)
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                text.unicodeScalars.append(alphabet.randomElement(using: &generator)!)
            }
            let given = CSVField.original(CSVField.neutralized(text))
            #expect(
                given.unicodeScalars.elementsEqual(text.unicodeScalars), "\(text.debugDescription)")
        }
    }
}
