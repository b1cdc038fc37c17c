import Datasets
import DurableFiles
import Foundation
import Training

/// A data set divided for training, with what is recorded of it.
public struct PreparedData: Sendable {
    public let dataset: Dataset
    public let statistics: DatasetStatistics
    public let split: StratifiedSplit
    public let training: ImageSamples
    public let validation: ImageSamples
    public let test: ImageSamples?

    public var classNames: [String] { dataset.train.classNames }

    /// SHA-256 over the names and digests of the data's files: what a model's data digest is.
    public var digest: String { Self.digest(dataset.digests) }

    static func digest(_ digests: [String: String]) -> String {
        let lines = digests.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }
        return SHA256.hexDigest(of: Data(lines.joined().utf8))
    }
}

/// The first stage: find the data, verify it, divide it.
public enum DataStage {
    /// - Throws: `DatasetError` and its kin, `SplitError`.
    public static func prepare(
        _ config: DataConfig, cache: URL, observer: @escaping PipelineObserver
    ) throws -> PreparedData {
        let loader = DatasetLoader(
            dataDirectory: config.dataDir.map { URL(fileURLWithPath: $0) }, cache: cache,
            onEvent: { observer(.dataset($0)) })
        let dataset = try loader.load(DatasetSource(parsing: config.dataset))
        let split = try StratifiedSplit(
            labels: dataset.train.labels, test: .fraction(config.validationFraction),
            seed: config.splitSeed)
        return PreparedData(
            dataset: dataset, statistics: DatasetStatistics(dataset), split: split,
            training: samples(dataset.train, split.train),
            validation: samples(dataset.train, split.test),
            test: dataset.test.map { samples($0, nil) })
    }

    private static func samples(_ set: ImageSet, _ indices: [Int]?) -> ImageSamples {
        ImageSamples(
            pixels: set.pixels, labels: set.labels.map(Int.init), height: set.height,
            width: set.width, indices: indices, normalization: .mnist)
    }
}

/// What is recorded of a split.
struct SplitRecord: Codable {
    let validationFraction: Double
    let seed: UInt32
    let trainCount: Int
    let validationCount: Int
    /// SHA-256 of the indices, little-endian int64, training first.
    let indexDigest: String

    init(_ data: PreparedData, _ config: DataConfig) {
        validationFraction = config.validationFraction
        seed = config.splitSeed
        trainCount = data.split.train.count
        validationCount = data.split.test.count
        let hasher = SHA256()
        for part in [data.split.train, data.split.test] {
            part.map { Int64($0).littleEndian }.withUnsafeBytes { hasher.update($0) }
        }
        indexDigest = hasher.finalize()
    }

    enum CodingKeys: String, CodingKey {
        case seed
        case validationFraction = "validation_fraction"
        case trainCount = "train_count"
        case validationCount = "validation_count"
        case indexDigest = "index_digest"
    }
}
