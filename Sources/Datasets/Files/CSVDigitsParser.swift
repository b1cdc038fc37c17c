import DurableFiles

/// Takes a CSV file of images one byte at a time, so that a file of any size needs no copy in memory.
struct CSVDigitsParser {
    /// What labels are for: training needs each to be a class.
    enum Purpose {
        case training(classCount: Int)
        case scoring
    }

    private let file: String
    private let purpose: Purpose
    private let limits: DatasetLimits
    private var line = 1
    /// The first line that isn't empty, until it ends.
    private var head: [UInt8] = []
    private var layout: CSVLayout?
    private var isInHeader = false
    private var fields = CSVFields(separator: UInt8(ascii: ","))
    /// Fields that are complete on this line.
    private var column = 0
    /// `[rows, columns that count]`.
    private var cells: [UInt8] = []
    private var outermost: OutermostColumns

    init(file: String, purpose: Purpose, limits: DatasetLimits) {
        self.file = file
        self.purpose = purpose
        self.limits = limits
        switch purpose {
        case .training(let classCount): outermost = OutermostColumns(classCount: classCount)
        case .scoring: outermost = OutermostColumns(classCount: 10)
        }
    }

    /// - Throws: `DatasetError.csv`, `FileError.unreadable` for text that isn't UTF-8.
    @inline(__always)
    mutating func consume(_ byte: UInt8) throws {
        if layout == nil { try consumeHead(byte) } else { try take(byte) }
    }

    /// - Throws: as `consume`.
    mutating func finish() throws -> CSVDigits {
        if layout == nil, !head.isEmpty { try readHead() }
        // The last line may lack its line feed.
        if column > 0 || !fields.field.isEmpty { try take(UInt8(ascii: "\n")) }
        guard let layout, !cells.isEmpty else {
            throw failure(nil, "no images", "at least one line of numbers")
        }
        return try divided(layout)
    }

    // MARK: - First line

