import SafeText

/// Columns of text, fitted to a width: where not all fit, texts are folded within their column, and then
/// the columns that matter least are left out and named.
struct TextTable {
    struct Column: Sendable {
        let title: String
        /// Where there isn't room for all, those with the highest rank go first; 0 stays.
        var rank = 0
        /// Numbers stand on the right.
        var isNumber = false
        /// A text that may be folded down to so many columns; nil for what stays whole.
        var foldsTo: Int?

        static func text(_ title: String, rank: Int = 0) -> Column {
            Column(title: title, rank: rank)
        }
        static func number(_ title: String, rank: Int = 0) -> Column {
            Column(title: title, rank: rank, isNumber: true)
        }
        static func folding(_ title: String, rank: Int = 0, to width: Int = 16) -> Column {
            Column(title: title, rank: rank, foldsTo: width)
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: Column...) { self.columns = columns }

    /// Names and values without titles; both are folded.
    static var facts: TextTable { TextTable(.folding("", to: 20), .folding("")) }

    var isEmpty: Bool { rows.isEmpty }

    /// Cells are escaped here and not only where lines are written, so that columns stay aligned. An
    /// only cell is a remark on the row above, over all columns.
    mutating func add(_ cells: String...) { add(cells) }

    mutating func add(_ cells: [String]) {
        rows.append(cells.map { $0.escapingHiddenCharacters() })
    }

    /// - Parameter indent: spaces before each line.
    func lines(_ layout: TextLayout, indent: Int = 0) -> [String] {
        let room = layout.width.map { $0 - indent }
        let (shown, widths) = fitted(to: room)
        var lines: [String] = []
        if columns.contains(where: { !$0.title.isEmpty }) {
            lines += line(columns.map(\.title), shown, widths, folds: false)
        }
        for row in rows {
            lines +=
                row.count == 1 && columns.count > 1
                ? TextFolding.fold(row[0], width: room, longWords: .broken)
                : line(row, shown, widths, folds: room != nil)
        }
        lines += remark(shown, room)
        return lines.map { $0.isEmpty ? $0 : String(repeating: " ", count: indent) + $0 }
    }

    // MARK: - Private

    private static let gap = 2
    /// Beyond this a long value in one row doesn't move the cells of all others, where width is free.
    private static let widestPadding = 60

    /// The columns that are shown, and how wide each is.
    private func fitted(to room: Int?) -> (shown: [Int], widths: [Int]) {
        let natural = columns.indices.map { column in
            (rows.filter { $0.count > 1 && column < $0.count }.map { DisplayWidth.of($0[column]) }
                + [DisplayWidth.of(columns[column].title)]).max() ?? 0
        }
        // What is empty everywhere takes no room.
        var shown = columns.indices.filter { natural[$0] > 0 }
        guard let room else { return (shown, natural.map { min($0, Self.widestPadding) }) }
        let least = columns.indices.map { column in
            columns[column].foldsTo.map {
                min(natural[column], max($0, DisplayWidth.of(columns[column].title)))
            } ?? natural[column]
        }
        func total(_ widths: [Int]) -> Int {
            shown.map { widths[$0] }.reduce(0, +) + Self.gap * max(0, shown.count - 1)
        }
        while total(least) > room,
            let last = shown.filter({ columns[$0].rank > 0 }).max(by: {
                columns[$0].rank < columns[$1].rank
            })
        {
            shown.removeAll { $0 == last }
        }
        return (shown, widened(least, to: natural, shown, spare: room - total(least)))
    }

    /// Gives what is left to the columns that are folded, a column to each in turn.
    private func widened(
        _ least: [Int], to natural: [Int], _ shown: [Int], spare: Int
    ) -> [Int] {
        var (widths, spare) = (least, spare)
        while spare > 0,
            let narrow = shown.filter({ widths[$0] < natural[$0] })
                .min(by: { widths[$0] < widths[$1] })
        {
            widths[narrow] += 1
            spare -= 1
        }
        // A table whose fixed columns alone are too wide.
        while spare < 0, let widest = shown.max(by: { widths[$0] < widths[$1] }),
            widths[widest] > 4
        {
            widths[widest] -= 1
            spare += 1
        }
        return widths
    }

    /// One row, in as many lines as its longest cell has.
    private func line(
        _ row: [String], _ shown: [Int], _ widths: [Int], folds: Bool
    ) -> [String] {
        let cells = shown.map { column -> [String] in
            let text = column < row.count ? row[column] : ""
            return folds ? TextFolding.foldCell(text, width: widths[column]) : [text]
        }
        let height = cells.map(\.count).max() ?? 1
        return (0..<height).map { number in
            let parts = zip(shown, cells).map { column, lines in
                let text = number < lines.count ? lines[number] : ""
                return columns[column].isNumber
                    ? text.paddedInFront(to: widths[column]) : text.padded(to: widths[column])
            }
            return parts.joined(separator: String(repeating: " ", count: Self.gap))
                .withoutTrailingSpaces
        }
    }

    private func remark(_ shown: [Int], _ room: Int?) -> [String] {
        guard let room else { return [] }
        let missing = columns.indices.filter { column in
            !shown.contains(column) && !columns[column].title.isEmpty
                && rows.contains { column < $0.count && !$0[column].isEmpty }
        }
        guard !missing.isEmpty else { return [] }
        let names = missing.map { columns[$0].title }.joined(separator: ", ")
        return TextFolding.fold("(left out: \(names); --wide shows all)", width: room)
    }
}

extension String {
    fileprivate var withoutTrailingSpaces: String {
        String(reversed().drop { $0 == " " }.reversed())
    }
}
