import Foundation

/// What a file says of its network besides layers and weights; each may be missing.
public struct NetworkFacts: Sendable, Equatable {
    /// How bytes became inputs in training; nil where the inputs aren't images.
    public var normalization: InputNormalization?
    /// In the order of the outputs; nil where those aren't classes.
    public var classNames: [String]?
    /// By name, such as `validation_accuracy`.
    public var metrics: [String: Double]
    /// Where the network comes from, by name, such as `data_digest` and `created_at`.
    public var provenance: [String: String]

    public init(
        normalization: InputNormalization? = nil, classNames: [String]? = nil,
        metrics: [String: Double] = [:], provenance: [String: String] = [:]
    ) {
        self.normalization = normalization
        self.classNames = classNames
        self.metrics = metrics
        self.provenance = provenance
    }

    /// A training's best epoch as metrics: `validation_loss`, and each metric with its set before it.
    public init(
        _ result: TrainingResult, normalization: InputNormalization? = nil,
        classNames: [String]? = nil, provenance: [String: String] = [:]
    ) {
        var metrics: [String: Double] = [:]
        if let best = result.best {
            metrics["validation_loss"] = best.validationLoss
            for (name, value) in best.validationMetrics { metrics["validation_\(name)"] = value }
        }
        self.init(
            normalization: normalization, classNames: classNames, metrics: metrics,
            provenance: provenance)
    }

    init(_ description: ModelDescription) {
        self.init(
            normalization: description.normalization, classNames: description.classNames,
            metrics: description.metrics,
            provenance: [
                ModelDescription.CodingKeys.dataDigest.rawValue: description.dataDigest,
                ModelDescription.CodingKeys.tesseraVersion.rawValue: description.tesseraVersion,
            ])
        provenance[ModelDescription.CodingKeys.createdAt.rawValue] = description.createdAt
    }

    // MARK: - Metadata

    private enum Key: String, CaseIterable {
        case normalization, metrics, provenance
        case classNames = "class_names"
    }

    /// The entries of a network's file, each JSON but `format`.
    static var metadataKeys: [String] {
        [ModelDescription.formatKey, NetworkDescription.metadataKey] + Key.allCases.map(\.rawValue)
    }

    func metadata() throws -> [String: String] {
        var metadata = [ModelDescription.formatKey: "pt"]
        func add(_ key: Key, _ value: (some Encodable)?) throws {
            metadata[key.rawValue] = try value.map { try Checkpoint.json($0) }
        }
        try add(.normalization, normalization)
        try add(.classNames, classNames)
        if !metrics.isEmpty { try add(.metrics, metrics) }
        if !provenance.isEmpty { try add(.provenance, provenance) }
        return metadata
    }

    /// - Throws: `ModelFileError.field` naming the entry at fault.
    init(metadata: [String: String], file: String) throws {
        func decode<Value: Decodable>(_ key: Key, as expected: String) throws -> Value? {
            guard let text = metadata[key.rawValue] else { return nil }
            do { return try JSONDecoder().decode(Value.self, from: Data(text.utf8)) } catch {
                throw ModelFileError.field(
                    file: file, field: "__metadata__.\(key.rawValue)", expected: expected,
                    got: String(text.prefix(80)))
            }
        }
        self.init(
            normalization: try decode(
                .normalization, as: "{\"mean\": …, \"standard_deviation\": …}"),
            classNames: try decode(.classNames, as: "a JSON array of names"),
            metrics: try decode(.metrics, as: "a JSON object of numbers") ?? [:],
            provenance: try decode(.provenance, as: "a JSON object of texts") ?? [:])
    }

    /// Whether they can be of that network.
    ///
    /// - Throws: `ModelFileError` naming the entry at fault.
    func check(_ graph: NetworkGraph, file: String) throws {
        func require(_ isMet: Bool, _ key: Key, _ expected: String, _ got: String) throws {
            guard isMet else {
                throw ModelFileError.field(
                    file: file, field: "__metadata__.\(key.rawValue)", expected: expected, got: got)
            }
        }
        if let classNames {
            let count = graph.outputShape.count
            try require(
                classNames.count == count, .classNames, "\(count) names, one an output",
                "\(classNames.count)")
        }
        if let normalization {
            try require(
                normalization.isUsable && normalization.channels == graph.input.channels,
                .normalization,
                "a finite mean and a standard deviation above 0 for each of "
                    + "\(graph.input.channels) channels",
                "\(normalization.mean) and \(normalization.standardDeviation)")
        }
        for (name, value) in metrics.sorted(by: { $0.key < $1.key }) {
            let range = MetricRange(of: name)
            guard !range.contains(value) else { continue }
            throw ModelFileError.impossibleMetric(
                file: file, metric: name, expected: range.description, got: value)
        }
    }
}
