import TestSupport
import Testing

@testable import Reports

/// The heat map: what it says, what it is made of, what it refuses.
@Suite struct ConfusionMatrixFigureTests {
    @Test func everyCountNameAndShareIsShown() throws {
        let figure = try ConfusionMatrixFigure(
            counts: [[981, 0, 5], [2, 990, 0], [7, 1, 1024]], classNames: ["zero", "one", "two"],
            title: "Digits")
        let reader = SVGReader(figure.svg)
        for shown in [
            "981", "990", "1,024", "5", "2", "7", "1", "99.5%", "0.51%", "zero", "one", "two",
            "Digits", "True class", "Predicted class", "3,010 samples · 99.5% right · 15 errors",
        ] { #expect(reader.texts.contains(shown), "\(shown)") }
        #expect(reader.titles.contains("two predicted as zero: 7 of 1,032 (0.68%)"))
        #expect(reader.titles.contains("zero predicted as one: 0 of 986 (0%)"))
        // Each name at its row and its column; empty cells stay empty.
        #expect(reader.texts.count { $0 == "one" } == 2)
        #expect(!reader.texts.contains("0"))
    }

    @Test(arguments: [1, 2, 4, 10, 17, 30, 60])
    func picturesOfAnySizeAreWellFormedAndClipNothing(classCount: Int) throws {
        var generator = SeededGenerator(seed: UInt64(classCount))
        let counts = (0..<classCount).map { _ in
            (0..<classCount).map { _ in Int(generator.next() % 300) }
        }
        for length in [1, 12, 80] {
            let names = (0..<classCount).map { String(repeating: "Wm", count: length) + "\($0)" }
            let figure = try ConfusionMatrixFigure(counts: counts, classNames: names)
            let reader = SVGReader(figure.svg)
            expectWithinPicture(reader) { textWidth($0, size: $1) }
            // The background, the cells and two bars (one where nothing can be wrong).
            #expect(reader.all("rect").count == classCount * classCount + (classCount > 1 ? 3 : 2))
            #expect(figure.svg == figure.svg)
        }
    }

    @Test func countsFitTheirCells() throws {
        for classCount in [3, 10, 30] {
            let counts = (0..<classCount).map { row in
                (0..<classCount).map { [7, 6_150, 123_456_789][(row + $0) % 3] }
            }
            let names = (0..<classCount).map(String.init)
            let figure = try ConfusionMatrixFigure(counts: counts, classNames: names)
            let layout = ConfusionMatrixLayout(figure)
            for count in [7, 6_150, 123_456_789] {
                let text = NumberText.compact(count, characters: layout.countCharacters)
                #expect(textWidth(text, size: layout.countSize) <= layout.cell, "\(text)")
                #expect(SVGReader(figure.svg).texts.contains(text))
            }
        }
    }

    @Test func countsOfFourDigitsAreWrittenInFull() throws {
        for classCount in [3, 10, 30] {
            let counts = [[Int]](
                repeating: [Int](repeating: 6_150, count: classCount), count: classCount)
            let names = (0..<classCount).map(String.init)
            let layout = ConfusionMatrixLayout(
                try ConfusionMatrixFigure(counts: counts, classNames: names))
            #expect(textWidth("6150", size: layout.countSize) <= layout.cell - 4)
        }
    }

    @Test func longTitlesWidenThePictureAndAreCutAtLast() throws {
        for length in [40, 400] {
            let title = String(repeating: "n", count: length)
            let figure = try ConfusionMatrixFigure(
                counts: [[1, 0], [0, 1]], classNames: ["a", "b"], title: title)
            let reader = SVGReader(figure.svg)
            expectWithinPicture(reader) { textWidth($0, size: $1) }
            #expect(reader.texts.contains(title) == (length == 40))
            #expect(reader.titles[0] == title)
        }
    }

    @Test func errorsHaveAScaleOfTheirOwn() throws {
        /// The fills of the cells (0, 1), the largest error, and (1, 2), half of it.
        func fills(correct: Int) throws -> [String?] {
            let counts = [[correct, 8, 0], [0, correct + 4, 4], [0, 0, correct + 8]]
            let figure = try ConfusionMatrixFigure(counts: counts, classNames: ["a", "b", "c"])
            let cells = SVGReader(figure.svg).all("rect").dropFirst()
            return [1, 5].map { cells[cells.startIndex + $0].attributes["fill"] }
        }
        let worst = ColorScale.errors.color(1).hex
        let middling = ColorScale.errors.color(0.5).hex
        #expect(try fills(correct: 100) == [worst, middling])
        #expect(try fills(correct: 100_000) == [worst, middling])
    }

    @Test func cellsAreColouredByTheShareOfTheirRow() throws {
        let figure = try ConfusionMatrixFigure(
            counts: [[1, 1, 0], [0, 400, 100], [0, 0, 0]], classNames: ["a", "b", "c"])
        let fills = SVGReader(figure.svg).all("rect").dropFirst().map { $0.attributes["fill"] }
        #expect(fills[0] == ColorScale.correct.color(0.5).hex)
        #expect(fills[4] == ColorScale.correct.color(0.8).hex)
        #expect(fills[1] == ColorScale.errors.color(1).hex)
        #expect(fills[5] == ColorScale.errors.color(0.4).hex)
        // A class without samples is neither right nor wrong.
        #expect(fills[6...8].allSatisfy { $0 == Palette.emptyCell.hex })
    }

    @Test func textsReadWellOnEveryColourOfTheScales() {
        for scale in [ColorScale.correct, .errors] {
            for step in 0...200 {
                let color = scale.color(Double(step) / 200)
                #expect(color.contrast(with: color.textColor) >= 4.5, "\(color.hex)")
            }
        }
        for color in [Palette.mutedInk, .init(0x1B1F24), Palette.best, Palette.train] {
            #expect(color.contrast(with: Palette.background) >= 4.5, "\(color.hex)")
        }
    }

    @Test func perfectAndEmptyMatricesSaySo() throws {
        let perfect = try ConfusionMatrixFigure(
            counts: [[3, 0], [0, 1]], classNames: ["a", "b"])
        #expect(SVGReader(perfect.svg).texts.contains("No errors"))
        #expect(SVGReader(perfect.svg).texts.contains("4 samples · 100% right · 0 errors"))
        let empty = try ConfusionMatrixFigure(counts: [[0, 0], [0, 0]], classNames: ["a", "b"])
        #expect(SVGReader(empty.svg).texts.contains("0 samples"))
    }

    @Test func namesAndTitlesAreEscaped() throws {
        let hostile = "</text><script>alert('x') & \"y\"</script>"
        let figure = try ConfusionMatrixFigure(
            counts: [[1, 0], [0, 1]], classNames: [hostile, "\u{0}\u{8}数字\u{FFFF}"], title: hostile)
        let reader = SVGReader(figure.svg)
        #expect(reader.all("script").isEmpty)
        #expect(reader.titles[0] == hostile)
        #expect(reader.titles.contains("\(hostile) predicted as \(hostile): 1 of 1 (100%)"))
        #expect(reader.texts.contains("\u{FFFD}\u{FFFD}数字\u{FFFD}"))
    }

    @Test func nothingIsFetched() throws {
        let svg = try ConfusionMatrixFigure(counts: [[1]], classNames: ["a"]).svg
        #expect(svg.components(separatedBy: "http").count == 2)
        #expect(svg.contains("xmlns=\"http://www.w3.org/2000/svg\""))
        for word in ["href", "@import", "<image", "<style", "<script"] {
            #expect(!svg.contains(word), "\(word)")
        }
    }

    @Test func impossibleMatricesAreRefused() {
        func message(_ counts: [[Int]], _ names: [String]) -> String? {
            #expect(throws: FigureError.self) {
                try ConfusionMatrixFigure(counts: counts, classNames: names)
            }?.description
        }
        #expect(message([], []) == "counts: none, expected at least one. There is nothing to draw.")
        #expect(
            message([[1, 2], [3]], ["a", "b"])
                == "counts[1]: 1 cells, expected 2, as many as there are rows.")
        #expect(
            message([[1]], ["a", "b"])
                == "class names: 2, expected 1, one a row. Give them in class order.")
        #expect(
            message([[1, 2], [-3, 4]], ["a", "b"]) == "counts[1][0]: -3, expected 0 or more.")
        #expect(
            message([[Int.max, 1], [0, 0]], ["a", "b"])
                == "counts: their sum is beyond \(Int.max). Check where they come from.")
    }
}
