import Foundation
import RunFacts
import Testing

@testable import Reports

/// Overlaid curves and the effect of a parameter: colours, legends, error bars, odd values.
@Suite struct ComparisonFigureTests {
    private typealias Series = ComparisonCurvesFigure.Series
    private typealias Point = ParameterEffectFigure.Point

    private let accuracy = ComparedMetric(
        name: "Accuracy", unit: .fraction, isHigherBetter: true)
    private let loss = ComparedMetric(name: "Loss", unit: .number, isHigherBetter: false)

    private func series(_ name: String, epochs: Int, loss: Double = 0.5) -> Series {
        Series(
            name: name,
            epochs: (1...epochs).map {
                .init(
                    number: $0, validationLoss: loss / Double($0),
                    validationAccuracy: 1 - 0.1 / Double($0))
            })
    }

    // MARK: - Curves

    @Test func eachSeriesHasItsColourInBothPanelsAndTheLegend() throws {
        let names = (1...8).map { "run \($0)" }
        let figure = try ComparisonCurvesFigure(series: names.map { series($0, epochs: 5) })
        let reader = SVGReader(figure.svg)
        for name in names { #expect(reader.texts.count { $0 == name } == 1) }
        #expect(reader.texts.contains("8 runs, up to 5 epochs"))
        let colors = reader.all("polyline").map { $0.attributes["stroke"] ?? "" }
        let expected = Palette.distinct.map(\.hex)
        // The first lies on top, so it is drawn last.
        #expect(colors == expected.reversed() + expected.reversed())
        #expect(Set(expected).count == 8)
        expectWithinPicture(reader) { textWidth($0, size: $1) }
    }

    @Test func seriesBeyondEightAreGreyAndCounted() throws {
        let figure = try ComparisonCurvesFigure(
            series: (1...40).map { series("run \($0)", epochs: 30) })
        let reader = SVGReader(figure.svg)
        #expect(reader.texts.contains("run 8") && !reader.texts.contains("run 9"))
        #expect(reader.texts.contains("32 others"))
        let colors = reader.all("polyline").map { $0.attributes["stroke"] }
        #expect(colors.count { $0 == Palette.restOfLines.hex } == 64)
        #expect(colors.count == 80)
        expectWithinPicture(reader) { textWidth($0, size: $1) }
    }

    @Test func accuraciesNearOneAreSpread() throws {
        func reader(_ accuracies: [Double]) throws -> SVGReader {
            let epochs = accuracies.enumerated().map {
                TrainingEpoch(
                    number: $0, validationLoss: nil, validationAccuracy: $1)
            }
            return SVGReader(
                try ComparisonCurvesFigure(series: [Series(name: "a", epochs: epochs)]).svg)
        }
        let spread = try reader([0.9, 0.99, 0.999, .nan])
        #expect(spread.texts.contains("Validation accuracy (logarithmic in the error)"))
        for tick in ["90%", "99%", "99.9%"] { #expect(spread.texts.contains(tick)) }
        let y = spread.all("circle").map { $0.number("cy") }
        #expect(y[0] > y[1] && abs((y[0] - y[1]) - (y[1] - y[2])) < 0.05)
        #expect(spread.titles.contains("a, epoch 1: 99.00%"))
        for whole in [[0.9, 1], [0.9, 0.95], [.nan]] {
            #expect(try reader(whole).texts.contains("Validation accuracy"))
        }
    }

    @Test func legendsWrapAndLongNamesAreCut() throws {
        let names = (1...9).map { String(repeating: "Optimizer & rate ", count: 8) + "\($0)" }
        let figure = try ComparisonCurvesFigure(
            series: names.map { series($0, epochs: 1) },
            title: String(repeating: "Title ", count: 80))
        expectWithinPicture(SVGReader(figure.svg)) { textWidth($0, size: $1) }
        let entries = FigureLegend.entries(names)
        #expect(entries.count == 9 && entries.last?.name == "1 other")
        #expect(FigureLegend(entries, width: 900).height == 60)
    }

    @Test func divergedSeriesAreNamedWhereThereIsRoom() throws {
        let figure = try ComparisonCurvesFigure(
            series: (1...40).map { series("Run \($0)", epochs: 3, loss: .nan) })
        let reader = SVGReader(figure.svg)
        // The best come first.
        #expect(
            reader.texts.filter { $0.hasSuffix("not finite") }
                == (1...8).map { "Run \($0) not finite" })
        expectWithinPicture(reader) { textWidth($0, size: $1) }
    }

    @Test func noValueBreaksTheCurves() throws {
        for value in [0, -1, 1e-300, 1e300, .greatestFiniteMagnitude, .infinity, .nan] {
            let figure = try ComparisonCurvesFigure(series: [
                Series(
                    name: "a",
                    epochs: [
                        .init(number: 0, validationLoss: value, validationAccuracy: value),
                        .init(number: 9, validationLoss: nil, validationAccuracy: 0.5),
                    ]),
                Series(name: "empty", epochs: []),
            ])
            expectWithinPicture(SVGReader(figure.svg)) { textWidth($0, size: $1) }
        }
    }

    @Test func impossibleSeriesAreRefused() {
        #expect(throws: FigureError.empty(what: "epochs")) {
            try ComparisonCurvesFigure(series: [])
        }
        #expect(throws: FigureError.empty(what: "epochs")) {
            try ComparisonCurvesFigure(series: [Series(name: "a", epochs: [])])
        }
        let epoch = TrainingEpoch(
            number: 2, validationLoss: 1, validationAccuracy: 1)
        #expect(throws: FigureError.epochOrder(index: 1, epoch: 2, previous: 2)) {
            try ComparisonCurvesFigure(series: [Series(name: "a", epochs: [epoch, epoch])])
        }
    }

    // MARK: - Effects

    private func point(_ parameter: Double, _ mean: Double, _ error: Double? = nil) -> Point {
        Point(parameter: parameter, score: Estimate(mean: mean, standardError: error))
    }

    @Test func pointsLieOnALogarithmicAxisWithTheirErrors() throws {
        let figure = try ParameterEffectFigure(
            parameter: "learning rate", metric: accuracy,
            lines: [
                .init(
                    name: "adam",
                    points: [point(0.01, 0.97), point(0.0001, 0.98, 0.01), point(0.001, 0.99)])
            ])
        let reader = SVGReader(figure.svg)
        for shown in [
            "Accuracy by learning rate", "learning rate (logarithmic)", "adam", "0.0001", "0.01",
            "Best: 99.00% at 0.001 (adam)",
        ] { #expect(reader.texts.contains(shown), "\(shown)") }
        let corners = reader.all("circle").prefix(3)
        let x = corners.map { $0.number("cx") }
        // Evenly spaced, in the order of the parameter though not given so.
        #expect(abs(x[2] - x[1] - (x[1] - x[0])) < 0.05 && x[0] < x[1])
        let y = corners.map { $0.number("cy") }
        #expect(y[1] < y[0] && y[0] < y[2])
        // The upright of the error bar reaches from 97 to 99 %.
        let bar = reader.all("line").first {
            $0.number("x1") == x[0] && $0.attributes["stroke"] == Palette.distinct[0].hex
        }
        #expect(abs((bar?.number("y1") ?? 0) - y[2]) < 0.05)
        #expect(abs((bar?.number("y2") ?? 0) - y[1]) < 0.05)
        // A ring around the best.
        #expect(reader.all("circle").last?.number("cx") == x[1])
        #expect(reader.titles.contains("adam, learning rate 0.0001: 98.00 ± 1.00%"))
        expectWithinPicture(reader) { textWidth($0, size: $1) }
    }

    @Test func parametersWithZeroGetALinearAxis() throws {
        let figure = try ParameterEffectFigure(
            parameter: "momentum", metric: loss,
            lines: [.init(name: "sgd", points: [point(0, 0.5), point(0.9, 0.1), point(0.5, 0.3)])])
        let reader = SVGReader(figure.svg)
        #expect(reader.texts.contains("momentum") && reader.texts.contains("0.0"))
        #expect(reader.texts.contains("Best: 0.1 at 0.9 (sgd)"))
    }

    @Test func pointsThatAreNotFiniteAreCounted() throws {
        let figure = try ParameterEffectFigure(
            parameter: "rate", metric: accuracy,
            lines: [
                .init(name: "a", points: [point(1, .nan), point(.infinity, 0.5), point(2, 0.5)]),
                .init(name: "b", points: []),
            ])
        #expect(figure.summary == "Best: 50.00% at 2 (a) · 2 points not finite")
        let none = try ParameterEffectFigure(
            parameter: "rate", metric: accuracy,
            lines: [.init(name: "a", points: [point(1, .nan)])])
        #expect(SVGReader(none.svg).texts.contains("nothing to draw"))
    }

    @Test func noValueBreaksTheEffect() throws {
        let extremes: [Double] = [
            0, -1, 1, 1e-300, 1e-12, 1e280, 1e300, -.greatestFiniteMagnitude, .infinity, .nan,
        ]
        for first in extremes {
            for second in extremes {
                for metric in [accuracy, loss] {
                    let figure = try ParameterEffectFigure(
                        parameter: String(repeating: "parameter ", count: 20), metric: metric,
                        lines: (1...12).map {
                            .init(
                                name: "line \($0)",
                                points: [
                                    point(first, second, 0.1), point(second, first, second),
                                ])
                        })
                    expectWithinPicture(SVGReader(figure.svg)) { textWidth($0, size: $1) }
                }
            }
        }
    }

    @Test func anEffectNeedsAPoint() {
        #expect(throws: FigureError.empty(what: "points")) {
            try ParameterEffectFigure(parameter: "rate", metric: accuracy, lines: [])
        }
    }

    /// On a phone nothing reaches beyond the picture, whatever the names.
    @Test func narrowFiguresHoldTheirTexts() throws {
        let names = ["learning_rate 0.0003", "a", String(repeating: "long name ", count: 20)]
        let curves = try ComparisonCurvesFigure(
            series: names.map { name in
                .init(
                    name: name,
                    epochs: [(1, 0.5), (2, 0.99)].map {
                        .init(number: $0.0, validationLoss: 1 - $0.1, validationAccuracy: $0.1)
                    })
            })
        let metric = ComparedMetric(
            name: "Validation accuracy", unit: .fraction, isHigherBetter: true)
        let effect = try ParameterEffectFigure(
            parameter: "one_cycle_final_div_factor", metric: metric,
            lines: names.map {
                .init(
                    name: $0,
                    points: [
                        .init(parameter: 0.001, score: Estimate(mean: 0.9)),
                        .init(parameter: 1000, score: Estimate(mean: 0.99)),
                    ])
            })
        for svg in [curves.narrowSVG, effect.narrowSVG] {
            let reader = SVGReader(svg)
            #expect(reader.elements[0].number("width") == FigureWidth.narrowWidth)
            expectWithinPicture(reader) { textWidth($0, size: $1) }
            #expect(reader.all("text").allSatisfy { $0.number("font-size") >= 10 })
        }
    }
}
