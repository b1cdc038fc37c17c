import Foundation
import Kernels

/// What a model file says of its model besides the weights: all that inference needs, and where
/// the model comes from.
public struct ModelDescription: Sendable, Equatable {
    /// What it was trained by. The network is `network`, whatever this says.
    public var config: ModelConfig
    /// The images' shape and the layers.
    public var network: NetworkDescription
    /// How bytes became inputs in training; inference uses these and no others.
    public var normalization: InputNormalization
    /// In the order of the outputs.
    public var classNames: [String]
    /// By name, such as `validation_accuracy` and `test_accuracy`; fractions.
    public var metrics: [String: Double]
    /// SHA-256 over the training data's own digests.
    public var dataDigest: String
    /// ISO 8601, UTC; nil where the same training is to give the same bytes whenever it runs.
    public var createdAt: String?
    /// Of the program that trained it.
    public var tesseraVersion: String

    /// - Parameter network: the config's, for images of the given size, if nil.
    /// - Throws: `ConfigError` for a config that no network can be made of.
    public init(
        config: ModelConfig, network: NetworkDescription? = nil,
        normalization: InputNormalization, classNames: [String],
        inputHeight: Int, inputWidth: Int, metrics: [String: Double], dataDigest: String,
        createdAt: String? = nil, tesseraVersion: String
    ) throws {
        self.config = config
        self.network =
            try network
            ?? config.network(
                inputHeight: inputHeight, inputWidth: inputWidth,
                inputChannels: normalization.channels)
        self.normalization = normalization
        self.classNames = classNames
        self.metrics = metrics
        self.dataDigest = dataDigest
        self.createdAt = createdAt
        self.tesseraVersion = tesseraVersion
    }

    public var inputHeight: Int { network.input.height }
    public var inputWidth: Int { network.input.width }

    /// The keys of the file's `__metadata__`; each value is JSON, since the format holds strings.
    enum CodingKeys: String, CodingKey, CaseIterable {
        case config, network, normalization
        case classNames = "class_names"
        case inputHeight = "input_height"
        case inputWidth = "input_width"
        case metrics
        case dataDigest = "data_digest"
        case createdAt = "created_at"
        case tesseraVersion = "tessera_version"
    }
}

extension ModelDescription: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(config, forKey: .config)
        try container.encode(network, forKey: .network)
        try container.encode(normalization, forKey: .normalization)
        try container.encode(classNames, forKey: .classNames)
        try container.encode(inputHeight, forKey: .inputHeight)
        try container.encode(inputWidth, forKey: .inputWidth)
        try container.encode(metrics, forKey: .metrics)
        try container.encode(dataDigest, forKey: .dataDigest)
        try container.encodeIfPresent(createdAt, forKey: .createdAt)
        try container.encode(tesseraVersion, forKey: .tesseraVersion)
    }
}

extension ModelDescription {
    /// `format: pt` is what PyTorch's tools write and some of them ask for.
    static let formatKey = "format"

    /// The description as strings for a safetensors header.
    ///
    /// - Throws: `ModelFileError.field` for a layer of one's own.
    func metadata(file: String = "model") throws -> [String: String] {
        var metadata = [
            ModelDescription.formatKey: "pt",
            CodingKeys.config.rawValue: try Checkpoint.json(config),
            CodingKeys.network.rawValue: try network.metadata(file: file),
            CodingKeys.normalization.rawValue: try Checkpoint.json(normalization),
            CodingKeys.classNames.rawValue: try Checkpoint.json(classNames),
            CodingKeys.inputHeight.rawValue: "\(inputHeight)",
            CodingKeys.inputWidth.rawValue: "\(inputWidth)",
            CodingKeys.metrics.rawValue: try Checkpoint.json(metrics),
            CodingKeys.dataDigest.rawValue: dataDigest,
            CodingKeys.tesseraVersion.rawValue: tesseraVersion,
        ]
        metadata[CodingKeys.createdAt.rawValue] = createdAt
        return metadata
    }

