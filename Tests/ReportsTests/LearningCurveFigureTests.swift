import Foundation
import RunFacts
import Testing

@testable import Reports

/// The learning curves: what they say, and that no value can break them.
@Suite struct LearningCurveFigureTests {

    private func epochs(_ count: Int, learningRate: Double? = nil) -> [TrainingEpoch] {
        (1...count).map {
            let loss = 0.5 / Double($0)
            return TrainingEpoch(
                number: $0, trainLoss: loss, validationLoss: loss * 1.1,
                trainAccuracy: 1 - loss / 3,
                validationAccuracy: 1 - loss / 2, learningRate: learningRate)
        }
    }

    @Test func namesAxesAndTheBestEpochAreShown() throws {
        let figure = try LearningCurveFigure(epochs: epochs(8), bestEpoch: 5, title: "Run 12")
        let reader = SVGReader(figure.svg)
        for shown in [
            "Run 12", "Loss", "Accuracy", "Training", "Validation", "Best epoch", "Epoch", "8",
            "8 epochs · best: epoch 5 (validation loss 0.11, validation accuracy 95.00%)",
            "0.11", "95.00%",
        ] { #expect(reader.texts.contains(shown), "\(shown)") }
        #expect(!reader.texts.contains("Learning rate"))
        #expect(reader.titles.contains("Training, epoch 2: 0.25"))
        #expect(reader.titles.contains("Validation, epoch 4: 93.75%"))
        expectWithinPicture(reader) { textWidth($0, size: $1) }
        // In each panel and in the legend.
        #expect(reader.all("line").count { $0.attributes["stroke-dasharray"] != nil } == 3)
        #expect(reader.all("polyline").count == 4)
    }

    @Test func withoutABestEpochNothingIsMarked() throws {
        let reader = SVGReader(try LearningCurveFigure(epochs: epochs(8)).svg)
        #expect(reader.all("line").allSatisfy { $0.attributes["stroke-dasharray"] == nil })
        #expect(reader.texts.contains("8 epochs"))
        #expect(!reader.texts.contains("Best epoch"))
    }

    @Test func pointsLieWhereTheirValuesAre() throws {
        let figure = try LearningCurveFigure(epochs: [
            TrainingEpoch(number: 1, trainLoss: 0.5, trainAccuracy: 0.5),
            TrainingEpoch(number: 2, trainLoss: 0.4, trainAccuracy: 0.75),
            TrainingEpoch(number: 3, trainLoss: 0.3, trainAccuracy: 1),
        ])
        let lines = SVGReader(figure.svg).all("polyline").map { line in
            line.attributes["points"]!.split(separator: " ").map {
                $0.split(separator: ",").map { Double($0)! }
            }
        }
        #expect(lines.count == 2)
        for line in lines {
            #expect(abs(line[1][0] - (line[0][0] + line[2][0]) / 2) <= 0.011)
            #expect(abs(line[1][1] - (line[0][1] + line[2][1]) / 2) <= 0.011)
        }
        // Losses fall down the page, whose y grows downwards; accuracies rise to the upper edge.
        #expect(lines[0][0][1] < lines[0][2][1])
        #expect(lines[1][0][1] > lines[1][2][1])
        #expect(lines[1][2][1] == 132)
    }

    @Test func aSingleEpochIsDrawnAsPoints() throws {
        let figure = try LearningCurveFigure(epochs: epochs(1, learningRate: 0.001), bestEpoch: 1)
        let reader = SVGReader(figure.svg)
        expectWithinPicture(reader) { textWidth($0, size: $1) }
        #expect(
            reader.texts.contains(
                "1 epoch · best: epoch 1 (validation loss 0.55, validation accuracy 75.00%)"))
        // Five values, two rings, two of the legend.
        #expect(reader.all("circle").count == 9)
    }

    @Test func valuesThatAreNotFiniteLeaveAGapAndACross() throws {
        var all = epochs(7)
        all[3] = TrainingEpoch(
            number: 4, trainLoss: .nan, validationLoss: 0.2, trainAccuracy: 0.9,
            validationAccuracy: -.infinity)
        let figure = try LearningCurveFigure(epochs: all, bestEpoch: 7)
        let reader = SVGReader(figure.svg)
        #expect(reader.texts.contains("training not finite"))
        #expect(reader.texts.contains("validation not finite"))
        // Two whole lines, two broken in two.
        #expect(reader.all("polyline").count == 6)
        expectWithinPicture(reader) { textWidth($0, size: $1) }
    }

    @Test func missingValuesLeaveAGapWithoutACross() throws {
        var all = epochs(7)
        all[3] = TrainingEpoch(number: 4, trainLoss: 0.2)
        let reader = SVGReader(try LearningCurveFigure(epochs: all).svg)
        #expect(!reader.texts.contains { $0.hasSuffix("not finite") })
        // Only evaluation skipped the epoch: the validation lines go on over it.
        #expect(reader.all("polyline").count == 4)
    }

    @Test func panelsWithoutValuesSaySo() throws {
        let none = try LearningCurveFigure(epochs: [
            TrainingEpoch(number: 1), TrainingEpoch(number: 2),
        ])
        #expect(SVGReader(none.svg).texts.count { $0 == "nothing to draw" } == 2)
        let diverged = try LearningCurveFigure(
            epochs: [TrainingEpoch(number: 1, trainLoss: .nan)], bestEpoch: 1)
        let reader = SVGReader(diverged.svg)
        #expect(reader.texts.contains("training not finite"))
        #expect(reader.texts.contains("1 epoch · best: epoch 1"))
    }