    private mutating func consumeHead(_ byte: UInt8) throws {
        guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else {
            head.append(byte)
            guard head.count <= 32 * (limits.imageSide * limits.imageSide + 3) else {
                throw failure(nil, "a first line without end", "label,pixel0,… or numbers")
            }
            return
        }
        if head.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
            // An empty line before it.
            head = []
            if byte == UInt8(ascii: "\n") { line += 1 }
        } else {
            try readHead()
            try take(byte)
        }
    }

    private mutating func readHead() throws {
        let bytes = Array(try UTF8Text.decode(head, path: file).utf8)
        head = []
        fields = CSVFields(separator: CSVFields.separator(of: bytes))
        let layout: CSVLayout
        do {
            layout = try CSVLayout(firstLine: try names(bytes), sideLimit: limits.imageSide)
        } catch let fault as CSVLayout.Fault {
            throw failure(fault.column, fault.got, fault.expected)
        }
        self.layout = layout
        isInHeader = layout.isHeader
        guard !isInHeader else { return }
        for byte in bytes { try take(byte) }
    }

    private func names(_ line: [UInt8]) throws -> [String] {
        var fields = CSVFields(separator: fields.separator)
        var names: [String] = []
        for byte in line + [UInt8(ascii: "\n")] {
            do {
                guard try fields.consume(byte) != nil else { continue }
            } catch let fault as CSVFields.Fault {
                throw failure(names.count + 1, fault.got, fault.expected)
            }
            names.append(String(decoding: fields.field, as: UTF8.self))
            fields.next()
        }
        // A separator at the end of each line.
        if names.count > 1, names.last == "" { names.removeLast() }
        return names
    }

    // MARK: - Lines

    @inline(__always)
    private mutating func take(_ byte: UInt8) throws {
        do {
            guard let end = try fields.consume(byte) else { return }
            if end == .line { try endLine() } else { try endField() }
            fields.next()
        } catch let fault as CSVFields.Fault {
            throw failure(column + 1, fault.got, fault.expected)
        }
    }

    private mutating func endField() throws {
        let layout = layout!
        defer { column += 1 }
        guard column < layout.columnCount else {
            // One empty field too many is a separator at the line's end.
            guard column == layout.columnCount, fields.field.isEmpty else {
                throw failure(
                    nil, "more than \(layout.columnCount) fields", "\(layout.columnCount)")
            }
            return
        }
        guard column >= layout.skipped else { return }
        let value = try value(isLabel: layout.label == .column(column))
        if layout.label == .firstOrLast {
            if column == layout.skipped { outermost.first.take(value, line: line) }
            if column == layout.columnCount - 1 { outermost.last.take(value, line: line) }
        }
        cells.append(value)
    }

    private func value(isLabel: Bool) throws -> UInt8 {
        var (count, expected) = (256, "a whole number of 0 to 255")
        if isLabel, case .training(let classCount) = purpose {
            (count, expected) = (classCount, "0 to \(classCount - 1)")
        }
        guard !fields.field.isEmpty else { throw failure(column + 1, "an empty field", expected) }
        let number = CSVNumber(fields.field, decimalComma: fields.separator == UInt8(ascii: ";"))
        guard let whole = number.whole, (0..<count).contains(whole) else {
            let text = "\"" + String(decoding: fields.field.prefix(40), as: UTF8.self) + "\""
            throw failure(column + 1, isLabel ? "label \(text)" : text, expected)
        }
        return UInt8(whole)
    }

    private mutating func endLine() throws {
        defer {
            column = 0
            line += 1
        }
        guard !isInHeader else {
            isInHeader = false
            return
        }
        if column == 0 && fields.field.isEmpty { return }
        try endField()
        guard column >= layout!.columnCount else {
            throw failure(nil, "\(column) fields", "\(layout!.columnCount)")
        }
    }

    // MARK: - Images

    /// The labels taken out of the cells, and the pixels in their places.
    private mutating func divided(_ layout: CSVLayout) throws -> CSVDigits {
        let (labelColumn, notice) = try labelColumn(layout)
        let (width, size) = (layout.columnCount - layout.skipped, layout.side * layout.side)
        let columns = (0..<width).filter { $0 != labelColumn }
        let places = layout.places ?? Array(0..<size)
        var labels: [UInt8] = []
        var image = [UInt8](repeating: 0, count: size)
        for row in 0..<cells.count / width {
            for (index, column) in columns.enumerated() {
                image[places[index]] = cells[row &* width &+ column]
            }
            if let labelColumn { labels.append(cells[row * width + labelColumn]) }
            // In the cells' own memory, of which this row and those before it aren't needed any more.
            for (index, value) in image.enumerated() { cells[row &* size &+ index] = value }
        }
        cells.removeLast(cells.count - cells.count / width * size)
        return CSVDigits(side: layout.side, pixels: cells, labels: labels, notice: notice)
    }

    /// Which of the columns that count has the labels, and what should be known of it.
    private func labelColumn(_ layout: CSVLayout) throws -> (column: Int?, notice: String?) {
        let last = layout.columnCount - layout.skipped - 1
        switch layout.label {
        case .none: return (nil, nil)
        case .column(let column): return (column - layout.skipped, nil)
        case .firstOrLast:
            if case .training(let classCount) = purpose, let bad = outermost.refusal {
                throw DatasetError.csv(
                    file: file, line: bad.line, column: layout.skipped + 1,
                    got: "label \"\(bad.value)\"", expected: "0 to \(classCount - 1)")
            }
            return (outermost.isLast ? last : 0, outermost.notice)
        }
    }

    private func failure(_ column: Int?, _ got: String, _ expected: String) -> DatasetError {
        .csv(file: file, line: line, column: column, got: got, expected: expected)
    }
}

/// The first and the last column of a table without names, one of which has the labels.
///
/// Labels are classes, and there is more than one of them; a corner of a picture is often black in each,
/// and may be brighter than any class.
struct OutermostColumns {
    var first: Column
    var last: Column

    init(classCount: Int) {
        first = Column(classCount: classCount)
        last = first
    }

    struct Column {
        let classCount: Int
        private(set) var varies = false
        /// The first value that is no class.
        private(set) var bad: (line: Int, value: UInt8)?
        private var start: UInt8?

        init(classCount: Int) { self.classCount = classCount }

        mutating func take(_ value: UInt8, line: Int) {
            if value >= classCount && bad == nil { bad = (line, value) }
            if start == nil { start = value }
            if value != start { varies = true }
        }
    }

    /// A value that is no class, where both columns have one.
    var refusal: (line: Int, value: UInt8)? { last.bad == nil ? nil : first.bad }

    /// The first where both might be.
    var isLast: Bool {
        if (first.bad == nil) != (last.bad == nil) { return last.bad == nil }
        return last.varies && !first.varies
    }

    /// Nil where the values tell.
    var notice: String? {
        guard (first.bad == nil) == (last.bad == nil), first.varies == last.varies else {
            return nil
        }
        return
            "no header says where the labels are, and both the first and the last column may have "
            + "them: the first was taken. If it is the other, give the file a header with \"label\""
    }
}
