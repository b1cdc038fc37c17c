import Datasets
import Foundation
import Inference
import Kernels
import Registry
import Training

/// The fifth stage: score real images with the model that is deployed.
public enum InferenceStage {
    /// The deployed model, read from the registry and verified.
    public static func deployedPredictor(
        _ registry: ModelRegistry, pool: WorkerPool
    ) throws -> Predictor {
        let model = try registry.deployed()
        return try Predictor(
            ModelFile(SafetensorsFile(parsing: model.data, name: model.fileName)), pool: pool)
    }

    /// Scores the test images, or the validation images where there is no test set, and writes
    /// `predictions.csv`. Images of another size than MNIST's are left out.
    static func run(
        _ data: PreparedData, registry: ModelRegistry, pool: WorkerPool, folder: RunFolder
    ) throws -> BatchSummary {
        let predictor = try deployedPredictor(registry, pool: pool)
        let set = data.dataset.test ?? data.dataset.train.subset(data.split.test)
        let name = data.dataset.test == nil ? "validation" : "test"
        var options = BatchScorer.Options()
        options.topK = min(3, data.classNames.count)
        options.threads = pool.threadCount
        let writer = try PredictionWriter(
            to: folder.file("predictions.csv").path, topK: options.topK)
        let file = IDXFile(
            dimensions: [set.count, set.height, set.width], elements: set.pixels)
        let summary = try BatchScorer(classifier: predictor, options: options)
            .score(images: file, named: name) { try writer.write($0) }
        try writer.finish()
        return summary
    }
}
