import Datasets
import DurableFiles
import Foundation
import Orchestration

/// What a data set holds: the artifact of `raw_data`. The images stay where they are; their digests
/// name them.
struct RawData: Codable, Equatable, JSONAsset {
    let dataset: String
    let isSample: Bool
    /// `[height, width]` in pixels, and the channels where there are several.
    let imageShape: [Int]
    let classNames: [String]
    let train: DatasetStatistics.Part
    let validation: DatasetStatistics.Part?
    let test: DatasetStatistics.Part?
    /// SHA-256 of each file's uncompressed content, by file name.
    let digests: [String: String]

    init(_ statistics: DatasetStatistics) {
        dataset = statistics.dataset
        isSample = statistics.isSample
        imageShape = statistics.imageShape
        classNames = statistics.classNames
        train = statistics.train
        validation = statistics.validation
        test = statistics.test
        digests = statistics.digests
    }

    enum CodingKeys: String, CodingKey {
        case dataset, train, validation, test, digests
        case isSample = "is_sample"
        case imageShape = "image_shape"
        case classNames = "class_names"
    }
}

/// The first asset: find the data, verify it, describe it.
enum RawDataStage {
    static func make(_ run: PipelineRun) throws -> Made<RawData> {
        let dataset = try run.dataset()
        let statistics = DatasetStatistics(dataset)
        try run.keepConfig()
        try run.folder.write(json: statistics, to: "dataset.json")
        if let png = try SampleGrid(dataset.train).png() {
            try AtomicFile.write(png, to: run.folder.file("samples.png"))
        }
        return Made(
            RawData(statistics),
            metadata: metadata(dataset, statistics),
            checks: DataChecks.completeness(of: dataset, statistics))
    }

    private static func metadata(_ dataset: Dataset, _ statistics: DatasetStatistics) -> Metadata {
        var metadata = Metadata()
        metadata[RawDataFacts.imageShape] = statistics.imageShape.map(Double.init)
        metadata[RawDataFacts.classCounts] = statistics.train.classCounts.map(Double.init)
        metadata[RawDataFacts.notices] = dataset.notices.map(\.description)
        metadata[RawDataFacts.dataset] = dataset.name
        metadata[RawDataFacts.source] = dataset.source
        metadata[RawDataFacts.isSample] = dataset.isSample
        metadata[RawDataFacts.trainCount] = statistics.train.sampleCount
        metadata[RawDataFacts.testCount] = statistics.test?.sampleCount ?? 0
        metadata[RawDataFacts.digest] = PreparedData.digest(dataset.digests)
        return metadata
    }
}
