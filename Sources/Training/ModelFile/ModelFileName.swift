import Foundation

/// A model file's name, which tells its configuration:
/// `digitcnn_20261121T101500_adam_lr0.001_bs64_val0.9931.safetensors`.
public struct ModelFileName: Sendable, Equatable, CustomStringConvertible {
    /// Whole seconds; written in UTC.
    public let createdAt: Date
    /// Lower-case letters and digits, such as `adam`.
    public let optimizer: String
    public let learningRate: Double
    /// Samples a step.
    public let batchSize: Int
    /// A fraction in [0, 1], to four decimals.
    public let validationAccuracy: Double

    static let example = "digitcnn_20261121T101500_adam_lr0.001_bs64_val0.9931.safetensors"

    /// - Throws: `ModelFileError.fileName` for a value that a name can't carry.
    public init(
        createdAt: Date, optimizer: String, learningRate: Double, batchSize: Int,
        validationAccuracy: Double
    ) throws {
        func require(_ condition: Bool, _ part: String, _ value: Any, _ expected: String) throws {
            guard condition else {
                throw ModelFileError.fileName(
                    name: "model file name", part: "\(part) \(value)", expected: expected)
            }
        }
        let seconds = createdAt.timeIntervalSince1970.rounded(.down)
        try require(
            seconds >= 0 && seconds < 253_402_300_800, "date", createdAt,
            "a year from 1970 to 9999")
        try require(
            !optimizer.isEmpty && optimizer.utf8.allSatisfy(Self.isNameByte), "optimizer",
            optimizer, "lower-case letters and digits")
        try require(
            learningRate.isFinite && learningRate >= 0, "learning rate", learningRate,
            "a finite number, 0 or more")
        try require(batchSize > 0, "batch size", batchSize, "1 or more")
        try require(
            validationAccuracy >= 0 && validationAccuracy <= 1, "validation accuracy",
            validationAccuracy, "a fraction from 0 to 1")
        self.createdAt = Date(timeIntervalSince1970: seconds)
        self.optimizer = optimizer
        self.learningRate = learningRate
        self.batchSize = batchSize
        self.validationAccuracy = (validationAccuracy * 10_000).rounded() / 10_000
    }

    /// Reads a name back, as this type writes it; a folder before it is not part of it.
    ///
    /// - Throws: `ModelFileError.fileName` naming the part that can't be read.
    public init(parsing name: String) throws {
        func part(_ text: Substring, _ prefix: String) throws -> String {
            guard text.hasPrefix(prefix) else {
                throw ModelFileError.fileName(
                    name: name, part: String(text), expected: "\(prefix)…")
            }
            return String(text.dropFirst(prefix.count))
        }
        func value<Value>(_ value: Value?, _ text: Substring, _ expected: String) throws -> Value {
            guard let value else {
                throw ModelFileError.fileName(name: name, part: String(text), expected: expected)
            }
            return value
        }
        let suffix = ".safetensors"
        let parts = name.dropLast(suffix.count).split(
            separator: "_", omittingEmptySubsequences: false)
        guard name.hasSuffix(suffix), parts.count == 6, parts[0] == "digitcnn" else {
            throw ModelFileError.fileName(
                name: name, part: "form",
                expected: "digitcnn_DATE_OPTIMIZER_lrRATE_bsSIZE_valACCURACY\(suffix)")
        }
        try self.init(
            createdAt: value(Self.date(parts[1]), parts[1], "a UTC date as 20261121T101500"),
            optimizer: String(parts[2]),
            learningRate: value(Double(part(parts[3], "lr")), parts[3], "a decimal number"),
            batchSize: value(Int(part(parts[4], "bs")), parts[4], "a whole number"),
            validationAccuracy: value(
                Double(part(parts[5], "val")), parts[5], "a fraction with four decimals"))
        // One name for one model: `lr1e-3`, `bs064` or 31 February are not what this type writes.
        guard [description, text(rate: Self.decimal(learningRate))].contains(name) else {
            throw ModelFileError.fileName(name: name, part: "form", expected: description)
        }
    }

    public var description: String { text(rate: Self.rate(learningRate)) }

    private func text(rate: String) -> String {
        let accuracy = String(format: "%.4f", validationAccuracy)
        return "digitcnn_\(Self.text(createdAt))_\(optimizer)_lr\(rate)"
            + "_bs\(batchSize)_val\(accuracy).safetensors"
    }

    // MARK: - Parts

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Names of files have at most 255 bytes, and a person reads no thirty zeros: beyond this many
    /// digits with their exponent, `1e-300`.
    private static let longestDecimal = 20

    private static func rate(_ value: Double) -> String {
        let decimal = decimal(value)
        return decimal.count <= longestDecimal ? decimal : "\(value)".replacing(".0e", with: "e")
    }

    /// The shortest digits that read back as the same number, without an exponent: 0.00001.
    static func decimal(_ value: Double) -> String {
        let parts = "\(value)".split(separator: "e")
        let mantissa = parts[0].split(separator: ".")
        let fraction = mantissa.count > 1 && mantissa[1] != "0" ? String(mantissa[1]) : ""
        let digits = mantissa[0] + fraction
        let point = mantissa[0].count + (parts.count > 1 ? Int(parts[1])! : 0)
        if point <= 0 { return "0." + String(repeating: "0", count: -point) + digits }
        if point >= digits.count {
            return digits + String(repeating: "0", count: point - digits.count)
        }
        return digits.prefix(point) + "." + digits.dropFirst(point)
    }

    private static let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "UTC")!
        return calendar
    }()

    private static func text(_ date: Date) -> String {
        let c = calendar.dateComponents(
            [.year, .month, .day, .hour, .minute, .second], from: date)
        return String(
            format: "%04d%02d%02dT%02d%02d%02d", c.year!, c.month!, c.day!, c.hour!, c.minute!,
            c.second!)
    }

    private static func date(_ text: Substring) -> Date? {
        let bytes = Array(text.utf8)
        guard bytes.count == 15, bytes[8] == UInt8(ascii: "T") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            let digits = bytes[range]
            guard digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
                return nil
            }
            return Int(String(decoding: digits, as: UTF8.self))
        }
        guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8),
            let hour = number(9..<11), let minute = number(11..<13), let second = number(13..<15)
        else { return nil }
        return calendar.date(
            from: DateComponents(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second))
    }
}
