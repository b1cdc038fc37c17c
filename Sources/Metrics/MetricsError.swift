/// Why numbers can't be computed from the arrays given. Each case carries what was found.
public enum MetricsError: Error, Equatable, CustomStringConvertible {
    /// There are no samples.
    case empty
    case countMismatch(what: String, expected: Int, got: Int)
    case labelOutOfRange(what: String, index: Int, value: Int, classCount: Int)
    case tooFewClasses(needed: Int, got: Int)
    case duplicateClass(Int)
    case noSuchLabel(classes: [Int])
    case classNameCount(expected: Int, got: Int)
    case notFinite(row: Int, column: Int, value: Double)
    case notProbability(row: Int, column: Int, value: Double)
    case rowSum(row: Int, sum: Double)
    case parameter(name: String, value: Int, atLeast: Int)
    case matrix(reason: String)

    public var description: String {
        switch self {
        case .empty:
            "labels: 0 samples, expected at least 1. Check that the split isn't empty."
        case .countMismatch(let what, let expected, let got):
            "\(what): \(got) values, expected \(expected) to match the labels. "
                + "Check that both come from the same samples."
        case .labelOutOfRange(let what, let index, let value, let classCount):
            "\(what)[\(index)]: \(value), expected 0...\(classCount - 1). "
                + "Check the labels, or give as many class names as there are classes."
        case .tooFewClasses(let needed, let got):
            "classes: \(got), expected at least \(needed). Name every class, absent ones included."
        case .duplicateClass(let value):
            "classes: \(value) is listed twice, expected each class once. Remove the repetition."
        case .noSuchLabel(let classes):
            "classes: none of \(classes) occurs in the labels, expected at least one. "
                + "List classes that the labels contain."
        case .classNameCount(let expected, let got):
            "class names: \(got), expected \(expected), one a class. Give them in class order."
        case .notFinite(let row, let column, let value):
            "probabilities[\(row), \(column)]: \(value), expected a finite number. "
                + "The model that made them has diverged; train again."
        case .notProbability(let row, let column, let value):
            "probabilities[\(row), \(column)]: \(value), expected 0 to 1. "
                + "Pass softmax's output, not logits."
        case .rowSum(let row, let sum):
            "probabilities[\(row), …]: sum \(sum), expected 1 within 1e-5. "
                + "Pass softmax's output over all classes."
        case .parameter(let name, let value, let atLeast):
            "\(name): \(value), expected at least \(atLeast)."
        case .matrix(let reason):
            "confusion matrix: \(reason). Check the file it was read from."
        }
    }
}
