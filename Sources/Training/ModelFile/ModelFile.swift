import DurableFiles
import Foundation
import Kernels

/// A trained model on disk: safetensors with PyTorch's tensor names and Tessera's description.
///
/// Files of `NetworkFile` are read as well, where they say how images become inputs and what the classes
/// are called.
///
/// `safetensors.torch.load_file` reads it, and the tensors fit the same network in PyTorch.
public struct ModelFile: Sendable {
    public var description: ModelDescription
    public var state: StateDictionary
    /// Whether the content was compared with a digest when it was read; a model that wasn't read
    /// from a file has none.
    public private(set) var integrity = ContentIntegrity.noDigest
    /// What this version doesn't know of the file that it was read from.
    public private(set) var unknown = UnknownEntries()
    /// False for a file of version 0.1, which is written again as it was: to the same digest.
    private var describesNetwork = true

    public init(description: ModelDescription, state: StateDictionary) {
        self.description = description
        self.state = state
    }

    /// Describes a model as it is now.
    public init(_ model: ConfiguredNetwork, description: ModelDescription) {
        self.init(description: description, state: model.stateDictionary())
        // Whatever the rest was written for: the weights are this one's. A `ConfiguredNetwork` has a description.
        self.description.network = model.network.description!
    }

    /// What the user of such a file should know.
    ///
    /// - Parameter file: its name.
    public func notices(of file: String) -> [String] {
        [integrity.notice(of: file), unknown.notice(of: file)].compactMap(\.self)
    }

    // MARK: - Reading

    /// Reads and checks a model file.
    ///
    /// - Throws: `FileError`; `ModelFileError` for a file that breaks the format, was altered, or
    ///   doesn't hold exactly the tensors that its network asks for, all finite;
    ///   `NetworkDescriptionError` for layers that make no network; `ConfigError` for the config of a
    ///   file that doesn't describe its network.
    public static func read(_ url: URL) throws -> ModelFile {
        try ModelFile(SafetensorsFile.read(url))
    }

    public init(_ file: SafetensorsFile) throws {
        let hasConfig = file.metadata[ModelDescription.CodingKeys.config.rawValue] != nil
        guard hasConfig || file.metadata[NetworkDescription.metadataKey] == nil else {
            try self.init(NetworkFile(file), name: file.name)
            return
        }
        var unknown = UnknownEntries()
        let description = try ModelDescription(
            metadata: file.metadata, file: file.name, unknown: &unknown)
        let graph = try description.network.fileGraph()
        try NetworkFacts(description).check(graph, file: file.name)
        self.init(
            description: description, state: try StateDictionary(file, layout: graph.stateLayout))
        unknown.metadata = file.otherMetadata(
            than: [ModelDescription.formatKey]
                + ModelDescription.CodingKeys.allCases.map(\.rawValue))
        self.unknown = unknown
        integrity = file.integrity
        describesNetwork = file.metadata[NetworkDescription.metadataKey] != nil
    }

    /// A network that was written without a config, where it is one of images and classes.
    private init(_ file: NetworkFile, name: String) throws {
        self.init(
            description: try ModelDescription(file.network, file.facts, file: name),
            state: file.state)
        unknown = file.unknown
        integrity = file.integrity
    }

    /// Builds the model that the file describes.
    ///
    /// Where its training measured how to compute convolutions, the table's plan is used: whoever
    /// reads a model wants the same answers each time, and at once.
    public func makeModel(pool: WorkerPool) throws -> ConfiguredNetwork {
        let plan =
            description.config.network.convolution == .measure
            ? NetworkPlanner(try description.network.graph()).table() : nil
        let model = try ConfiguredNetwork(
            config: description.config, network: description.network, plan: plan, pool: pool)
        try model.load(state)
        return model
    }

    // MARK: - Writing

    /// Writes the file atomically and reads it back.
    ///
    /// - Throws: `FileError`; `ModelFileError`, for weights that aren't finite among others.
    public func write(to url: URL) throws {
        try encoded(name: url.lastPathComponent).write(to: url)
    }

    /// The bytes of the file.
    ///
    /// - Throws: `ModelFileError`, for weights that aren't finite among others.
    public func bytes() throws -> Data { try encoded(name: "model").encoded() }

    /// Reads a model file's bytes.
    ///
    /// - Parameter name: for messages.
    /// - Throws: as `read`.
    public init(parsing bytes: Data, name: String) throws {
        try self.init(SafetensorsFile(parsing: bytes, name: name))
    }

    func encoded(name: String) throws -> SafetensorsFile {
        var metadata = try description.metadata(file: name)
        if !describesNetwork { metadata[NetworkDescription.metadataKey] = nil }
        let file = SafetensorsFile(tensors: state.tensors, metadata: metadata, name: name)
        // Once more by the reader's rules, then the digest: what is written can be read.
        _ = try ModelFile(file)
        return file.sealed()
    }

    /// The name that tells the configuration; the accuracy is the validation's.
    public func fileName(createdAt: Date) throws -> String {
        try ModelFileName(
            network: description.config.network.kind.name, createdAt: createdAt,
            optimizer: description.config.optimizer.type.rawValue,
            learningRate: description.config.optimizer.learningRate,
            batchSize: description.config.batchSize,
            validationAccuracy: description.metrics["validation_accuracy"] ?? 0
        ).description
    }
}

extension StateDictionary {
    /// The state as safetensors' tensors.
    var tensors: [String: SafetensorsFile.Tensor] {
        Dictionary(
            uniqueKeysWithValues: entries.map { entry in
                switch entry.values {
                case .floats(let values):
                    (entry.name, SafetensorsFile.Tensor(values, shape: entry.shape))
                case .integers(let values):
                    (entry.name, SafetensorsFile.Tensor(values, shape: entry.shape))
                }
            })
    }

    /// Reads exactly the tensors of `layout`.
    ///
    /// - Throws: `ModelFileError` for a missing, surplus, misshapen or non-finite tensor.
    init(_ file: SafetensorsFile, layout: [StateLayout]) throws {
        self.init(
            try layout.map { item in
                let values: Values =
                    item.isInteger
                    ? .integers(try file.int64(named: item.name, shape: item.shape))
                    : .floats(try file.float32(named: item.name, shape: item.shape))
                return Entry(name: item.name, shape: item.shape, values: values)
            })
        let names = Set(layout.map(\.name))
        for name in file.names where !names.contains(name) {
            throw ModelFileError.unexpectedTensor(file: file.name, tensor: name)
        }
    }
}
