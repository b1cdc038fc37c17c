import Datasets
import DurableFiles
import Foundation
import Orchestration
import Training

/// How the training images are divided, and how bytes become inputs: the artifact of
/// `processed_data`.
public struct ProcessedData: Codable, Sendable, Equatable, JSONAsset {
    public let validationFraction: Double
    public let seed: UInt32
    public let normalization: InputNormalization
    /// Positions in the training file, in the order in which scikit-learn has them.
    public let train: [Int]
    /// Positions there as well, or in the validation file of a set that has one.
    public let validation: [Int]
    /// Whether the set has one; nil, too, where it hasn't.
    let hasOwnValidation: Bool?

    /// Takes a set's own validation images, and splits some off from the training images where it has
    /// none.
    ///
    /// - Throws: `SplitError`; `PipelineError.normalization` where that was given for images of other
    ///   channels.
    init(_ dataset: Dataset, _ config: DataConfig) throws {
        seed = config.splitSeed
        if let own = dataset.validation {
            hasOwnValidation = true
            train = Array(0..<dataset.train.count)
            validation = Array(0..<own.count)
            validationFraction = Double(own.count) / Double(train.count + own.count)
            normalization = try Self.normalization(config, dataset, train)
            return
        }
        hasOwnValidation = nil
        let split = try StratifiedSplit(
            labels: dataset.train.labels, test: .fraction(config.validationFraction),
            seed: config.splitSeed)
        validationFraction = config.validationFraction
        train = split.train
        validation = split.test
        normalization = try Self.normalization(config, dataset, split.train)
    }

    /// - Parameter training: the positions of the images that it may be measured on.
    private static func normalization(
        _ config: DataConfig, _ dataset: Dataset, _ training: [Int]
    ) throws -> InputNormalization {
        let set = dataset.train
        switch NormalizationChoice(config.normalization) {
        case .automatic where set.channels == 1, nil: return .mnist
        case .automatic, .measured:
            return .measured(
                set.pixels, over: training, valuesPerImage: set.bytesPerImage,
                channels: set.channels)
        case .given(let given):
            guard given.channels == set.channels else {
                throw PipelineError.normalization(
                    given: config.normalization, channels: given.channels, dataset: dataset.name,
                    imageChannels: set.channels)
            }
            return given
        }
    }

    /// SHA-256 of the positions, little-endian int64, training first.
    var indexDigest: String {
        let hasher = SHA256()
        for part in [train, validation] {
            part.map { Int64($0).littleEndian }.withUnsafeBytes { hasher.update($0) }
        }
        return hasher.finalize()
    }

    enum CodingKeys: String, CodingKey {
        case seed, normalization, train, validation
        case validationFraction = "validation_fraction"
        case hasOwnValidation = "has_own_validation"
    }
}

/// A data set divided for training, in memory.
public struct PreparedData: Sendable {
    public let dataset: Dataset
    public let split: ProcessedData
    public let training: ImageSamples
    public let validation: ImageSamples
    public let test: ImageSamples?

    public var classNames: [String] { dataset.train.classNames }

    /// The images that `split.validation` has positions of.
    public var validationSource: ImageSet { dataset.validation ?? dataset.train }

    /// SHA-256 over the names and digests of the data's files: what a model's data digest is.
    public var digest: String { Self.digest(dataset.digests) }

    static func digest(_ digests: [String: String]) -> String {
        let lines = digests.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }
        return SHA256.hexDigest(of: Data(lines.joined().utf8))
    }

    init(dataset: Dataset, split: ProcessedData) {
        func samples(_ set: ImageSet, _ indices: [Int]?) -> ImageSamples {
            ImageSamples(
                pixels: set.pixels, labels: set.labels.map(Int.init), height: set.height,
                width: set.width, channels: set.channels, indices: indices,
                normalization: split.normalization)
        }
        self.dataset = dataset
        self.split = split
        training = samples(dataset.train, split.train)
        validation = samples(dataset.validation ?? dataset.train, split.validation)
        test = dataset.test.map { samples($0, nil) }
    }

    /// Finds, verifies and divides data without a run, for the commands that only look at it.
    ///
    /// - Throws: `DatasetError` and its kin, `SplitError`.
    package static func load(
        _ config: DataConfig, cache: URL, observer: @escaping PipelineObserver
    ) throws -> PreparedData {
        let dataset = try DatasetLoader(config, cache: cache, observer: observer)
            .load(config.source)
        return PreparedData(dataset: dataset, split: try ProcessedData(dataset, config))
    }
}

/// The second asset: divide the training images, class by class.
enum ProcessedDataStage {
    static func make(_ run: PipelineRun, _ raw: RawData) throws -> Made<ProcessedData> {
        let split = try ProcessedData(run.dataset(), run.config.data)
        let data = try run.prepared(raw, split)
        let record = SplitRecord(split)
        try run.keepConfig()
        try run.folder.write(json: record, to: "split.json")
        return Made(
            split,
            metadata: metadata(split, data, record),
            checks: SplitChecks.all(data))
    }

    private static func metadata(
        _ split: ProcessedData, _ data: PreparedData, _ record: SplitRecord
    ) -> Metadata {
        var metadata = Metadata()
        metadata[ProcessedDataFacts.mean] = ChannelValues(split.normalization.mean)
        metadata[ProcessedDataFacts.standardDeviation] = ChannelValues(
            split.normalization.standardDeviation)
        metadata[ProcessedDataFacts.trainCount] = split.train.count
        metadata[ProcessedDataFacts.validationCount] = split.validation.count
        metadata[ProcessedDataFacts.testCount] = data.test?.count ?? 0
        metadata[ProcessedDataFacts.indexDigest] = record.indexDigest
        return metadata
    }
}

/// What `split.json` says: the split without its positions.
private struct SplitRecord: Encodable {
    let validationFraction: Double
    let seed: UInt32
    let trainCount: Int
    let validationCount: Int
    let indexDigest: String

    init(_ split: ProcessedData) {
        validationFraction = split.validationFraction
        seed = split.seed
        trainCount = split.train.count
        validationCount = split.validation.count
        indexDigest = split.indexDigest
    }

    enum CodingKeys: String, CodingKey {
        case seed
        case validationFraction = "validation_fraction"
        case trainCount = "train_count"
        case validationCount = "validation_count"
        case indexDigest = "index_digest"
    }
}