    /// Reads the description in a header. The network is the one that it describes; files of version 0.1
    /// have the config alone, from which it follows.
    ///
    /// - Parameter unknown: gets what this version doesn't know of it.
    /// - Throws: `ModelFileError.field` naming the entry at fault; `ConfigError` for a network whose
    ///   sizes are impossible.
    init(metadata: [String: String], file: String, unknown: inout UnknownEntries) throws {
        let entries = MetadataEntries(metadata: metadata, file: file)
        let described = try NetworkDescription(
            metadata: metadata, file: file, unknown: &unknown)
        let recorded: RecordedConfig = try entries.decode(
            .config, as: "the JSON of a model's config",
            userInfo: [RecordedConfig.networkIsDescribed: described != nil])
        (unknown.keys, unknown.values) = (recorded.unknown.keys, recorded.unknown.values)
        let height: Int = try entries.decode(.inputHeight, as: "a whole number")
        let width: Int = try entries.decode(.inputWidth, as: "a whole number")
        let normalization: InputNormalization = try entries.decode(
            .normalization, as: "{\"mean\": …, \"standard_deviation\": …}")
        let classNames: [String] = try entries.decode(.classNames, as: "a JSON array of names")
        if let described {
            try entries.check(described.input, height: height, width: width)
        } else {
            try entries.check(
                recorded.config, height: height, width: width,
                channels: normalization.channels, classCount: classNames.count)
        }
        try self.init(
            config: recorded.config, network: described, normalization: normalization,
            classNames: classNames, inputHeight: height, inputWidth: width,
            metrics: try entries.decode(.metrics, as: "a JSON object of numbers"),
            dataDigest: try entries.text(.dataDigest),
            createdAt: metadata[CodingKeys.createdAt.rawValue],
            tesseraVersion: try entries.text(.tesseraVersion))
    }
}

extension ModelDescription {
    /// Of a network's file.
    ///
    /// - Throws: `ModelFileError.field` where it doesn't say what it takes to use it on images.
    init(_ network: NetworkDescription, _ facts: NetworkFacts, file: String) throws {
        func needed<Value>(_ value: Value?, _ key: CodingKeys, _ expected: String) throws -> Value {
            guard let value else {
                throw ModelFileError.field(
                    file: file, field: "__metadata__.\(key.rawValue)", expected: expected,
                    got: "none; a network of images and classes is needed here")
            }
            return value
        }
        let classNames = try needed(facts.classNames, .classNames, "the names of the classes")
        let normalization = try needed(
            facts.normalization, .normalization, "how images become inputs")
        var config = ModelConfig()
        config.network.kind = .layers(network.layers)
        config.network.classCount = classNames.count
        func provenance(_ key: CodingKeys) -> String? { facts.provenance[key.rawValue] }
        try self.init(
            config: config, network: network, normalization: normalization,
            classNames: classNames, inputHeight: network.input.height,
            inputWidth: network.input.width, metrics: facts.metrics,
            dataDigest: provenance(.dataDigest) ?? "unknown",
            createdAt: provenance(.createdAt),
            tesseraVersion: provenance(.tesseraVersion) ?? "unknown")
    }
}

/// The entries of a model file's header.
private struct MetadataEntries {
    typealias Key = ModelDescription.CodingKeys

    let metadata: [String: String]
    let file: String

    func text(_ key: Key) throws -> String {
        guard let value = metadata[key.rawValue] else {
            throw failure(key, "an entry, as Tessera writes it", "none")
        }
        return value
    }

    func decode<Value: Decodable>(
        _ key: Key, as expected: String, userInfo: [CodingUserInfoKey: any Sendable] = [:]
    ) throws -> Value {
        let value = try text(key)
        let decoder = JSONDecoder()
        decoder.userInfo = userInfo
        do { return try decoder.decode(Value.self, from: Data(value.utf8)) } catch {
            let problem = (error as? DecodingError).map { " (\($0.problem))" } ?? ""
            throw failure(key, expected, "\(value.prefix(80))\(problem)")
        }
    }

    /// Whether what files of version 0.1 say of the images is what the network says.
    func check(_ input: SampleShape, height: Int, width: Int) throws {
        for (key, got, described) in [
            (Key.inputHeight, height, input.height), (.inputWidth, width, input.width),
        ] { try require(got == described, key, "\(described), as the network's input", "\(got)") }
    }

    /// Whether a network can be made of a config. What a training was asked for isn't needed here.
    func check(
        _ config: ModelConfig, height: Int, width: Int, channels: Int, classCount: Int
    ) throws {
        for key in ModelConfig.storedKeys where key.effect == .network { try key.check(config) }
        try config.network.validateDepth()
        try require(
            classCount == config.network.classCount, .classNames,
            "\(config.network.classCount) names, one a class", "\(classCount)")
        try require(
            (1...4096).contains(channels), .normalization,
            "a mean and a standard deviation for each of 1 to 4096 channels",
            "\(channels) of each")
        for (key, side) in [(Key.inputHeight, height), (.inputWidth, width)] {
            try require((1...4096).contains(side), key, "1 to 4096", "\(side)")
        }
        try config.network.graph(
            input: SampleShape(height: height, width: width, channels: channels))
    }

    private func require(
        _ isMet: Bool, _ key: Key, _ expected: String, _ got: String
    ) throws {
        guard isMet else { throw failure(key, expected, got) }
    }

    private func failure(_ key: Key, _ expected: String, _ got: String) -> ModelFileError {
        .field(file: file, field: "__metadata__.\(key.rawValue)", expected: expected, got: got)
    }
}