    @Test func noValueBreaksThePicture() throws {
        let extremes: [Double] = [
            0, -0.0, 1, -1, .leastNonzeroMagnitude, .leastNormalMagnitude, 1e-300, 1e-12, 1e12,
            1e290, 1e300, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .infinity, .nan,
        ]
        for first in extremes {
            for second in extremes {
                let values = [first, second].enumerated().map { index, value in
                    TrainingEpoch(
                        number: index * 1_000_000, trainLoss: value, validationLoss: value,
                        trainAccuracy: value, validationAccuracy: value, learningRate: value)
                }
                let reader = SVGReader(try LearningCurveFigure(epochs: values, bestEpoch: 0).svg)
                for element in reader.elements {
                    for (name, value) in element.attributes {
                        #expect(
                            !value.contains("nan") && !value.contains("inf"),
                            "\(first), \(second): \(element.name) \(name)=\(value)")
                    }
                }
            }
        }
    }

    @Test func theLearningRateHasAPanelOfSteps() throws {
        let rates = [1e-3, 1e-3, 1e-4, 1e-5]
        let all = rates.enumerated().map {
            TrainingEpoch(number: $0 + 1, trainLoss: 0.5, learningRate: $1)
        }
        let reader = SVGReader(try LearningCurveFigure(epochs: all).svg)
        for shown in ["Learning rate (logarithmic)", "0.001", "0.0001", "1e-5"] {
            #expect(reader.texts.contains(shown), "\(shown)")
        }
        let points = reader.all("polyline").last?.attributes["points"]?.split(separator: " ") ?? []
        #expect(points.count == 7)
        expectWithinPicture(reader) { textWidth($0, size: $1) }
    }

    @Test func lossesThatFallFarGetALogarithmicAxis() throws {
        func titles(_ losses: [Double]) throws -> [String] {
            let all = losses.enumerated().map { TrainingEpoch(number: $0 + 1, trainLoss: $1) }
            return SVGReader(try LearningCurveFigure(epochs: all).svg).texts
        }
        #expect(try titles([2.3, 0.1, 0.02]).contains("Loss (logarithmic)"))
        #expect(try titles([2.3, 1.1, 0.4]).contains("Loss"))
        #expect(try titles([2.3, 0.1, 0]).contains("Loss"))
    }

    @Test func longRunsAndLongTitlesFit() throws {
        let title = String(repeating: "A long title & more ", count: 20)
        let figure = try LearningCurveFigure(
            epochs: epochs(300, learningRate: 1e-5), bestEpoch: 299, title: title)
        let reader = SVGReader(figure.svg)
        expectWithinPicture(reader) { textWidth($0, size: $1) }
        #expect(reader.titles[0] == title)
    }

    @Test func impossibleEpochsAreRefused() {
        func message(_ numbers: [Int], best: Int? = nil) -> String? {
            #expect(throws: FigureError.self) {
                try LearningCurveFigure(
                    epochs: numbers.map { TrainingEpoch(number: $0) }, bestEpoch: best)
            }?.description
        }
        #expect(message([]) == "epochs: none, expected at least one. There is nothing to draw.")
        #expect(message([1, 1]) == "epochs[1]: epoch 1 after 1, expected ascending numbers.")
        #expect(message([-1]) == "epochs[0]: epoch -1, expected 0...2147483647.")
        #expect(message([1, Int.max])?.hasPrefix("epochs[1]: epoch 9223372036854775807") == true)
        #expect(message([1, 2], best: 3) == "best epoch: 3, expected one of the epochs drawn.")
    }

    // MARK: - Steps

    private func rateLine(_ figure: LearningCurveFigure) throws -> [[Double]] {
        let lines = SVGReader(figure.svg).all("polyline").filter {
            $0.attributes["stroke"] == Palette.learningRate.hex
        }
        return try #require(lines.first?.attributes["points"]).split(separator: " ").map {
            $0.split(separator: ",").map { Double($0)! }
        }
    }

    /// A warm-up and the fall after it are within the first epoch; epochs' ends show neither.
    @Test func theLearningRateIsDrawnStepByStep() throws {
        let steps = (1...60).map { step -> LearningCurveFigure.Step in
            let position = Double(step) / 20
            let rate = position < 0.5 ? position * 0.02 : 0.01 * (3 - position) / 2.5
            return .init(position: position, learningRate: rate)
        }
        let figure = try LearningCurveFigure(epochs: epochs(3, learningRate: 0.001), steps: steps)
        let line = try rateLine(figure)
        #expect(line.count == steps.count)
        // Up to the highest point, then down; y grows downwards.
        let top = try #require(line.indices.min { line[$0][1] < line[$1][1] })
        #expect(top == 9)
        #expect(zip(line[...top], line[1...top]).allSatisfy { $0[1] > $1[1] })
        #expect(zip(line[top...], line[(top + 1)...]).allSatisfy { $0[1] < $1[1] })
        expectWithinPicture(SVGReader(figure.svg)) { textWidth($0, size: $1) }
        expectWithinPicture(SVGReader(figure.narrowSVG)) { textWidth($0, size: $1) }
    }

    @Test func ofVeryManyStepsSomeAreDrawn() throws {
        let steps = (1...9_000).map {
            LearningCurveFigure.Step(position: Double($0) / 3_000, learningRate: 0.01)
        }
        #expect(try rateLine(LearningCurveFigure(epochs: epochs(3), steps: steps)).count == 3_000)
    }

    @Test func stepsOutOfOrderAreRefused() {
        #expect(throws: FigureError.stepOrder(index: 1, position: 0.5, previous: 1)) {
            try LearningCurveFigure(
                epochs: epochs(1),
                steps: [
                    .init(position: 1, learningRate: 0.1), .init(position: 0.5, learningRate: 0.1),
                ])
        }
    }
}
