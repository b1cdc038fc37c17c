/// The type of a configuration key and the values it may take.
public enum ConfigDomain: Sendable {
    case integer(ClosedRange<Int128>, multipleOf: Int128 = 1)
    case number(NumberRange)
    case boolean
    case choice([String])
    /// - refusal: what a text that isn't allowed must be instead; nil for one that is allowed.
    case text(allowed: String, refusal: @Sendable (String) -> String?)
    /// A folder's path.
    case folder

    /// The value that `raw` stands for, or nil when it is of another type. Doesn't check the range.
    public func parse(_ raw: RawConfigValue) -> ConfigValue? {
        switch (self, raw) {
        case (_, .null): nil
        case (.text, _), (.folder, _): .text(raw.text)
        // A choice's name may be quoted; a quoted number or boolean is text.
        case (.choice(let names), _): names.contains(raw.text) ? .text(raw.text) : nil
        case (_, .quoted): nil
        case (.integer, .plain(let text)): Int128(text).map(ConfigValue.integer)
        case (.number, .plain(let text)): Double(text).map(ConfigValue.number)
        case (.boolean, .plain(let text)): Self.boolean(text).map(ConfigValue.boolean)
        }
    }

    public func contains(_ value: ConfigValue) -> Bool {
        switch (self, value) {
        case (.integer(let range, let divisor), .integer(let value)):
            range.contains(value) && value.isMultiple(of: divisor)
        case (.number(let range), .number(let value)): range.contains(value)
        case (.boolean, .boolean): true
        case (.choice(let names), .text(let name)): names.contains(name)
        case (.text(_, let refusal), .text(let value)): refusal(value) == nil
        case (.folder, .text(let path)): !path.isEmpty
        default: false
        }
    }

    /// What is allowed instead of a value that isn't.
    func allowed(insteadOf value: ConfigValue) -> String {
        guard case .text(_, let refusal) = self, case .text(let text) = value else {
            return description
        }
        return refusal(text) ?? description
    }

    /// The words of YAML 1.1.
    private static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on": true
        case "false", "no", "off": false
        default: nil
        }
    }
}

extension ConfigDomain: CustomStringConvertible {
    /// What is allowed, in words that fit after "expected" and "must be".
    public var description: String {
        switch self {
        case .integer(let range, let divisor):
            Self.describe(range, even: divisor == 2)
        case .number(let range): range.description
        case .boolean: "true or false"
        case .choice(let names): "one of " + names.joined(separator: ", ")
        case .text(let allowed, _): allowed
        case .folder: "a folder's path"
        }
    }

    private static func describe(_ range: ClosedRange<Int128>, even: Bool) -> String {
        let kind = even ? "an even whole number" : "a whole number"
        return "\(kind) from \(range.lowerBound) to \(range.upperBound)"
    }
}

/// An interval of finite numbers, each end included or not.
public struct NumberRange: Sendable, CustomStringConvertible {
    public enum Bound: Sendable {
        case included(Double)
        case excluded(Double)
    }

    public let lower: Bound
    public let upper: Bound?

    public init(_ lower: Bound, _ upper: Bound? = nil) {
        self.lower = lower
        self.upper = upper
    }

    public static let positive = NumberRange(.excluded(0))
    public static let nonNegative = NumberRange(.included(0))
    /// [0, 1]
    public static let unit = NumberRange(.included(0), .included(1))
    /// [0, 1)
    public static let belowOne = NumberRange(.included(0), .excluded(1))
    /// (0, 1)
    public static let openUnit = NumberRange(.excluded(0), .excluded(1))

    public func contains(_ value: Double) -> Bool {
        guard value.isFinite else { return false }
        let aboveLower =
            switch lower {
            case .included(let bound): value >= bound
            case .excluded(let bound): value > bound
            }
        let belowUpper =
            switch upper {
            case .included(let bound): value <= bound
            case .excluded(let bound): value < bound
            case nil: true
            }
        return aboveLower && belowUpper
    }

    public var description: String {
        let lowerText =
            switch lower {
            case .included(let bound): "of at least \(Self.short(bound))"
            case .excluded(let bound): "greater than \(Self.short(bound))"
            }
        let upperText =
            switch upper {
            case .included(let bound): " and at most \(Self.short(bound))"
            case .excluded(let bound): " and less than \(Self.short(bound))"
            case nil: ""
            }
        return "a number " + lowerText + upperText
    }

    private static func short(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? String(value)
    }
}
