import DurableFiles
import Foundation
import Kernels

/// A trained network on disk, whatever network it is: safetensors with PyTorch's tensor names, the
/// network's description, and what else its user needs. Nothing of how it was trained is needed to load
/// it.
///
/// Files of `ModelFile` are read as well.
public struct NetworkFile: Sendable {
    public var network: NetworkDescription
    public var state: StateDictionary
    public var facts: NetworkFacts
    /// Whether the content was compared with a digest when it was read; a network that wasn't read from
    /// a file has none.
    public private(set) var integrity = ContentIntegrity.noDigest
    /// What this version doesn't know of the file that it was read from.
    public private(set) var unknown = UnknownEntries()

    public init(
        network: NetworkDescription, state: StateDictionary, facts: NetworkFacts = NetworkFacts()
    ) {
        self.network = network
        self.state = state
        self.facts = facts
    }

    /// Takes a network as it is now.
    ///
    /// - Throws: `NetworkDescriptionError` for a network that was made of layers and has no description.
    public init(_ network: Network, facts: NetworkFacts = NetworkFacts()) throws {
        guard let description = network.description else {
            throw NetworkDescriptionError(
                layer: network.graph.nodes[0].name,
                problem: "given as a layer; make the network from a description to write it")
        }
        self.init(network: description, state: network.stateDictionary(), facts: facts)
    }

    /// What the user of such a file should know.
    ///
    /// - Parameter file: its name.
    public func notices(of file: String) -> [String] {
        [integrity.notice(of: file), unknown.notice(of: file)].compactMap(\.self)
    }

    // MARK: - Reading

    /// Reads and checks a file.
    ///
    /// - Throws: `FileError`; `ModelFileError` for a file that breaks the format, was altered, or
    ///   doesn't hold exactly the tensors that its network has, all finite;
    ///   `NetworkDescriptionError` for layers that make no network; `ConfigError` for the config of a
    ///   `ModelFile`.
    public static func read(_ url: URL) throws -> NetworkFile {
        try NetworkFile(SafetensorsFile.read(url))
    }

    /// Reads a file's bytes.
    ///
    /// - Parameter name: for messages.
    /// - Throws: as `read`.
    public init(parsing bytes: Data, name: String) throws {
        try self.init(SafetensorsFile(parsing: bytes, name: name))
    }

    public init(_ file: SafetensorsFile) throws {
        var unknown = UnknownEntries()
        // A `ModelFile` has both.
        guard file.metadata[ModelDescription.CodingKeys.config.rawValue] == nil,
            let network = try NetworkDescription(
                metadata: file.metadata, file: file.name, unknown: &unknown)
        else {
            try self.init(ModelFile(file))
            return
        }
        let graph = try network.fileGraph()
        let facts = try NetworkFacts(metadata: file.metadata, file: file.name)
        try facts.check(graph, file: file.name)
        self.init(
            network: network, state: try StateDictionary(file, layout: graph.stateLayout),
            facts: facts)
        unknown.metadata = file.otherMetadata(than: NetworkFacts.metadataKeys)
        self.unknown = unknown
        integrity = file.integrity
    }

    private init(_ model: ModelFile) throws {
        self.init(
            network: model.description.network, state: model.state,
            facts: NetworkFacts(model.description))
        integrity = model.integrity
        unknown = model.unknown
    }

    /// Builds the network that the file describes.
    ///
    /// - Parameter plan: how convolutions are computed; the table's choice by shape if nil.
    public func makeNetwork(plan: ConvolutionPlan? = nil, pool: WorkerPool) throws -> Network {
        let network = try Network(network, plan: plan, pool: pool)
        try network.load(state)
        return network
    }

    // MARK: - Writing

    /// Writes the file atomically and reads it back.
    ///
    /// - Throws: `FileError`; `ModelFileError`, for weights that aren't finite or a layer of one's own
    ///   among others.
    public func write(to url: URL) throws {
        try encoded(name: url.lastPathComponent).write(to: url)
    }

    /// The bytes of the file.
    ///
    /// - Throws: `ModelFileError`, as `write`.
    public func bytes() throws -> Data { try encoded(name: "model").encoded() }

    private func encoded(name: String) throws -> SafetensorsFile {
        var metadata = try facts.metadata()
        metadata[NetworkDescription.metadataKey] = try network.metadata(file: name)
        let file = SafetensorsFile(tensors: state.tensors, metadata: metadata, name: name)
        // Once more by the reader's rules, then the digest: what is written can be read.
        _ = try NetworkFile(file)
        return file.sealed()
    }
}
