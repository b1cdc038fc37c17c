/// What a figure in a model's description can be.
///
/// A file that says something else wasn't measured, and nobody may decide by it.
enum MetricRange: CustomStringConvertible {
    /// Accuracy and its like: a share of images or a mean of shares.
    case fraction
    /// A log loss, which has no upper bound.
    case nonNegative
    /// Any other figure.
    case finite

    private static let fractions: Set<String> = [
        "accuracy", "accuracy_lower", "accuracy_upper", "macro_f1", "worst_class_recall",
        "calibration_error",
    ]
    private static let losses: Set<String> = ["log_loss", "loss"]

    /// - Parameter name: with the set before it, as in `test_accuracy`, or without.
    init(of name: String) {
        let measured = ["validation_", "test_"].first { name.hasPrefix($0) }
            .map { String(name.dropFirst($0.count)) }
        let figure = measured ?? name
        self =
            MetricRange.fractions.contains(figure)
            ? .fraction : MetricRange.losses.contains(figure) ? .nonNegative : .finite
    }

    func contains(_ value: Double) -> Bool {
        switch self {
        case .fraction: (0...1).contains(value)
        case .nonNegative: value >= 0 && value.isFinite
        case .finite: value.isFinite
        }
    }

    var description: String {
        switch self {
        case .fraction: "a fraction from 0 to 1"
        case .nonNegative: "0 or more, and finite"
        case .finite: "a finite number"
        }
    }
}
