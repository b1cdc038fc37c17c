import Foundation
import Testing

@testable import Reports

/// Bars by class: their heights, the zoomed axis, what is undefined.
@Suite struct PerClassBarsFigureTests {
    private func scores(_ name: String, _ values: [Double?]) -> ClassScores {
        ClassScores(
            name: name, precision: values[0], recall: values[1], f1: values[2], support: 10)
    }

    private func bars(_ reader: SVGReader) -> [SVGReader.Element] {
        reader.all("rect").filter { $0.attributes["height"] != "12" && $0.attributes["x"] != nil }
    }

    @Test func barsAreAsHighAsTheirScores() throws {
        let figure = try PerClassBarsFigure(
            classes: [scores("a", [0.25, 0.5, 1]), scores("b", [0, 0.75, 0.5])], title: "Scores")
        let reader = SVGReader(figure.svg)
        let heights = bars(reader).map { $0.number("height") / 250 }
        #expect(heights == [0.25, 0.5, 1, 0, 0.75, 0.5])
        for shown in [
            "Scores", "Precision", "Recall", "F1", "a", "b", "Class", "0%", "100%",
            "Lowest: precision of b, 0.00%",
        ] { #expect(reader.texts.contains(shown), "\(shown)") }
        #expect(reader.titles.contains("recall of b: 75.00% (10 samples)"))
        expectWithinPicture(reader) { textWidth($0, size: $1) }
    }

    @Test func theAxisIsZoomedWhereAllAreAbove90PercentAndSaysSo() throws {
        func figure(_ lowest: Double) throws -> PerClassBarsFigure {
            try PerClassBarsFigure(classes: [scores("a", [lowest, 0.995, 0.99])])
        }
        #expect(try !figure(0.9).isZoomed)
        #expect(try figure(0.9).axis.lower == 0)
        let zoomed = try figure(0.981)
        #expect(zoomed.isZoomed && zoomed.axis.lower > 95 && zoomed.axis.upper == 100)
        #expect(zoomed.summary.hasSuffix("the axis starts at \(zoomed.axis.labels[0])%, not at 0"))
        let reader = SVGReader(zoomed.svg)
        #expect(reader.texts.contains(zoomed.summary))
        // The lowest still has a bar that one sees.
        #expect(bars(reader).map { $0.number("height") }.min() ?? 0 > 5)
        // White lines break the bars.
        #expect(reader.all("line").count { $0.attributes["stroke"] == "#ffffff" } == 2)
        let whole = SVGReader(try figure(0.5).svg)
        #expect(whole.all("line").allSatisfy { $0.attributes["stroke"] != "#ffffff" })
    }

    @Test(arguments: [0.9001, 0.99, 0.9999, 0.999999, 1])
    func anyZoomIsDrawn(lowest: Double) throws {
        let figure = try PerClassBarsFigure(classes: [scores("a", [lowest, 1, nil])])
        #expect(figure.axis.lower < lowest * 100 && figure.axis.upper == 100)
        #expect(figure.axis.values.count <= 12)
        expectWithinPicture(SVGReader(figure.svg)) { textWidth($0, size: $1) }
    }

    @Test func undefinedScoresHaveADashAndNoBar() throws {
        let figure = try PerClassBarsFigure(
            classes: [scores("a", [nil, 0.5, .nan]), scores("b", [nil, nil, nil])])
        let reader = SVGReader(figure.svg)
        #expect(bars(reader).count == 1)
        #expect(reader.texts.count { $0 == "–" } == 5)
        let none = try PerClassBarsFigure(classes: [scores("b", [nil, nil, nil])])
        #expect(SVGReader(none.svg).texts.contains("No score is defined"))
    }

    @Test(arguments: [1, 2, 10, 60])
    func anyNumberOfClassesFits(count: Int) throws {
        for length in [1, 12, 80] {
            let classes = (0..<count).map {
                scores(String(repeating: "Wm", count: length) + "\($0)", [0.95, 1, 0.97])
            }
            let reader = SVGReader(
                try PerClassBarsFigure(
                    classes: classes, title: String(repeating: "Title ", count: 60)
                ).svg)
            expectWithinPicture(reader) { textWidth($0, size: $1) }
            #expect(bars(reader).count == 3 * count)
        }
    }

    @Test func impossibleScoresAreRefused() {
        func message(_ classes: [ClassScores]) -> String? {
            #expect(throws: FigureError.self) { try PerClassBarsFigure(classes: classes) }?
                .description
        }
        #expect(
            message([]) == "classes: none, expected at least one. There is nothing to draw.")
        #expect(
            message([scores("a", [1, 99.4, 1])])
                == "recall of a: 99.4, expected a share in 0...1.")
        #expect(
            message([ClassScores(name: "a", precision: 1, recall: 1, f1: 1, support: -1)])
                == "support of a: -1, expected 0 or more.")
    }
}
