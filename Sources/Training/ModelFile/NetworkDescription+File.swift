import Foundation

/// A network's description as files have it, in an entry of their metadata.
///
/// What it says decides what the weights mean, so whatever isn't understood of its layers is an error.
extension NetworkDescription {
    static let metadataKey = "network"

    /// - Throws: `ModelFileError.field` for a layer of one's own, which can't be written.
    func metadata(file: String) throws -> String {
        do { return try Checkpoint.json(self) } catch EncodingError.invalidValue(let value, _) {
            throw Self.failure(
                file, expected: "layers that can be written", got: "\(value), a layer of one's own")
        }
    }

    /// - Parameter unknown: gets the keys beside the input and the layers that this version doesn't know.
    /// - Returns: nil where there is no such entry.
    /// - Throws: `ModelFileError.field`, with what isn't understood.
    init?(metadata: [String: String], file: String, unknown: inout UnknownEntries) throws {
        guard let text = metadata[Self.metadataKey] else { return nil }
        let record: Record
        do { record = try JSONDecoder().decode(Record.self, from: Data(text.utf8)) } catch {
            throw Self.failure(
                file, expected: "the JSON of a network's input and layers",
                got: (error as? DecodingError)?.problem ?? String(text.prefix(80)))
        }
        unknown.network = record.unknownKeys
        self = record.network
    }

    private static func failure(
        _ file: String, expected: String, got: String
    ) -> ModelFileError {
        .field(file: file, field: "__metadata__.\(metadataKey)", expected: expected, got: got)
    }

    private struct Record: Decodable {
        let network: NetworkDescription
        let unknownKeys: [String]

        init(from decoder: any Decoder) throws {
            network = try NetworkDescription(from: decoder)
            let known = CodingKeys.allCases.map(\.rawValue)
            unknownKeys = try decoder.container(keyedBy: NamedKey.self).allKeys
                .map(\.stringValue).filter { !known.contains($0) }.sorted()
        }
    }

    /// The graph of a network that a file describes: small enough to be computed, whatever the file says.
    ///
    /// - Throws: `NetworkDescriptionError`.
    func fileGraph() throws -> NetworkGraph {
        let graph = try graph()
        for node in graph.nodes {
            try node.output.check(layer: node.name, limit: NetworkLimits.valuesInFile)
        }
        return graph
    }
}
