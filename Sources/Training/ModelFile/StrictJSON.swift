/// A JSON value as it was written: members in their order, numbers as text.
///
/// Foundation's parsers keep one of two members with the same key, so that two programs can see
/// different models in one file; this one refuses them. Nesting is limited, so that no input can
/// exhaust the stack.
enum StrictJSON: Equatable {
    struct Member: Equatable {
        var key: String
        var value: StrictJSON
    }

    case object([Member])
    case array([StrictJSON])
    case string(String)
    case number(String)
    /// true, false or null
    case literal(String)

    /// Whole numbers from 0 to `Int.max` written without sign, fraction or exponent; else nil.
    var sizes: [Int]? {
        guard case .array(let items) = self else { return nil }
        let sizes = items.compactMap { item -> Int? in
            guard case .number(let text) = item, text.utf8.allSatisfy(isDigit) else { return nil }
            return Int(text)
        }
        return sizes.count == items.count ? sizes : nil
    }

    /// The value for a message: short, whatever its size.
    var summary: String {
        switch self {
        case .object: "an object"
        case .array(let items) where items.count > 8: "an array of \(items.count)"
        case .array(let items): "[" + items.map(\.summary).joined(separator: ", ") + "]"
        case .string(let text) where text.utf8.count > 64: "\"\(text.prefix(64))…\""
        case .string(let text): "\"\(text)\""
        case .number(let text), .literal(let text): String(text.prefix(64))
        }
    }
}

private func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
}

/// Reads one JSON document by RFC 8259, without duplicates, followed by nothing but spaces.
struct StrictJSONParser {
    private let bytes: [UInt8]
    private let file: String
    private let firstOffset: Int
    private var position = 0
    private var path: [String] = []
    private var depth = 0

    private static let maximumDepth = 16
    /// A value takes many times its bytes in memory: a header of nothing but empty arrays would take
    /// gigabytes. A model has some twenty tensors of half a dozen values each.
    private static let maximumValues = 100_000
    private var valueCount = 0

    /// - Parameter firstOffset: where the document lies in `file`, for messages.
    init(_ bytes: [UInt8], file: String, firstOffset: Int) {
        self.bytes = bytes
        self.file = file
        self.firstOffset = firstOffset
    }

