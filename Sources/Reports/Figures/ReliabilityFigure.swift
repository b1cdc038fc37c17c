/// A reliability diagram: how often the model is right where it says it is.
///
/// Each bin has a bar as high as its accuracy; what its mean confidence lies above or below that is
/// the gap, in a colour of its own. Bars that end on the diagonal are well calibrated. A histogram
/// below shows how many samples a bin has, on a logarithmic axis if that spans much.
/// - Source: Guo, Pleiss, Sun, Weinberger (2017), "On Calibration of Modern Neural Networks".
package struct ReliabilityFigure: Equatable, Sendable {
    /// Ascending by confidence.
    package let bins: [CalibrationBin]
    /// A fraction in [0, 1]; nil if it is undefined.
    package let expectedCalibrationError: Double?
    package let title: String

    /// - Throws: `FigureError` if there are no bins, they overlap or leave 0...1, a count is
    ///   negative, or a share is a number outside [0, 1].
    package init(
        bins: [CalibrationBin], expectedCalibrationError: Double? = nil,
        title: String = "Reliability"
    ) throws {
        guard !bins.isEmpty else { throw FigureError.empty(what: "bins") }
        var end = 0.0
        for (index, bin) in bins.enumerated() {
            guard bin.lower >= end - 1e-9, bin.lower < bin.upper, bin.upper <= 1 + 1e-9 else {
                throw FigureError.binRange(index: index, lower: bin.lower, upper: bin.upper)
            }
            end = bin.upper
            guard bin.count >= 0 else {
                throw FigureError.negativeSize(what: "bins[\(index)].count", value: bin.count)
            }
            for (what, value) in [
                ("meanConfidence", bin.meanConfidence), ("accuracy", bin.accuracy),
            ] {
                guard let value, !(0...1).contains(value) else { continue }
                throw FigureError.shareRange(what: "bins[\(index)].\(what)", value: value)
            }
        }
        self.bins = bins
        self.expectedCalibrationError = expectedCalibrationError.flatMap { $0.isFinite ? $0 : nil }
        self.title = title
    }

    /// The picture as the text of an SVG file.
    package var svg: String { svg(.wide) }

    /// The same for a phone's width.
    var narrowSVG: String { svg(.narrow) }

    private func svg(_ width: FigureWidth) -> String {
        var drawing = ReliabilityDrawing(self, width: width)
        return drawing.document()
    }

    /// `Expected calibration error 0.41% · 10,000 samples`
    var summary: String {
        let error = expectedCalibrationError.map {
            "Expected calibration error \(NumberText.percent($0))"
        }
        let total = bins.reduce(0.0) { $0 + Double($1.count) }
        let samples =
            total < 1e15
            ? "\(NumberText.grouped(Int(total))) sample\(total == 1 ? "" : "s")" : nil
        return [error, samples].compactMap { $0 }.joined(separator: " · ")
    }
}

/// The samples whose confidence lies in one interval.
package struct CalibrationBin: Equatable, Sendable {
    /// The interval's ends, in [0, 1].
    package let lower: Double
    package let upper: Double
    package let count: Int
    /// A fraction in [0, 1]; nil if the bin is empty.
    package let meanConfidence: Double?
    /// The share of right answers, in [0, 1]; nil if the bin is empty.
    package let accuracy: Double?

    /// Shares that aren't numbers are taken as undefined.
    package init(
        lower: Double, upper: Double, count: Int, meanConfidence: Double?, accuracy: Double?
    ) {
        func defined(_ value: Double?) -> Double? { value.flatMap { $0.isNaN ? nil : $0 } }
        self.lower = lower
        self.upper = upper
        self.count = count
        self.meanConfidence = defined(meanConfidence)
        self.accuracy = defined(accuracy)
    }
}
