import Foundation
import Orchestration

/// A figure that an asset's record has beside its content: of which asset, under which name, of which type.
package struct AssetFact<Value: FactValue>: Sendable {
    package let asset: DigitAsset
    package let name: String

    init(_ asset: DigitAsset, _ name: String) {
        self.asset = asset
        self.name = name
    }
}

/// What a record can hold as a figure.
package protocol FactValue: Sendable {
    /// Nil for a value of another type.
    init?(_ stored: MetadataValue)
    /// Nil for what the record has no form for.
    var stored: MetadataValue? { get }
}

extension Metadata {
    package subscript<Figure>(_ fact: AssetFact<Figure>) -> Figure? {
        get { self[fact.name].flatMap { Figure($0) } }
        set { self[fact.name] = newValue?.stored }
    }
}

extension RunDetails {
    package subscript<Value>(_ fact: AssetFact<Value>) -> Value? {
        self[fact.asset]?.metadata[fact]
    }
}

extension Materialization {
    package subscript<Value>(_ fact: AssetFact<Value>) -> Value? { metadata[fact] }
}

extension RunStore {
    /// Contents whose record has a text, the latest first.
    func materializations(with fact: AssetFact<String>, equal text: String) throws
        -> [Materialization]
    {
        try materializations(ofAsset: fact.asset.rawValue, with: fact.name, equal: text)
    }

    /// The latest run that has such a content.
    package func run(having fact: AssetFact<String>, equal text: String) throws -> StoredRun? {
        try run(having: fact.asset.rawValue, with: fact.name, equal: text)
    }
}

// MARK: - Types

extension String: FactValue {
    package init?(_ stored: MetadataValue) {
        guard case .text(let text) = stored else { return nil }
        self = text
    }
    package var stored: MetadataValue? { .text(self) }
}

extension Int: FactValue {
    package init?(_ stored: MetadataValue) {
        guard let value = stored.int else { return nil }
        self = value
    }
    package var stored: MetadataValue? { .integer(self) }
}

/// One that isn't finite has no form in JSON.
extension Double: FactValue {
    package init?(_ stored: MetadataValue) {
        guard let value = stored.double else { return nil }
        self = value
    }
    package var stored: MetadataValue? { .finite(self) }
}

extension Bool: FactValue {
    package init?(_ stored: MetadataValue) {
        guard let value = stored.flag else { return nil }
        self = value
    }
    package var stored: MetadataValue? { .flag(self) }
}

/// What a record can hold a list of.
package protocol ListedFactValue: Sendable {
    static func list(_ stored: MetadataValue) -> [Self]?
    static func stored(_ list: [Self]) -> MetadataValue
}

extension Array: FactValue where Element: ListedFactValue {
    package init?(_ stored: MetadataValue) {
        guard let list = Element.list(stored) else { return nil }
        self = list
    }
    package var stored: MetadataValue? { Element.stored(self) }
}

extension String: ListedFactValue {
    package static func list(_ stored: MetadataValue) -> [String]? {
        switch stored {
        case .texts(let texts): return texts
        // In JSON a list of nothing isn't of texts.
        case .numbers(let numbers) where numbers.isEmpty: return []
        default: return nil
        }
    }
    package static func stored(_ list: [String]) -> MetadataValue { .texts(list) }
}

extension Double: ListedFactValue {
    package static func list(_ stored: MetadataValue) -> [Double]? {
        guard case .numbers(let numbers) = stored else { return nil }
        return numbers
    }
    package static func stored(_ list: [Double]) -> MetadataValue { .numbers(list) }
}

/// A number for each channel of an image; one for grey is stored as a number, several as a list.
package struct ChannelValues: FactValue, Equatable {
    package let values: [Double]

    init(_ values: [Double]) { self.values = values }

    package init?(_ stored: MetadataValue) {
        guard let values = [Double](stored) ?? stored.double.map({ [$0] }) else { return nil }
        self.values = values
    }

    package var stored: MetadataValue? {
        values.count == 1 ? .number(values[0]) : .numbers(values)
    }
}

/// A value as JSON within a text.
package struct JSONText<Content: Codable & Sendable>: FactValue {
    private let text: String

    init(_ content: Content) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        text = String(decoding: try encoder.encode(content), as: UTF8.self)
    }

    package init?(_ stored: MetadataValue) {
        guard case .text(let text) = stored else { return nil }
        self.text = text
    }

    package var stored: MetadataValue? { .text(text) }

    /// - Throws: `DecodingError` for a text of another version.
    func content() throws -> Content {
        try JSONDecoder().decode(Content.self, from: Data(text.utf8))
    }
}
