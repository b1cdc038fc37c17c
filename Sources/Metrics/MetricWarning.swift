/// A note that comes with a number: why it is undefined, or what it was set to.
///
/// scikit-learn emits these as Python warnings; here they are values that travel with the result.
public struct MetricWarning: Hashable, Codable, Sendable, CustomStringConvertible {
    /// The name of the number in the report's JSON, e.g. `recall` or `roc_auc`.
    public let metric: String
    /// The classes concerned; empty when the number as a whole is.
    public let classes: [Int]
    public let reason: String

    public init(metric: String, classes: [Int] = [], reason: String) {
        self.metric = metric
        self.classes = classes
        self.reason = reason
    }

    public var description: String {
        if classes.isEmpty { return "\(metric): \(reason)" }
        let list = classes.map(String.init).joined(separator: ", ")
        return "\(metric) of class \(list): \(reason)"
    }
}

/// A number together with the warnings that explain it.
public struct Measured<Value: Sendable & Equatable>: Sendable, Equatable {
    public let value: Value
    public let warnings: [MetricWarning]

    init(_ value: Value, _ warnings: [MetricWarning] = []) {
        self.value = value
        self.warnings = warnings
    }
}

/// What a ratio becomes when its denominator is zero, as scikit-learn's `zero_division`.
public enum ZeroDivision: String, Codable, Sendable, CaseIterable {
    /// 0, with a warning.
    case warn
    case zero
    case one
    /// Undefined: nil here, left out of averages, `nan` in the text report, null in JSON.
    case nan

    var value: Double? {
        switch self {
        case .warn, .zero: 0
        case .one: 1
        case .nan: nil
        }
    }
}
