/// How a model did on one set of samples.
package struct EvaluatedSet: Equatable, Sendable {
    /// Such as `test` or `validation`.
    package let name: String
    /// Headline figures of the set.
    package let facts: [Fact]
    package let confusionMatrix: ConfusionMatrixFigure?
    package let perClass: PerClassBarsFigure?
    package let reliability: ReliabilityFigure?
    /// The most confident first.
    package let mistakes: [Mistake]

    /// - Parameter counts: `[K, K]`, rows are the true classes; none leaves the matrix out.
    /// - Parameter classNames: `[K]`
    /// - Parameter perClass: none leaves bars and table out.
    /// - Parameter calibrationBins: none leaves the diagram out.
    /// - Parameter expectedCalibrationError: a fraction in [0, 1].
    /// - Parameter mistakes: in any order; all of them or a selection.
    /// - Throws: `FigureError` if a figure can't be drawn from its values.
    package init(
        name: String, facts: [Fact] = [], classNames: [String] = [], counts: [[Int]] = [],
        perClass: [ClassScores] = [], calibrationBins: [CalibrationBin] = [],
        expectedCalibrationError: Double? = nil, mistakes: [Mistake] = []
    ) throws {
        self.name = name
        self.facts = facts
        confusionMatrix =
            counts.isEmpty ? nil : try ConfusionMatrixFigure(counts: counts, classNames: classNames)
        self.perClass = perClass.isEmpty ? nil : try PerClassBarsFigure(classes: perClass)
        reliability =
            calibrationBins.isEmpty
            ? nil
            : try ReliabilityFigure(
                bins: calibrationBins, expectedCalibrationError: expectedCalibrationError)
        self.mistakes = Mistake.mostConfidentFirst(mistakes)
    }
}

/// A sample that the model took for another class.
package struct Mistake: Equatable, Sendable {
    /// The bytes of a PNG file; none if there is no picture.
    package let png: [UInt8]
    package let actual: String
    package let predicted: String
    /// The probability given to `predicted`, in [0, 1].
    package let confidence: Double
    /// The sample's place in its set, from 0.
    package let index: Int

    package init(png: [UInt8], actual: String, predicted: String, confidence: Double, index: Int) {
        self.png = png
        self.actual = actual
        self.predicted = predicted
        self.confidence = confidence
        self.index = index
    }

    /// Confidences that aren't numbers come last, equal ones in the order of the set.
    static func mostConfidentFirst(_ mistakes: [Mistake]) -> [Mistake] {
        func key(_ mistake: Mistake) -> Double {
            mistake.confidence.isNaN ? -.infinity : mistake.confidence
        }
        return mistakes.sorted {
            key($0) != key($1) ? key($0) > key($1) : $0.index < $1.index
        }
    }
}
