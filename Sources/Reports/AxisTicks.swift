import Foundation

/// Round numbers for an axis, and the range they span.
struct AxisTicks: Equatable {
    /// Ascending, at least two; the first and last are the ends of the axis.
    let values: [Double]
    /// One a value, all with the same number of decimals on a linear axis.
    let labels: [String]
    let isLogarithmic: Bool

    var lower: Double { values[0] }
    var upper: Double { values[values.count - 1] }

    /// Where `value` lies on the axis: 0 at the lower end, 1 at the upper.
    func fraction(_ value: Double) -> Double {
        guard isLogarithmic else { return (value / 2 - lower / 2) / (upper / 2 - lower / 2) }
        return (log10(value) - log10(lower)) / (log10(upper) - log10(lower))
    }

    // MARK: - Linear

    /// Ticks at multiples of 1, 2 or 5 · 10ⁿ that enclose low...high.
    ///
    /// - Parameter count: about how many; between half and twice of it come.
    /// - Parameter minimumStep: 1 for axes of whole numbers.
    /// - Parameter limit: the axis ends here even if the next round number is further.
    /// - Precondition: both are finite, at most 1e300, and low ≤ high.
    static func linear(
        from low: Double, to high: Double, count: Int = 5, minimumStep: Double = 0,
        limit: Double = .infinity
    ) -> AxisTicks {
        precondition(low <= high && max(abs(low), abs(high)) <= 1e300, "axis \(low)...\(high)")
        let (low, high) = widened(low, high)
        let step = niceStep(max((high - low) / Double(max(1, count)), minimumStep))
        let first = (low / step.value + 1e-9).rounded(.down)
        let last = (min(high, limit) / step.value - 1e-9).rounded(.up)
        let values = (0...Int(max(1, last - first))).map { step.multiple(first + Double($0)) }
        return AxisTicks(
            values: values,
            labels: values.map { step.label($0, largest: max(abs(low), abs(high))) },
            isLogarithmic: false)
    }

    /// A range wide enough to divide: a single value is put in its middle.
    private static func widened(_ low: Double, _ high: Double) -> (Double, Double) {
        let size = max(abs(low), abs(high))
        if size < 1e-290 { return (0, 1) }
        guard high - low < size * 1e-6 else { return (low, high) }
        return (low - size * 0.1, high + size * 0.1)
    }

    /// The smallest of 1, 2, 5 · 10ⁿ that is not less than `raw`.
    private static func niceStep(_ raw: Double) -> Step {
        let exponent = Int(log10(raw).rounded(.down))
        for mantissa in [1, 2, 5] {
            let step = Step(mantissa: Double(mantissa), exponent: exponent)
            if step.value >= raw * (1 - 1e-9) { return step }
        }
        return Step(mantissa: 1, exponent: exponent + 1)
    }

    /// Mantissa and exponent apart, so that 3 · 0.1 is 0.3 and not 0.30000000000000004.
    private struct Step {
        let mantissa: Double
        let exponent: Int

        var value: Double { multiple(1) }

        func multiple(_ factor: Double) -> Double {
            let scale = pow(10, Double(abs(exponent)))
            return exponent < 0 ? factor * mantissa / scale : factor * mantissa * scale
        }

        func label(_ value: Double, largest: Double) -> String {
            if largest >= 1e6 || exponent < -5 { return NumberText.significant(value, digits: 8) }
            return String(format: "%.\(max(0, -exponent))f", value == 0 ? 0 : value)
        }
    }

    // MARK: - Logarithmic

    /// Ticks at 1, 2 and 5 · 10ⁿ that enclose low...high; where those are more than `most`, at
    /// powers of ten, or every second, third … of them.
    ///
    /// - Parameter most: 3 or more.
    /// - Precondition: 1e-300 ≤ low ≤ high ≤ 1e300.
    static func logarithmic(from low: Double, to high: Double, most: Int) -> AxisTicks {
        precondition(low >= 1e-300 && low <= high && high <= 1e300, "axis \(low)...\(high)")
        precondition(most >= 3, "at most \(most) ticks")
        var values = enclosing(low, high, mantissas: [1, 2, 5], stride: 1)
        var stride = 1
        while values.count > most {
            values = enclosing(low, high, mantissas: [1], stride: stride)
            stride += 1
        }
        return AxisTicks(
            values: values, labels: values.map { NumberText.significant($0) }, isLogarithmic: true)
    }

    /// Mantissas times powers of ten, the exponents `stride` apart, without needless ones outside.
    private static func enclosing(
        _ low: Double, _ high: Double, mantissas: [Double], stride: Int
    ) -> [Double] {
        let first = Int(log10(low).rounded(.down)) - 1
        let last = Int(log10(high).rounded(.up)) + stride
        let all = Swift.stride(from: first, through: last, by: stride).flatMap { exponent in
            mantissas.map { Step(mantissa: $0, exponent: exponent).value }
        }
        let start = all.lastIndex { $0 <= low * (1 + 1e-9) } ?? 0
        let end = all.firstIndex { $0 >= high * (1 - 1e-9) } ?? all.count - 1
        // A single value on a tick still needs an axis of some length.
        return Array(all[start...max(end, start + 1)])
    }
}
