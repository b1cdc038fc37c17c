/// Cuts comma-separated text into fields, one byte at a time: quotes as RFC 4180 has them, lines that end
/// in LF, CRLF or CR, spaces around a field left out.
struct CSVFields {
    /// What a byte brought to an end.
    enum End {
        case field
        case line
    }

    let separator: UInt8
    /// The bytes of the field that ended, or that is under way.
    private(set) var field: [UInt8] = []
    private var quote = Quote.none
    private var afterCarriageReturn = false

    /// A number in any form that programs write it in, or the name of a column.
    private static let longestField = 128

    private enum Quote {
        case none
        case open
        /// Behind the second quote, or in the middle of a pair that stands for one.
        case closed
    }

    /// Why a field can't be read.
    struct Fault: Error {
        let got: String
        let expected: String
    }

    init(separator: UInt8) { self.separator = separator }

    /// The separator of a file with this line: the one of comma, semicolon and tab that it has most of.
    static func separator(of line: [UInt8]) -> UInt8 {
        [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
            .map { sign in (sign, line.count { $0 == sign }) }
            .reduce((UInt8(ascii: ","), 0)) { $1.1 > $0.1 ? $1 : $0 }.0
    }

    /// - Returns: what this byte ends, if it ends something; take `field` then and call `next`.
    @inline(__always)
    mutating func consume(_ byte: UInt8) throws -> End? {
        if byte &- 0x30 <= 9 && quote != .closed && field.count < Self.longestField {
            afterCarriageReturn = false
            field.append(byte)
            return nil
        }
        return try consumeOther(byte)
    }

    /// Begins the next field.
    mutating func next() {
        field.removeAll(keepingCapacity: true)
        quote = .none
    }

    private mutating func consumeOther(_ byte: UInt8) throws -> End? {
        let isSecondOfBreak = afterCarriageReturn && byte == UInt8(ascii: "\n")
        afterCarriageReturn = byte == UInt8(ascii: "\r")
        if isSecondOfBreak { return nil }
        if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
            guard quote != .open else {
                throw Fault(got: "a line break within quotes", expected: "the closing quote")
            }
            trim()
            return .line
        }
        if byte == separator && quote != .open {
            trim()
            return .field
        }
        try consumeText(byte)
        return nil
    }

    private mutating func consumeText(_ byte: UInt8) throws {
        let (mark, isSpace) = (UInt8(ascii: "\""), byte == 0x20 || byte == 0x09)
        switch quote {
        case .none where byte == mark && field.allSatisfy { $0 == 0x20 }:
            field = []
            quote = .open
        case .open where byte == mark: quote = .closed
        case .closed where byte == mark:
            field.append(byte)
            quote = .open
        case .closed where isSpace: return
        case .closed:
            throw Fault(got: "text after a closing quote", expected: "a separator")
        case .none where isSpace && field.isEmpty: return
        default: field.append(byte)
        }
        guard field.count <= Self.longestField else {
            throw Fault(
                got: "a field of more than \(Self.longestField) bytes",
                expected: "a number, or a column's name")
        }
    }

    private mutating func trim() {
        guard quote == .none else { return }
        while let last = field.last, last == 0x20 || last == 0x09 { field.removeLast() }
    }
}