    mutating func parseDocument() throws -> StrictJSON {
        let value = try parseValue()
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: " ") else {
                throw unexpected("spaces to the end of the header")
            }
            position += 1
        }
        return value
    }

    func requireUTF8() throws {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = firstOffset
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .emptyInput: return
            case .error:
                throw ModelFileError.headerSyntax(
                    file: file, offset: offset, expected: "UTF-8",
                    got: Self.describe(bytes[offset - firstOffset]))
            }
        }
    }

    func unexpected(_ expected: String) -> ModelFileError {
        .headerSyntax(
            file: file, offset: firstOffset + position, expected: expected,
            got: position < bytes.count
                ? Self.describe(bytes[position]) : "the end of the header")
    }

    private static func describe(_ byte: UInt8) -> String {
        if byte > 0x20 && byte < 0x7F { return "\"\(Character(UnicodeScalar(byte)))\"" }
        let digits = String(byte, radix: 16)
        return "byte 0x" + (digits.count < 2 ? "0" : "") + digits
    }

    // MARK: - Values

    private mutating func parseValue() throws -> StrictJSON {
        skipWhitespace()
        valueCount += 1
        guard valueCount <= Self.maximumValues else {
            throw unexpected("at most \(Self.maximumValues) values")
        }
        guard let byte = peek() else { throw unexpected("a JSON value") }
        switch byte {
        case UInt8(ascii: "{"): return try nested { try $0.parseObject() }
        case UInt8(ascii: "["): return try nested { try $0.parseArray() }
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseLiteral("true")
        case UInt8(ascii: "f"): return try parseLiteral("false")
        case UInt8(ascii: "n"): return try parseLiteral("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        default: throw unexpected("a JSON value")
        }
    }

    private mutating func nested(
        _ parse: (inout Self) throws -> StrictJSON
    ) throws -> StrictJSON {
        guard depth < Self.maximumDepth else {
            throw unexpected("at most \(Self.maximumDepth) levels of nesting")
        }
        depth += 1
        defer { depth -= 1 }
        return try parse(&self)
    }

    private mutating func parseObject() throws -> StrictJSON {
        position += 1
        var members = [StrictJSON.Member]()
        // Swift compares characters: names that differ only in how Unicode writes them count as
        // the same one, and are refused.
        var keys = Set<String>()
        skipWhitespace()
        if accept(UInt8(ascii: "}")) { return .object([]) }
        repeat {
            skipWhitespace()
            guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
            let key = try parseString()
            guard keys.insert(key).inserted else {
                let object = path.isEmpty ? "the header" : path.joined(separator: ".")
                throw ModelFileError.duplicateKey(file: file, object: object, key: key)
            }
            skipWhitespace()
            guard accept(UInt8(ascii: ":")) else { throw unexpected("\":\"") }
            path.append(key)
            members.append(StrictJSON.Member(key: key, value: try parseValue()))
            path.removeLast()
            skipWhitespace()
        } while accept(UInt8(ascii: ","))
        guard accept(UInt8(ascii: "}")) else { throw unexpected("\",\" or \"}\"") }
        return .object(members)
    }

    private mutating func parseArray() throws -> StrictJSON {
        position += 1
        var items = [StrictJSON]()
        skipWhitespace()
        if accept(UInt8(ascii: "]")) { return .array([]) }
        repeat {
            items.append(try parseValue())
            skipWhitespace()
        } while accept(UInt8(ascii: ","))
        guard accept(UInt8(ascii: "]")) else { throw unexpected("\",\" or \"]\"") }
        return .array(items)
    }

    private mutating func parseLiteral(_ word: String) throws -> StrictJSON {
        for byte in word.utf8 {
            guard accept(byte) else { throw unexpected(word) }
        }
        return .literal(word)
    }

    private mutating func parseNumber() throws -> StrictJSON {
        let start = position
        _ = accept(UInt8(ascii: "-"))
        if !accept(UInt8(ascii: "0")) { try skipDigits() }
        if accept(UInt8(ascii: ".")) { try skipDigits() }
        if accept(UInt8(ascii: "e")) || accept(UInt8(ascii: "E")) {
            if !accept(UInt8(ascii: "+")) { _ = accept(UInt8(ascii: "-")) }
            try skipDigits()
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func skipDigits() throws {
        guard let first = peek(), isDigit(first) else { throw unexpected("a digit") }
        while let byte = peek(), isDigit(byte) { position += 1 }
    }

    // MARK: - Strings

    private mutating func parseString() throws -> String {
        position += 1
        var text = [UInt8]()
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                position += 1
                text += String(Character(try parseEscape())).utf8
            case 0..<0x20:
                throw unexpected("a character, or an escape for a control character")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw unexpected("\"\\\"\"")
    }

    private static let escapes: [UInt8: UnicodeScalar] = [
        UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/",
        UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n",
        UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
    ]

    private mutating func parseEscape() throws -> UnicodeScalar {
        if accept(UInt8(ascii: "u")) { return try parseUnicodeEscape() }
        guard let byte = peek(), let scalar = Self.escapes[byte] else {
            throw unexpected("an escape of JSON")
        }
        position += 1
        return scalar
    }

    private mutating func parseUnicodeEscape() throws -> UnicodeScalar {
        let start = position
        let high = try parseFourHexDigits()
        if let scalar = UnicodeScalar(high) { return scalar }
        if high < 0xDC00, accept(UInt8(ascii: "\\")), accept(UInt8(ascii: "u")) {
            let low = try parseFourHexDigits()
            if low >= 0xDC00 && low < 0xE000 {
                return UnicodeScalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))!
            }
        }
        position = start
        throw unexpected("a pair of surrogates")
    }

    private mutating func parseFourHexDigits() throws -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(),
                let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80
            else { throw unexpected("four hexadecimal digits") }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    // MARK: - Bytes

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func accept(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipWhitespace() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            position += 1
        }
    }
}
