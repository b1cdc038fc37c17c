import Datasets
import Foundation
import Kernels
import Orchestration
import Testing
import Training

@testable import DigitPipeline

/// A small data set, of which no two images are alike unless it is asked for.
enum SmallData {
    static let side = 6
    static let classNames = ["a", "b", "c", "d"]

    /// Images of these labels; the part tells those of one set from another's.
    static func set(_ labels: [UInt8], part: UInt8, channels: Int = 1) -> ImageSet {
        let size = side * side * channels
        let pixels = labels.indices.flatMap { index in
            (0..<size).map { pixel -> UInt8 in
                switch pixel {
                // The last byte tells images apart, so that whoever reads too few takes them for one.
                case size - 2: part
                case size - 1: UInt8(index)
                default: UInt8(pixel % 7)
                }
            }
        }
        return ImageSet(
            height: side, width: side, channels: channels, pixels: pixels, labels: labels,
            classNames: classNames)
    }

    /// As many of each class as of the others.
    static func dataset(train: Int = 80, test: Int = 20, channels: Int = 1) -> Dataset {
        func labels(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % classNames.count) } }
        return Dataset(
            name: "small", source: "here", train: set(labels(train), part: 1, channels: channels),
            test: set(labels(test), part: 2, channels: channels), digests: [:])
    }

    static func prepared(_ dataset: Dataset = dataset()) throws -> PreparedData {
        PreparedData(dataset: dataset, split: try ProcessedData(dataset, DataConfig()))
    }

    /// A network for its images.
    static func model(side: Int = side, seed: UInt64 = 1) -> ConfiguredNetwork {
        var config = ModelConfig()
        (config.network.conv1Channels, config.network.conv2Channels) = (2, 3)
        (config.network.conv3Channels, config.network.hiddenSize) = (3, 4)
        config.network.classCount = classNames.count
        config.seed = seed
        return try! ConfiguredNetwork(
            config: config, inputHeight: side, inputWidth: side, pool: WorkerPool(threadCount: 1))
    }
}

extension [CheckResult] {
    /// The names of those that failed.
    var failed: [String] { filter { !$0.passed }.map(\.name) }

    func named(_ name: String) throws -> CheckResult { try #require(first { $0.name == name }) }
}
