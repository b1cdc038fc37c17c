import DurableFiles
import Foundation
import Inference
import Synchronization

/// How an answer's keys and times are written; numbers that aren't finite are null in each.
enum JSONStyle {
    /// Keys as the type names them, times to the second.
    case named
    /// Keys in snake_case, times to the millisecond: what the run store holds, and measurements.
    case record

    fileprivate var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        switch self {
        case .named: encoder.dateEncodingStrategy = .iso8601
        case .record:
            encoder.keyEncodingStrategy = .convertToSnakeCase
            encoder.dateEncodingStrategy = .custom { date, encoder in
                var container = encoder.singleValueContainer()
                try container.encode(
                    date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
            }
        }
        return encoder
    }

    func value(_ value: some Encodable) throws -> JSONValue {
        try JSONValue(value, by: encoder)
    }
}

/// Prints a command's answer as one JSON object with its schema's version.
///
/// - Parameters:
///   - failure: the error that the command ends with although it has an answer, which then says so.
///   - refine: adds or changes members.
func printJSON(
    _ value: some Encodable, _ style: JSONStyle = .named, failure: (any Error)? = nil,
    refine: (inout JSONValue) throws -> Void = { _ in }
) throws {
    var answer = try style.value(value)
    try refine(&answer)
    answer[OutputSchema.versionKey] = .integer(Int64(OutputSchema.version))
    if let failure { answer["error"] = try JSONStyle.named.value(ErrorRecord(failure)) }
    JSONAnswer.isPrinted.withLock { $0 = true }
    try StandardOutput.json(answer.data(isPretty: true))
}

/// What is known of this process's answer.
enum JSONAnswer {
    /// Whether one was printed: an error after it is told by the status and on standard error.
    static let isPrinted = Mutex(false)

    /// Whether the arguments ask for JSON, whatever else is wrong with them.
    static func isAskedFor(_ arguments: [String] = CommandLine.arguments) -> Bool {
        arguments.dropFirst().prefix { $0 != "--" }.contains("--json")
    }

    /// Prints an error as an object on one line, which may follow JSON lines.
    static func tell(_ error: any Error) {
        guard isAskedFor(), !isPrinted.withLock({ $0 }), !(error is OutputError) else { return }
        let answer = try? JSONValue.object([
            OutputSchema.versionKey: .integer(Int64(OutputSchema.version)),
            "error": JSONStyle.named.value(ErrorRecord(error)),
        ]).data(isPretty: false)
        // Where standard output can't be written, standard error and the status have said all.
        if let answer { try? StandardOutput.json(answer) }
    }
}

/// An error in JSON.
struct ErrorRecord: Encodable {
    let status: Int32
    let message: String
    let hint: String?

    init(_ error: any Error) {
        let text = ErrorText(error)
        status = Tessera.status(of: error)
        message = text.message
        hint = text.hint
    }

    enum CodingKeys: CodingKey { case status, message, hint }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(status, forKey: .status)
        try container.encode(message, forKey: .message)
        try container.encode(hint, forKey: .hint)
    }
}
