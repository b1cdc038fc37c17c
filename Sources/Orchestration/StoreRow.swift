import Foundation
import GRDB

/// A row of the store's, each of whose columns is believed only after a look: the file may have been
/// altered, and names in it become paths.
struct StoreRow {
    let row: Row
    /// The store's file.
    let path: String
    let table: String
    /// Which row it is, for a person.
    let name: String

    /// - Throws: `StoreError.damaged`.
    func text(_ column: String) throws -> String {
        try value(column, expected: "text")
    }

    func number(_ column: String) throws -> Int { try value(column, expected: "a whole number") }

    func flag(_ column: String) throws -> Bool { try value(column, expected: "0 or 1") }

    /// A duration or value; nil for none.
    func real(_ column: String) throws -> Double? { row[column] }

    /// A point in time that the calendar can show.
    func time(_ column: String) throws -> Date {
        let seconds: Double = try value(column, expected: "seconds since 1970")
        guard StoreRow.calendar.contains(seconds) else {
            throw damage(column, "\(seconds), expected seconds since 1970")
        }
        return Date(timeIntervalSince1970: seconds)
    }

    func optionalTime(_ column: String) throws -> Date? {
        (row[column] as Double?) == nil ? nil : try time(column)
    }

    /// From the year 1 to 9999.
    private static let calendar = -62_135_596_800.0...253_402_300_799

    /// A column that names one of an enumeration's cases.
    func named<Case: RawRepresentable>(_ column: String) throws -> Case
    where Case.RawValue == String {
        let text = try text(column)
        guard let value = Case(rawValue: text) else {
            throw damage(column, "\(StoreRow.quoted(text)) is unknown here")
        }
        return value
    }

    func json<Value: Decodable>(_ type: Value.Type, _ column: String) throws -> Value {
        do { return try JSONText.decode(type, text(column)) } catch let error as DecodingError {
            throw damage(column, error.isSyntax ? "it is no JSON" : "it is JSON of another form")
        }
    }

    // MARK: - Names that become paths

    func runID(_ column: String) throws -> String {
        let text = try text(column)
        guard RunID.isValid(text) else {
            throw damage(
                column,
                "\(StoreRow.quoted(text)) is no run's id, which is like \(RunID.example)")
        }
        return text
    }

    func optionalRunID(_ column: String) throws -> String? {
        (row[column] as String?) == nil ? nil : try runID(column)
    }

    func digest(_ column: String) throws -> String {
        let text = try text(column)
        guard ArtifactStore.isDigest(text) else {
            throw damage(
                column, "\(StoreRow.quoted(text)) is no digest of 64 hexadecimal digits")
        }
        return text
    }

    /// Of an asset, a metric or the like.
    func identifier(_ column: String) throws -> String {
        let text = try text(column)
        guard StoreRow.isPlain(text) else {
            throw damage(column, "\(StoreRow.quoted(text)) is no name")
        }
        return text
    }

    /// Metadata whose entries that are paths from the home folder lead nowhere else.
    func metadata(_ column: String) throws -> Metadata {
        let metadata = try json(Metadata.self, column)
        for key in ["model_file", "file"] {
            guard case .text(let path)? = metadata[key] else { continue }
            guard StoreRow.staysInside(path) else {
                throw damage(
                    column, "\(key) \(StoreRow.quoted(path)) is no path inside the home folder")
            }
        }
        return metadata
    }

    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && !text.hasPrefix(".") && text.utf8.count <= 200
            && text.unicodeScalars.allSatisfy { $0.value > 32 && $0.value != 127 && $0 != "/" }
    }

    /// Relative, and without a step up.
    private static func staysInside(_ path: String) -> Bool {
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        return names.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
            && path.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
    }

    // MARK: - Errors

    func damage(_ column: String, _ reason: String) -> StoreError {
        .damaged(path: path, table: table, row: name, column: column, reason: reason)
    }

    private func value<Value: DatabaseValueConvertible>(
        _ column: String, expected: String
    ) throws -> Value {
        guard let value = Value.fromDatabaseValue(row[column]) else {
            throw damage(column, "expected \(expected)")
        }
        return value
    }

    /// Short, and without characters that a terminal would obey.
    static func quoted(_ text: String) -> String {
        let start = text.unicodeScalars.prefix(60)
            .map { $0.properties.generalCategory == .control ? "?" : String($0) }.joined()
        return "\"\(start)\(text.unicodeScalars.count > 60 ? "…" : "")\""
    }
}

extension DecodingError {
    fileprivate var isSyntax: Bool {
        if case .dataCorrupted = self { true } else { false }
    }
}
