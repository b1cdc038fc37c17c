import Foundation

/// Who or what decides that a model is deployed.
package enum DeploymentStrategy: Sendable, Equatable {
    /// The gate decides: every threshold must be met.
    case automatic
    /// A person promotes a named model. The gate is evaluated and recorded, and doesn't bind.
    case manual(approver: String, reason: String)
    /// Deployed whatever the gate says. The file must be verifiable all the same.
    case force(reason: String)
    /// A person takes the deployed model back, and with it what was deployed before.
    case rollback(approver: String, reason: String)

    package var name: String {
        switch self {
        case .automatic: "automatic"
        case .manual: "manual"
        case .force: "force"
        case .rollback: Self.rollbackName
        }
    }

    static let rollbackName = "rollback"
    /// The names of those that a person decides by.
    static let promotions: Set<String> = ["manual", "force", rollbackName]
}

/// One line of the registry's append-only record.
package struct Decision: Sendable, Equatable, Codable {
    package enum Outcome: String, Sendable, Codable {
        case deployed
        /// The gate was not met.
        case refused
        /// The file couldn't be stored or verified.
        case failed
    }

    package enum GateResult: String, Sendable, Codable {
        case met
        case notMet = "not_met"
        /// By the strategy `force`, whatever the checks say.
        case bypassed
    }

    /// Counted from 1.
    package var number: Int
    /// To the millisecond; written as ISO 8601 in UTC.
    package var time: Date
    /// `automatic`, `manual` or `force`.
    package var strategy: String
    /// SHA-256 of the model file, 64 lower-case hexadecimal digits.
    package var modelDigest: String
    package var fileName: String
    /// Of the model file; nil in decisions from before this was recorded, and for a file that
    /// wasn't stored.
    package var byteCount: Int?
    /// When the model came into the store; nil as above.
    package var addedAt: Date?
    /// What the gate judged; empty where the model was never measured.
    package var metrics: GateMetrics
    /// Where `metrics` come from; nil where the model was never measured.
    package var measurement: ModelMeasurement?
    package var checks: [GateCheck]
    package var gate: GateResult
    package var outcome: Outcome
    package var reason: String
    /// The user who ran the command, if known.
    package var actor: String?
    /// Who promoted it, for the strategies `manual` and `rollback`.
    package var approver: String?
    /// Digest of what was deployed when this was decided.
    package var previousDeployed: String?
    /// The same with its figures; nil where nothing or this very model was deployed.
    package var incumbent: IncumbentRecord?
    /// SHA-256 of the line before this one, without its line feed; of the first, 64 zeros.
    package var previousLine: String

    /// Whether a person decided it, not the gate.
    package var isByPerson: Bool { DeploymentStrategy.promotions.contains(strategy) }

    enum CodingKeys: String, CodingKey {
        case number, time, strategy, metrics, measurement, checks, gate, outcome, reason, actor
        case approver, incumbent
        case byteCount = "model_bytes"
        case addedAt = "model_added_at"
        case modelDigest = "model_sha256"
        case fileName = "file_name"
        case previousDeployed = "previous_deployed_sha256"
        case previousLine = "previous_line_sha256"
    }
}

/// The registry's JSON: one form for the record, the entries and the pointer.
enum RegistryJSON {
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(text(date))
        }
        return try encoder.encode(value)
    }

    /// - Throws: `RegistryError.malformed` naming `key`.
    static func decode<Value: Decodable>(_ type: Value.Type, _ data: Data, key: String) throws
        -> Value
    {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            return rounded(try dateStyle.parse(text))
        }
        do { return try decoder.decode(type, from: data) } catch {
            throw RegistryError.malformed(key: key, reason: reason(error))
        }
    }

    private static let dateStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    static func text(_ date: Date) -> String {
        // The formatter cuts digits off, and 0.002 s is stored as 0.00199….
        rounded(date).addingTimeInterval(0.000_5).formatted(dateStyle)
    }

    /// The date as it comes back from its text: to the millisecond.
    static func rounded(_ date: Date) -> Date {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        return Date(timeIntervalSince1970: milliseconds / 1000)
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "the field \(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context):
            (context.codingPath.map(\.stringValue) + [context.debugDescription])
                .joined(separator: ": ")
        case DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty:
            "it is not JSON"
        case DecodingError.dataCorrupted(let context):
            "the field \(context.codingPath.map(\.stringValue).joined(separator: ".")) has a value "
                + "that isn't possible"
        default: "\(error)"
        }
    }
}
