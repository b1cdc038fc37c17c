import Testing

@testable import tessera

@Suite struct DisplayWidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("数字", 4), ("한글", 4), ("ﾊﾝｶｸ", 4),
        ("ＡＢ", 4), ("😀", 2), ("👨‍👩‍👧", 2), ("👍🏽", 2), ("🇩🇪", 2), ("❤\u{FE0F}", 2), ("❤", 1),
        ("a\u{200D}b", 2), ("…─━", 3), ("नि", 1), ("\u{1F1E9}", 1), ("㎏", 2),
    ])
    func columns(text: String, width: Int) { #expect(DisplayWidth.of(text) == width, "\(text)") }

    @Test func wideLettersAreNotCutInHalves() {
        #expect(DisplayWidth.prefix("数字です", 5) == "数字")
        #expect("数字".padded(to: 6) == "数字  " && "数字".paddedInFront(to: 6) == "  数字")
    }
}

@Suite struct TextFoldingTests {
    @Test func linesBreakAtWordsBehindTheirLabel() {
        #expect(
            TextFolding.fold(
                "gate        automatic: refused — accuracy 0.2 is below 0.9, the threshold",
                width: 44)
                == [
                    "gate        automatic: refused — accuracy",
                    "            0.2 is below 0.9, the threshold",
                ])
        #expect(
            TextFolding.fold("  a sentence without any label at all, of more columns", width: 40)
                == ["  a sentence without any label at all,", "    of more columns"])
        #expect(TextFolding.fold("short", width: 40) == ["short"])
        #expect(TextFolding.fold("any length at all", width: nil) == ["any length at all"])
    }

    @Test func numbersKeepTheirUnitAndListsTheirIndent() {
        #expect(
            TextFolding.fold(
                "test        10.00 % accuracy (95 % interval 5.52 % to 17.44 %)", width: 40)
                == [
                    "test        10.00 % accuracy (95 %", "            interval 5.52 % to 17.44 %)",
                ])
        #expect(
            TextFolding.fold("            0: 5,923  1: 6,742  2: 5,958  3: 6,131", width: 44)
                == ["            0: 5,923  1: 6,742  2: 5,958", "            3: 6,131"])
    }

    @Test func longNamesBreakAtTheirSigns() {
        #expect(
            TextFolding.foldCell("evaluation.validation_accuracy_lower", width: 24)
                == ["evaluation.validation_", "accuracy_lower"])
    }

    @Test func pathsLoseComponentsAndNotLetters() {
        let path = "/srv/digits/.tessera/runs/20261121T101500-ab12/model/digits.safetensors"
        #expect(
            TextFolding.shortened(path: path, width: 40) == "/srv/digits/…/model/digits.safetensors"
        )
        #expect(TextFolding.shortened(path: path, width: 24) == "/…/digits.safetensors")
        #expect(TextFolding.shortened(path: path, width: 20) == "…/digits.safetensors")
        #expect(TextFolding.shortened(path: path, width: 12) == "digits…nsors")
        #expect(
            TextFolding.fold("model       \(path)", width: 60)
                == ["model       /…/20261121T101500-ab12/model/digits.safetensors"])
    }

    @Test func errorsLoseNothing() {
        let path = "/srv/digits/.tessera/runs/20261121T101500-ab12/model/digits.safetensors"
        let lines = TextFolding.fold("\(path): no such file", width: 40, longWords: .broken)
        #expect(lines.allSatisfy { DisplayWidth.of($0) <= 40 } && lines.count > 1)
        #expect(lines.first?.hasSuffix("/") == true)
        #expect(
            lines.map { $0.drop { $0 == " " } }.joined().replacing(" ", with: "")
                == "\(path):nosuchfile")
    }

    /// What is printed alone is there to be copied.
    @Test func oneWordStaysWhole() {
        let path = "/srv/digits/.tessera/reports/20261121T101500-ab12.html"
        #expect(TextFolding.fold(path, width: 40) == [path])
    }

    @Test(arguments: 40...120) func neverWiderThanAsked(_ width: Int) {
        let text =
            "sha256      5f0bc9a3b8c1d4e2f6a7980b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d  数字データ "
            + "https://example.org/a/very/long/address/that/goes/on/and/on/and/on/for/ever?and=ever "
            + String(repeating: "x", count: 150)
        for words in [TextFolding.LongWords.shortened, .broken] {
            for line in TextFolding.fold(text, width: width, longWords: words) {
                #expect(DisplayWidth.of(line) <= width, "\(line)")
            }
        }
    }
}

