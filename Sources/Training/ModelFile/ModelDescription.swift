import Foundation
import Kernels

/// What a model file says of its model besides the weights: all that inference needs, and where
/// the model comes from.
public struct ModelDescription: Codable, Sendable, Equatable {
    public var config: ModelConfig
    /// How bytes became inputs in training; inference uses these and no others.
    public var normalization: InputNormalization
    /// In the order of the outputs.
    public var classNames: [String]
    public var inputHeight: Int
    public var inputWidth: Int
    /// By name, such as `validation_accuracy` and `test_accuracy`; fractions.
    public var metrics: [String: Double]
    /// SHA-256 over the training data's own digests.
    public var dataDigest: String
    /// ISO 8601, UTC; nil where the same training is to give the same bytes whenever it runs.
    public var createdAt: String?
    /// Of the program that trained it.
    public var tesseraVersion: String

    public init(
        config: ModelConfig, normalization: InputNormalization, classNames: [String],
        inputHeight: Int, inputWidth: Int, metrics: [String: Double], dataDigest: String,
        createdAt: String? = nil, tesseraVersion: String
    ) {
        self.config = config
        self.normalization = normalization
        self.classNames = classNames
        self.inputHeight = inputHeight
        self.inputWidth = inputWidth
        self.metrics = metrics
        self.dataDigest = dataDigest
        self.createdAt = createdAt
        self.tesseraVersion = tesseraVersion
    }

    /// The keys of the file's `__metadata__`; each value is JSON, since the format holds strings.
    enum CodingKeys: String, CodingKey, CaseIterable {
        case config
        case normalization
        case classNames = "class_names"
        case inputHeight = "input_height"
        case inputWidth = "input_width"
        case metrics
        case dataDigest = "data_digest"
        case createdAt = "created_at"
        case tesseraVersion = "tessera_version"
    }
}

extension ModelDescription {
    /// `format: pt` is what PyTorch's tools write and some of them ask for.
    static let formatKey = "format"

    /// The description as strings for a safetensors header.
    func metadata() throws -> [String: String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        func json(_ value: some Encodable) throws -> String {
            String(decoding: try encoder.encode(value), as: UTF8.self)
        }
        var metadata = [
            ModelDescription.formatKey: "pt",
            CodingKeys.config.rawValue: try json(config),
            CodingKeys.normalization.rawValue: try json(normalization),
            CodingKeys.classNames.rawValue: try json(classNames),
            CodingKeys.inputHeight.rawValue: "\(inputHeight)",
            CodingKeys.inputWidth.rawValue: "\(inputWidth)",
            CodingKeys.metrics.rawValue: try json(metrics),
            CodingKeys.dataDigest.rawValue: dataDigest,
            CodingKeys.tesseraVersion.rawValue: tesseraVersion,
        ]
        metadata[CodingKeys.createdAt.rawValue] = createdAt
        return metadata
    }

    /// Reads and checks the description in a header.
    ///
    /// - Parameter unknown: gets what this version doesn't know of the config.
    /// - Throws: `ModelFileError.field` naming the entry at fault; `ConfigError` for a network whose
    ///   sizes are impossible.
    init(metadata: [String: String], file: String, unknown: inout UnknownEntries) throws {
        func text(_ key: CodingKeys) throws -> String {
            guard let value = metadata[key.rawValue] else {
                throw ModelFileError.field(
                    file: file, field: "__metadata__.\(key.rawValue)",
                    expected: "an entry, as Tessera writes it", got: "none")
            }
            return value
        }
        func decode<Value: Decodable>(_ key: CodingKeys, as expected: String) throws -> Value {
            let value = try text(key)
            do { return try JSONDecoder().decode(Value.self, from: Data(value.utf8)) } catch {
                throw ModelFileError.field(
                    file: file, field: "__metadata__.\(key.rawValue)", expected: expected,
                    got: String(value.prefix(80)))
            }
        }
        let recorded: RecordedConfig = try decode(.config, as: "the JSON of a model's config")
        config = recorded.config
        unknown = recorded.unknown
        normalization = try decode(.normalization, as: "{\"mean\": …, \"standard_deviation\": …}")
        classNames = try decode(.classNames, as: "a JSON array of names")
        inputHeight = try decode(.inputHeight, as: "a whole number")
        inputWidth = try decode(.inputWidth, as: "a whole number")
        metrics = try decode(.metrics, as: "a JSON object of numbers")
        dataDigest = try text(.dataDigest)
        createdAt = metadata[CodingKeys.createdAt.rawValue]
        tesseraVersion = try text(.tesseraVersion)
        try validate(file: file)
    }

    private func validate(file: String) throws {
        func require(_ isMet: Bool, _ key: CodingKeys, _ expected: String, _ got: String) throws {
            guard isMet else {
                throw ModelFileError.field(
                    file: file, field: "__metadata__.\(key.rawValue)", expected: expected, got: got)
            }
        }
        // Of what a training was asked for, nothing is needed here.
        for key in ModelConfig.storedKeys where key.effect == .network { try key.check(config) }
        try config.network.validateDepth()
        try require(
            classNames.count == config.network.classCount, .classNames,
            "\(config.network.classCount) names, one a class", "\(classNames.count)")
        try require(
            (1...4096).contains(normalization.channels),
            .normalization,
            "a mean and a standard deviation for each of 1 to 4096 channels",
            "\(normalization.channels) of each")
        try require(
            normalization.isUsable, .normalization,
            "a finite mean and a standard deviation above 0",
            "\(normalization.mean[0]) and \(normalization.standardDeviation[0])")
        for (name, value) in metrics.sorted(by: { $0.key < $1.key }) {
            let range = MetricRange(of: name)
            guard !range.contains(value) else { continue }
            throw ModelFileError.impossibleMetric(
                file: file, metric: name, expected: range.description, got: value)
        }
        for (key, side) in [(CodingKeys.inputHeight, inputHeight), (.inputWidth, inputWidth)] {
            try require((1...4096).contains(side), key, "1 to 4096", "\(side)")
        }
        try config.network.validateFit(
            SampleShape(
                height: inputHeight, width: inputWidth, channels: normalization.channels))
    }
}
