import DurableFiles
import Foundation
import Kernels

/// A trained model on disk: safetensors with PyTorch's tensor names and Tessera's description.
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

    public init(description: ModelDescription, state: StateDictionary) {
        self.description = description
        self.state = state
    }

    /// Describes a model as it is now.
    public init(_ model: ConfiguredNetwork, description: ModelDescription) {
        self.init(description: description, state: model.stateDictionary())
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
    ///   doesn't hold exactly the tensors that its config asks for, all finite; `ConfigError` for
    ///   its config.
    public static func read(_ url: URL) throws -> ModelFile {
        try ModelFile(SafetensorsFile.read(url))
    }

    public init(_ file: SafetensorsFile) throws {
        description = try ModelDescription(
            metadata: file.metadata, file: file.name, unknown: &unknown)
        unknown.metadata = file.otherMetadata(
            than: [ModelDescription.formatKey]
                + ModelDescription.CodingKeys.allCases.map(\.rawValue))
        let layout = try description.config.network(
            inputHeight: description.inputHeight, inputWidth: description.inputWidth,
            inputChannels: description.normalization.channels
        ).graph().stateLayout
        state = try StateDictionary(file, layout: layout)
        integrity = file.integrity
    }

    /// Builds the model that the file describes.
    ///
    /// Where its training measured how to compute convolutions, the table's plan is used: whoever
    /// reads a model wants the same answers each time, and at once.
    public func makeModel(pool: WorkerPool) throws -> ConfiguredNetwork {
        let (config, height, width, channels) = (
            description.config, description.inputHeight, description.inputWidth,
            description.normalization.channels
        )
        let plan =
            config.network.convolution == .measure
            ? NetworkPlanner(
                try config.network(
                    inputHeight: height, inputWidth: width, inputChannels: channels
                ).graph()
            ).table() : nil
        let model = try ConfiguredNetwork(
            config: config, inputHeight: height, inputWidth: width, inputChannels: channels,
            plan: plan, pool: pool)
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
        let file = SafetensorsFile(
            tensors: state.tensors, metadata: try description.metadata(), name: name)
        // Once more by the reader's rules, then the digest: what is written can be read.
        _ = try ModelFile(file)
        return file.sealed()
    }

    /// The name that tells the configuration; the accuracy is the validation's.
    public func fileName(createdAt: Date) throws -> String {
        try ModelFileName(
            network: description.config.network.kind.fileName, createdAt: createdAt,
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
