/// Which column of a table of images is the label, and which pixel each other one is.
struct CSVLayout {
    /// Where the labels are.
    enum Label: Equatable {
        case none
        case column(Int)
        /// No header says which of the two it is.
        case firstOrLast
    }

    /// Columns of the file.
    let columnCount: Int
    /// Columns before the first that counts: a row's number.
    let skipped: Int
    let label: Label
    /// Height and width of the images.
    let side: Int
    /// For each column that isn't the label, in order: which pixel it is; nil where that is its place.
    let places: [Int]?
    /// Whether the first line names the columns.
    let isHeader: Bool

    /// Why a first line is refused.
    struct Fault: Error {
        let column: Int?
        let got: String
        let expected: String
    }

    /// The names that labels have in the files that circulate, in lower case.
    private static let labelNames: Set<String> = [
        "label", "labels", "class", "classes", "target", "targets", "digit", "number", "y",
        "category",
    ]
    private static let rowNames: Set<String> = ["", "unnamed: 0", "index", "id", "imageid"]

    /// - Parameter fields: the first line's.
    init(firstLine fields: [String], sideLimit: Int) throws {
        isHeader = Self.isHeader(fields)
        columnCount = fields.count
        let names = fields.map { $0.lowercased() }
        guard isHeader else {
            skipped = 0
            places = nil
            let count = fields.count
            label = Self.root(of: count - 1) != nil ? .firstOrLast : .none
            side = try Self.side(label == .none ? count : count - 1, count, sideLimit)
            return
        }
        skipped = Self.rowNames.contains(names[0]) ? 1 : 0
        let labels = names.indices.filter { Self.labelNames.contains(names[$0]) }
        guard labels.count <= 1 else {
            throw Fault(
                column: labels[1] + 1, got: "header \"\(fields[labels[1]])\"",
                expected: "one column of labels; column \(labels[0] + 1) is one already")
        }
        let (label, skipped) = (
            labels.first.map(Label.column) ?? Self.unnamedLabel(names, skipped: skipped), skipped
        )
        self.label = label
        let pixels = names.indices.filter { $0 >= skipped && label != .column($0) }
        side = try Self.side(
            label == .firstOrLast ? pixels.count - 1 : pixels.count, pixels.count, sideLimit)
        places = label == .firstOrLast ? nil : try Self.places(pixels, fields, side: side)
    }

    // MARK: - Headers

    /// Whether a line isn't numbers alone, or counts its columns, which runs beyond what a pixel has.
    private static func isHeader(_ fields: [String]) -> Bool {
        guard fields.allSatisfy({ CSVNumber($0).isNumber }) else { return true }
        return fields.count > 257
            && zip(fields, fields.dropFirst()).allSatisfy {
                CSVNumber($0).whole.map { $0 + 1 } == CSVNumber($1).whole
            }
    }

    /// The one column that has no number in its name; else none, or where the columns are one more than
    /// a square, one of the outermost.
    private static func unnamedLabel(_ names: [String], skipped: Int) -> Label {
        let columns = names.indices.dropFirst(skipped)
        let others = columns.filter { PixelName(names[$0]) == nil }
        if others.count == 1, columns.count > 2 { return .column(others[others.startIndex]) }
        return root(of: columns.count) == nil && root(of: columns.count - 1) != nil
            ? .firstOrLast : .none
    }

    /// The pixels' numbers as their names have them: they needn't be in order, but each must be there.
    private static func places(_ columns: [Int], _ fields: [String], side: Int) throws -> [Int]? {
        let names = columns.map { PixelName(fields[$0].lowercased()) }
        guard let first = names.firstIndex(where: { $0 != nil }) else { return nil }
        let rows = names.compactMap { $0?.row }.min()
        let start = names.compactMap { $0?.number }.min()!
        var taken = [Bool](repeating: false, count: columns.count)
        let places = try zip(columns, names).map { column, name -> Int in
            let place = name.flatMap { name -> Int? in
                guard (name.row == nil) == (rows == nil), name.prefix == names[first]!.prefix,
                    rows == nil || name.number - start < side
                else { return nil }
                return ((name.row ?? 0) - (rows ?? 0)) * side + name.number - start
            }
            guard let place, place < taken.count, !taken[place] else {
                throw Fault(
                    column: column + 1, got: "header \"\(fields[column])\"",
                    expected:
                        "a name for each pixel once, such as pixel0, pixel1, … or 1x1, 1x2, …, "
                        + "and one column \"label\"")
            }
            taken[place] = true
            return place
        }
        return places == Array(places.indices) ? nil : places
    }

    // MARK: - Sides

    private static func side(_ pixels: Int, _ count: Int, _ limit: Int) throws -> Int {
        guard let side = root(of: pixels) else {
            throw Fault(
                column: nil, got: "\(count) pixel columns",
                expected: "as many as a square image has, such as 784 for 28×28")
        }
        guard side <= limit else {
            throw Fault(
                column: nil, got: "images of \(side)×\(side) pixels",
                expected: "at most \(limit)×\(limit)")
        }
        return side
    }

    private static func root(of count: Int) -> Int? {
        guard count > 0 else { return nil }
        let side = Int(Double(count).squareRoot().rounded())
        return side * side == count ? side : nil
    }

    /// A name that ends in a number, or in a row's and a column's: `pixel7`, `7`, `px_1_7`, `1x7`.
    private struct PixelName {
        let prefix: Substring
        let row: Int?
        let number: Int

        init?(_ name: String) {
            guard let (rest, number) = Self.lastNumber(name[...]) else { return nil }
            self.number = number
            if let sign = rest.last, "x×_-".contains(sign),
                let (prefix, row) = Self.lastNumber(rest.dropLast())
            {
                (self.prefix, self.row) = (prefix, row)
            } else {
                (prefix, row) = (rest, nil)
            }
        }

        private static func lastNumber(_ text: Substring) -> (rest: Substring, number: Int)? {
            let digits = text.utf8.reversed().prefix { $0 &- 0x30 <= 9 }.count
            guard (1...9).contains(digits) else { return nil }
            return (text.dropLast(digits), Int(text.suffix(digits))!)
        }
    }
}

/// A field as a number.
struct CSVNumber {
    /// Nil unless it is a whole number of an ordinary size.
    let whole: Int?
    let isNumber: Bool

    init(_ text: String) { self.init(Array(text.utf8), decimalComma: false) }

    /// - Parameter decimalComma: whether a comma is a decimal point: where it doesn't separate fields.
    @inline(__always)
    init(_ field: [UInt8], decimalComma: Bool) {
        // Nearly all are of one to three digits.
        guard (1...3).contains(field.count), field.allSatisfy({ $0 &- 0x30 <= 9 }) else {
            let text = String(decoding: field, as: UTF8.self)
            let value = Double(decimalComma ? text.replacing(",", with: ".") : text)
            whole = value.flatMap { abs($0) < 1e9 ? Int(exactly: $0) : nil }
            isNumber = value != nil
            return
        }
        whole = field.reduce(0) { $0 &* 10 &+ Int($1 &- 0x30) }
        isNumber = true
    }
}
