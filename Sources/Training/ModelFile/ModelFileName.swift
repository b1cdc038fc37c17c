import Foundation

/// A model file's name, which tells its configuration:
/// `digitcnn_20261121T101500_adam_lr0.001_bs64_val0.9931.safetensors`.
public struct ModelFileName: Sendable, Equatable, CustomStringConvertible {
    /// Lower-case letters and digits, as the optimizer.
    public let network: String
    /// Whole seconds; written in UTC.
    public let createdAt: Date
    /// Lower-case letters and digits, such as `adam`.
    public let optimizer: String
    public let learningRate: Double
    /// Samples a step.
    public let batchSize: Int
    /// A fraction in [0, 1], to four decimals.
    public let validationAccuracy: Double

    /// - Throws: `ModelFileError.fileName` for a value that a name can't carry.
    public init(
        network: String = "digitcnn", createdAt: Date, optimizer: String, learningRate: Double,
        batchSize: Int,
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
        for (part, text) in [("network", network), ("optimizer", optimizer)] {
            try require(
                !text.isEmpty && text.utf8.allSatisfy(Self.isNameByte), part, text,
                "lower-case letters and digits")
        }
        try require(
            learningRate.isFinite && learningRate >= 0, "learning rate", learningRate,
            "a finite number, 0 or more")
        try require(batchSize > 0, "batch size", batchSize, "1 or more")
        try require(
            validationAccuracy >= 0 && validationAccuracy <= 1, "validation accuracy",
            validationAccuracy, "a fraction from 0 to 1")
        self.network = network
        self.createdAt = Date(timeIntervalSince1970: seconds)
        self.optimizer = optimizer
        self.learningRate = learningRate
        self.batchSize = batchSize
        self.validationAccuracy = (validationAccuracy * 10_000).rounded() / 10_000
    }

    public var description: String {
        let accuracy = String(format: "%.4f", validationAccuracy)
        return "\(network)_\(Self.text(createdAt))_\(optimizer)_lr\(Self.rate(learningRate))"
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
}