@Suite struct TextTableTests {
    private var table: TextTable {
        var table = TextTable(
            .text("run"), .folding("dataset", rank: 2, to: 12), .number("accuracy"),
            .number("time", rank: 1))
        table.add("20261121T1", "images:/data/scans/of/digits", "99.10 %", "1m 05s")
        table.add("20261121T2", "数字", "9.10 %", "2.0 s")
        return table
    }

    @Test func columnsStandUnderOneAnother() {
        #expect(
            table.lines(TextLayout(width: 80)) == [
                "run         dataset                       accuracy    time",
                "20261121T1  images:/data/scans/of/digits   99.10 %  1m 05s",
                "20261121T2  数字                            9.10 %   2.0 s",
            ])
    }

    @Test func textsAreFoldedThenColumnsGo() {
        #expect(
            table.lines(TextLayout(width: 50)) == [
                "run         dataset               accuracy    time",
                "20261121T1  …/scans/of/digits      99.10 %  1m 05s",
                "20261121T2  数字                    9.10 %   2.0 s",
            ])
        #expect(
            table.lines(TextLayout(width: 40)) == [
                "run         accuracy    time", "20261121T1   99.10 %  1m 05s",
                "20261121T2    9.10 %   2.0 s", "(left out: dataset; --wide shows all)",
            ])
    }

    @Test func pipesGetEverything() {
        var wide = TextTable(.folding("configuration"), .number("accuracy"))
        let name = (1...30).map { "key_\($0) \($0)" }.joined(separator: ", ")
        wide.add(name, "99.10 %")
        wide.add("short", "98.00 %")
        let lines = wide.lines(.whole)
        #expect(lines.count == 3 && lines[1] == "\(name)   99.10 %")
        // One long value doesn't push all others to the far right.
        #expect(lines[2].count < 80)
    }

    @Test func longValuesAreFoldedWithinTheirColumn() {
        var facts = TextTable.facts
        facts.add("status", "failed: the disk is full, and what was recorded before is kept")
        #expect(
            facts.lines(TextLayout(width: 40)) == [
                "status  failed: the disk is full, and", "        what was recorded before is kept",
            ])
    }

    @Test(arguments: 40...130) func neverWiderThanTheTerminal(_ width: Int) {
        var table = table
        table.add("   failed: " + String(repeating: "a reason of many words ", count: 9))
        for line in table.lines(TextLayout(width: width), indent: 2) {
            #expect(DisplayWidth.of(line) <= width, "\(line)")
        }
    }
}

@Suite struct TextLayoutTests {
    @Test func widthIsTheTerminalsOrThatOfCOLUMNS() {
        #expect(TextLayout(environment: [:], terminalWidth: 100).width == 100)
        #expect(TextLayout(environment: ["COLUMNS": "72"], terminalWidth: 100).width == 72)
        #expect(TextLayout(environment: ["COLUMNS": "0"], terminalWidth: 100).width == 100)
        #expect(TextLayout(environment: ["COLUMNS": "no"], terminalWidth: nil).width == nil)
        #expect(TextLayout(environment: [:], terminalWidth: nil) == .whole)
        #expect(TextLayout(environment: [:], terminalWidth: 10).width == 40)
        #expect(TextLayout(environment: [:], terminalWidth: 80, isWide: true).width == nil)
    }

    @Test func coloursAreForTerminalsThatAskForNoOther() {
        func colors(_ environment: [String: String], _ width: Int? = 80) -> Bool {
            TextLayout(environment: environment, terminalWidth: width).usesColor
        }
        #expect(colors(["TERM": "xterm"]) && colors(["NO_COLOR": ""]))
        #expect(!colors(["NO_COLOR": "1"]) && !colors(["TERM": "dumb"]) && !colors([:], nil))
    }

    @Test(arguments: [
        ("Error: a: no such file", "\u{1B}[1;31mError:\u{1B}[0m a: no such file"),
        (
            "gate        automatic: refused — x",
            "gate        automatic: \u{1B}[1;31mrefused\u{1B}[0m — x"
        ),
        (
            "            passed  accuracy",
            "            \u{1B}[32mpassed\u{1B}[0m  accuracy"
        ),
        ("warning: x", "\u{1B}[33mwarning:\u{1B}[0m x"),
        ("all 3 passed, 0 failed", "all 3 passed, 0 failed"),
    ])
    func verdictsAreColoured(line: String, colored: String) {
        #expect(Highlighting.colored(line) == colored)
    }
}
