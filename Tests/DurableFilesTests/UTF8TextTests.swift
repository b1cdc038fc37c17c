import DurableFiles
import Testing

@Suite struct UTF8TextTests {
    @Test func aMarkIsNoText() throws {
        #expect(try UTF8Text.decode(Array("é☃".utf8), path: "f") == "é☃")
        #expect(
            try UTF8Text.decode([0xEF, 0xBB, 0xBF] + Array("a: 1\n".utf8), path: "f") == "a: 1\n")
        #expect(try UTF8Text.decode([0xEF, 0xBB, 0xBF], path: "f") == "")
        #expect(try UTF8Text.decode([], path: "f") == "")
        // Only the first is a mark.
        let twice = try UTF8Text.decode(Array("\u{FEFF}\u{FEFF}a".utf8), path: "f")
        #expect(Array(twice.unicodeScalars) == ["\u{FEFF}", "a"])
    }

    @Test(
        arguments: [
            ([0xFF, 0xFE, 0x61, 0x00], "it is UTF-16 text; save it as UTF-8"),
            ([0xFE, 0xFF, 0x00, 0x61], "it is UTF-16 text; save it as UTF-8"),
            ([0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0], "it is UTF-32 text; save it as UTF-8"),
            ([0, 0, 0xFE, 0xFF, 0, 0, 0, 0x61], "it is UTF-32 text; save it as UTF-8"),
            (
                [0x61, 0x00, 0x3A, 0x00],
                "it has zero bytes, as UTF-16 and other than text has; save it as UTF-8"
            ),
            ([0x61, 0xE9], "it is not UTF-8 text; save it as UTF-8"),
        ] as [([UInt8], String)]) func otherEncodingsAreNamed(_ bytes: [UInt8], _ reason: String)
    {
        #expect(throws: FileError.unreadable(path: "f", reason: reason)) {
            try UTF8Text.decode(bytes, path: "f")
        }
    }
}
