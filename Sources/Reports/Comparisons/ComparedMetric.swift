import Foundation

/// A number by which runs are compared.
package struct ComparedMetric: Equatable, Sendable {
    package enum Unit: Sendable {
        /// In [0, 1], shown as a percentage.
        case fraction
        case number
    }

    package let name: String
    package let unit: Unit
    package let isHigherBetter: Bool

    package init(name: String, unit: Unit, isHigherBetter: Bool) {
        self.name = name
        self.unit = unit
        self.isHigherBetter = isHigherBetter
    }

    /// `99.36%`, `0.0213`, or `not finite`.
    package func text(_ value: Double) -> String {
        guard value.isFinite else { return "not finite" }
        return unit == .fraction ? NumberText.accuracy(value) : NumberText.significant(value)
    }

    /// `99.36 ± 0.04%`, `0.0213 ± 0.0012`; without the error if it is undefined.
    func text(_ estimate: Estimate) -> String {
        guard estimate.mean.isFinite, let error = estimate.standardError else {
            return text(estimate.mean)
        }
        guard unit == .fraction else {
            return numbers(estimate.mean, error)
        }
        let percent = error > 0 && error < 0.00005 ? "<0.01" : String(format: "%.2f", error * 100)
        return "\(text(estimate.mean).dropLast()) ± \(percent)%"
    }

    /// Both with the decimals that show two digits of the error.
    private func numbers(_ mean: Double, _ error: Double) -> String {
        guard error > 0, error < 1e6, abs(mean) < 1e9 else {
            return "\(text(mean)) ± \(NumberText.significant(error, digits: 2))"
        }
        let decimals = min(9, max(0, 1 - Int(log10(error).rounded(.down))))
        return String(format: "%.\(decimals)f ± %.\(decimals)f", mean, error)
    }
}

/// A mean over seeds.
package struct Estimate: Equatable, Sendable {
    package let mean: Double
    /// The sample's standard deviation over the root of the number of seeds; nil for one seed.
    package let standardError: Double?

    /// An error that isn't finite or is negative is taken as undefined.
    package init(mean: Double, standardError: Double? = nil) {
        self.mean = mean
        self.standardError = standardError.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    }
}
