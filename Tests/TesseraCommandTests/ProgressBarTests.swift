import Testing

@testable import tessera

@Suite struct ProgressBarTests {
    private let line = ProgressBar(pieces: [
        .text("epoch 3/7", rank: 0), .bar(fraction: 0.5, rank: 0), .text("ETA 42 s", rank: 1),
    ])

    @Test func barTakesTheWidthThatIsLeft() {
        #expect(
            line.render(width: 39, unicode: false, color: false)
                == "epoch 3/7  ######......  50 %  ETA 42 s")
        #expect(
            line.render(width: 200, unicode: true, color: false)
                == "epoch 3/7  ━━━━━━━━━━━━━━━━────────────────  50 %  ETA 42 s")
    }

    @Test func piecesOfTheHighestRankGoFirst() {
        #expect(
            line.render(width: 34, unicode: false, color: false)
                == "epoch 3/7  ########.........  50 %")
        #expect(line.render(width: 20, unicode: false, color: false) == "#######.......  50 %")
    }

    /// Whatever the window, the line stays within it.
    @Test(arguments: 1...120) func neverWiderThanTheWindow(_ width: Int) {
        #expect(line.render(width: width, unicode: true, color: false).count <= width)
        let onlyBar = ProgressBar(pieces: [.bar(fraction: 1, rank: 0)])
        #expect(onlyBar.render(width: width, unicode: true, color: false).count <= width)
    }

    @Test(arguments: [
        (-1.0, "...........   0 %"), (.nan, "...........   0 %"), (0.999, "##########.  99 %"),
        (1, "########### 100 %"), (7, "########### 100 %"),
    ])
    func fractionsAreHeldWithinTheBar(fraction: Double, bar: String) {
        let line = ProgressBar(pieces: [.bar(fraction: fraction, rank: 0)])
        #expect(line.render(width: 17, unicode: false, color: false) == bar)
    }

    @Test func colourAddsCodesAndNoColumns() {
        let text = line.render(width: 39, unicode: false, color: true)
        #expect(
            text == "epoch 3/7  \u{1B}[32m######\u{1B}[2;39m......\u{1B}[0m  50 %  ETA 42 s")
    }
}

@Suite struct ConsoleTests {
    private func console(_ environment: [String: String], isTerminal: Bool = true) -> Console {
        Console(
            environment: environment, isTerminal: isTerminal, width: { 80 }, now: { 0 },
            write: { _ in })
    }

    @Test func terminalsAreLiveAndColoured() {
        let found = console(["TERM": "xterm"])
        #expect(found.isLive && found.usesColor)
    }

    @Test func pipesAndDumbTerminalsArePlain() {
        #expect(!console([:], isTerminal: false).isLive)
        let dumb = console(["TERM": "dumb"])
        #expect(!dumb.isLive && !dumb.usesColor)
    }

    @Test func noColorIsRespectedUnlessEmpty() {
        #expect(!console(["NO_COLOR": "1"]).usesColor)
        #expect(console(["NO_COLOR": "1"]).isLive)
        #expect(console(["NO_COLOR": ""]).usesColor)
    }

    @Test(arguments: [
        (["LANG": "en_GB.UTF-8"], true), (["LANG": "C.utf8"], true), (["LANG": "C"], false),
        ([:], false),
        (["LC_ALL": "C", "LANG": "en_GB.UTF-8"], false),
        (["LC_ALL": "", "LC_CTYPE": "de_DE.UTF-8", "LANG": "C"], true),
    ])
    func unicodeFollowsTheLocale(environment: [String: String], usesUnicode: Bool) {
        #expect(console(environment).usesUnicode == usesUnicode)
    }
}
