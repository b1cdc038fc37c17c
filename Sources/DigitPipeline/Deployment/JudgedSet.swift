import DurableFiles
import Foundation
import Kernels
import Metrics
import Registry
import Training

/// The images that gates judge by: the test set, or the validation set where there is none.
public struct JudgedSet: Sendable {
    /// For people, such as `mnist, test`.
    public let name: String
    /// What tells whether two models were measured on the same images and labels.
    public let digest: String
    public let classNames: [String]
    private let samples: ImageSamples

    public init(_ data: PreparedData) {
        let set = data.test == nil ? "validation" : "test"
        name = Self.name(dataset: data.dataset.name, set: set)
        digest = Self.digest(
            ofData: data.digest, set: set, split: data.split.indexDigest)
        classNames = data.classNames
        samples = data.test ?? data.validation
    }

    static func name(dataset: String, set: String) -> String { "\(dataset), \(set)" }

    /// The digest follows from what runs record of their data, those of earlier versions included.
    ///
    /// - Parameters:
    ///   - data: the digest over the data's files.
    ///   - split: of the positions of the validation set's images; the test set doesn't depend on it.
    static func digest(ofData data: String, set: String, split: String) -> String {
        let text = "data \(data)\nset \(set)\n" + (set == "test" ? "" : "split \(split)\n")
        return SHA256.hexDigest(of: Data(text.utf8))
    }

    /// Measures a model, its inputs normalised as those of its training were.
    ///
    /// - Throws: `PipelineError.classNames` and `.imageSize` for a model of other images;
    ///   `MetricsError`, and what reading the file throws.
    package func measure(_ file: ModelFile, pool: WorkerPool) throws -> ModelMeasurement {
        try file.description.check(classNames: classNames, samples)
        let report = try EvaluationStage.evaluate(
            file.makeModel(pool: pool),
            on: samples.normalized(by: file.description.normalization), classNames: classNames)
        return ModelMeasurement(metrics: report.gateMetrics, data: name, dataDigest: digest)
    }
}

extension ModelDescription {
    /// - Throws: `PipelineError` if the model is for other images or classes.
    public func check(classNames data: [String], _ samples: ImageSamples) throws {
        guard classNames == data else {
            throw PipelineError.classNames(model: classNames, data: data)
        }
        guard inputHeight == samples.height && inputWidth == samples.width,
            normalization.channels == samples.channels
        else {
            throw PipelineError.imageSize(
                model: Self.size(inputHeight, inputWidth, normalization.channels),
                data: Self.size(samples.height, samples.width, samples.channels))
        }
    }

    private static func size(_ height: Int, _ width: Int, _ channels: Int) -> String {
        "\(height)×\(width)" + (channels == 1 ? "" : "×\(channels)")
    }
}
