/// Why a figure can't be drawn from the values given.
package enum FigureError: Error, Equatable, CustomStringConvertible {
    case empty(what: String)
    case notSquare(row: Int, cells: Int, expected: Int)
    case nameCount(expected: Int, got: Int)
    case negativeCount(row: Int, column: Int, count: Int)
    case totalTooLarge
    case epochRange(index: Int, epoch: Int)
    case epochOrder(index: Int, epoch: Int, previous: Int)
    case stepOrder(index: Int, position: Double, previous: Double)
    case unknownBestEpoch(Int)
    /// A share that isn't in [0, 1].
    case shareRange(what: String, value: Double)
    case binRange(index: Int, lower: Double, upper: Double)
    case negativeSize(what: String, value: Int)
    case namedTwice(what: String, name: String)
    case cycle([String])

    package var description: String {
        switch self {
        case .empty(let what):
            "\(what): none, expected at least one. There is nothing to draw."
        case .notSquare(let row, let cells, let expected):
            "counts[\(row)]: \(cells) cells, expected \(expected), as many as there are rows."
        case .nameCount(let expected, let got):
            "class names: \(got), expected \(expected), one a row. Give them in class order."
        case .negativeCount(let row, let column, let count):
            "counts[\(row)][\(column)]: \(count), expected 0 or more."
        case .totalTooLarge:
            "counts: their sum is beyond \(Int.max). Check where they come from."
        case .epochRange(let index, let epoch):
            "epochs[\(index)]: epoch \(epoch), expected 0...\(Int32.max)."
        case .epochOrder(let index, let epoch, let previous):
            "epochs[\(index)]: epoch \(epoch) after \(previous), expected ascending numbers."
        case .stepOrder(let index, let position, let previous):
            "steps[\(index)]: at epoch \(position) after \(previous), expected ascending places from 0 "
                + "to \(Int32.max)."
        case .unknownBestEpoch(let epoch):
            "best epoch: \(epoch), expected one of the epochs drawn."
        case .shareRange(let what, let value):
            "\(what): \(value), expected a share in 0...1."
        case .binRange(let index, let lower, let upper):
            "bins[\(index)]: from \(lower) to \(upper), expected an ascending part of 0...1 that "
                + "starts where the one before ends or later."
        case .negativeSize(let what, let value):
            "\(what): \(value), expected 0 or more."
        case .namedTwice(let what, let name):
            "\(what): two are named \(name), expected names of their own."
        case .cycle(let names):
            "lineage: \(names.joined(separator: ", ")) are built from each other."
        }
    }
}
