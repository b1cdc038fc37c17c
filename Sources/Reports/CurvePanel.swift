/// One line of a panel: values by epoch, or by fractions of epochs.
struct CurveSeries {
    let name: String
    /// Written as it is, also within a sentence.
    var isProperName = false
    let color: Color
    let points: [(epoch: Double, value: Double)]
    var dashes: String? = nil
    var width = 2.0
    /// Its points are steps, close enough to be joined, not the ends of epochs.
    var isByStep = false
}

/// One pair of axes with its lines.
struct CurvePanel {
    /// `accuracyByError` spreads the accuracies near 1: its axis is logarithmic in 1 − accuracy.
    enum Kind { case loss, accuracy, accuracyByError, learningRate }

    let title: String
    let kind: Kind
    /// The upper left corner of the area inside the axes, and its size.
    let x: Double
    let y: Double
    let width: Double
    let height: Double
    let series: [CurveSeries]
    /// Else the last one does.
    var firstLiesOnTop = false

    /// What fits an axis: finite, and so that percentages and margins of it can't overflow.
    func isDrawable(_ value: Double) -> Bool { value.isFinite && abs(value) <= 1e290 }

    /// The vertical axis; nil if no value can be drawn.
    var valueAxis: AxisTicks? {
        let values = series.flatMap(\.points).map(\.value).filter(isDrawable)
        guard let low = values.min(), let high = values.max() else { return nil }
        switch kind {
        case .accuracy:
            return .linear(from: low * 100, to: high * 100, limit: max(100, high * 100))
        case .accuracyByError:
            return .logarithmic(from: (1 - high) * 100, to: (1 - low) * 100, most: 10)
        case .loss:
            return isLogarithmic(low, high)
                ? .logarithmic(from: low, to: high, most: 10) : .linear(from: low, to: high)
        case .learningRate:
            return isLogarithmic(low, high) && isMostlyLow(values, high)
                ? .logarithmic(from: low, to: high, most: 4)
                : .linear(from: min(0, low), to: high, count: 2)
        }
    }

    private func isLogarithmic(_ low: Double, _ high: Double) -> Bool {
        low >= 1e-290 && high / low >= 10
    }

    /// Whether a linear axis would squeeze a third of the values into its lowest tenth, as after steps
    /// of a tenth each. A warm-up or a cycle has its shape on a linear axis.
    private func isMostlyLow(_ values: [Double], _ high: Double) -> Bool {
        3 * values.count(where: { $0 <= high / 10 * (1 + 1e-9) }) >= values.count
    }

    /// Whether `accuracyByError` can show these and spreads them better: none is 1, and the errors
    /// span a factor of five.
    static func errorsSpread(_ accuracies: [Double]) -> Bool {
        let finite = accuracies.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else { return false }
        return low >= 0 && high < 1 && (1 - low) / (1 - high) >= 5
    }

    /// Ticks at whole epochs, from the first to the last with half an epoch of air.
    static func epochAxis(first: Int, last: Int, width: Double) -> EpochAxis {
        let ticks = AxisTicks.linear(
            from: Double(first), to: Double(last), count: Int(width / 45), minimumStep: 1)
        return EpochAxis(
            first: first, last: last,
            ticks: first == last
                ? [first]
                : ticks.values.filter { $0 >= Double(first) && $0 <= Double(last) }.map { Int($0) })
    }
}

/// The horizontal axis of a panel.
struct EpochAxis {
    let first: Int
    let last: Int
    let ticks: [Int]

    /// Where an epoch lies, 0 to 1.
    func fraction(_ epoch: Double) -> Double {
        let air = first == last ? 0.5 : Double(last - first) * 0.03
        return (epoch - Double(first) + air) / (Double(last - first) + 2 * air)
    }
}
