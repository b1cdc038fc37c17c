import Foundation
import Testing

@testable import Reports

/// The reliability diagram: bars, gaps, the histogram, empty bins.
@Suite struct ReliabilityFigureTests {
    private func bin(
        _ lower: Double, _ upper: Double, _ count: Int, _ confidence: Double?, _ accuracy: Double?
    ) -> CalibrationBin {
        CalibrationBin(
            lower: lower, upper: upper, count: count, meanConfidence: confidence,
            accuracy: accuracy)
    }

    @Test func barsGapsAndCountsLieWhereTheirValuesAre() throws {
        let figure = try ReliabilityFigure(
            bins: [bin(0, 0.5, 0, nil, nil), bin(0.5, 1, 1_200, 0.8, 0.6)],
            expectedCalibrationError: 0.2)
        let reader = SVGReader(figure.svg)
        for shown in [
            "Reliability", "Expected calibration error 20.0% · 1,200 samples", "Accuracy",
            "Gap to confidence", "Perfect", "Confidence", "Samples by confidence", "1,200",
        ] { #expect(reader.texts.contains(shown), "\(shown)") }
        // Bar, gap and histogram of the one bin that isn't empty.
        let columns = reader.all("rect").filter { $0.attributes["x"] == "237" }
        #expect(columns.map { $0.number("height") } == [204, 68, 78])
        #expect(columns.map { $0.number("y") } == [260, 192, 550])
        #expect(
            reader.titles.contains(
                "50–100%: accuracy 60.0%, mean confidence 80.0%, 1,200 samples"))
        // In the diagram and in the legend.
        #expect(reader.all("line").count { $0.attributes["stroke-dasharray"] != nil } == 2)
        expectWithinPicture(reader) { textWidth($0, size: $1) }
    }

    @Test func countsThatSpanMuchAreLogarithmic() throws {
        let figure = try ReliabilityFigure(
            bins: [bin(0, 0.5, 1, 0.4, 1), bin(0.5, 1, 10_000, 0.9, 0.9)])
        let reader = SVGReader(figure.svg)
        #expect(reader.texts.contains("Samples by confidence (logarithmic)"))
        let heights = reader.all("rect").filter { $0.attributes["fill"] == Palette.axis.hex }
            .map { $0.number("height") }
        #expect(heights == [7.8, 78])
        #expect(reader.texts.contains("10,001 samples"))
    }

    @Test func emptyAndUndefinedBinsBreakNothing() throws {
        for count in [1, 15, 100] {
            let bins = (0..<count).map {
                bin(
                    Double($0) / Double(count), Double($0 + 1) / Double(count), $0 * $0, .nan,
                    $0 == 3 ? 0.5 : nil)
            }
            let reader = SVGReader(
                try ReliabilityFigure(
                    bins: bins, expectedCalibrationError: .nan,
                    title: String(repeating: "Long title ", count: 20)
                ).svg)
            expectWithinPicture(reader) { textWidth($0, size: $1) }
        }
    }

    @Test func impossibleBinsAreRefused() {
        func message(_ bins: [CalibrationBin]) -> String? {
            #expect(throws: FigureError.self) { try ReliabilityFigure(bins: bins) }?.description
        }
        let rule =
            "expected an ascending part of 0...1 that starts where the one before ends or later."
        #expect(message([]) == "bins: none, expected at least one. There is nothing to draw.")
        #expect(message([bin(0.5, 0.5, 1, 0, 0)]) == "bins[0]: from 0.5 to 0.5, \(rule)")
        #expect(message([bin(0.5, 1.5, 1, 0, 0)]) == "bins[0]: from 0.5 to 1.5, \(rule)")
        #expect(
            message([bin(0, 0.5, 1, 0, 0), bin(0.4, 1, 1, 0, 0)])
                == "bins[1]: from 0.4 to 1.0, \(rule)")
        #expect(message([bin(.nan, 1, 1, 0, 0)])?.hasPrefix("bins[0]: from nan") == true)
        #expect(message([bin(0, 1, -1, 0, 0)]) == "bins[0].count: -1, expected 0 or more.")
        #expect(
            message([bin(0, 1, 1, 0, 97)])
                == "bins[0].accuracy: 97.0, expected a share in 0...1.")
    }
}
