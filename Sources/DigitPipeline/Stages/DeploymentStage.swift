import Foundation
import Inference
import Kernels
import Registry
import Training

extension GateConfig {
    /// The gate that the config describes.
    public func gate() throws -> DeploymentGate {
        try DeploymentGate(
            minimumAccuracy: accuracyThreshold, minimumMacroF1: macroF1Threshold,
            minimumWorstClassRecall: worstClassRecallThreshold, maximumLogLoss: logLossThreshold,
            noWorseThanDeployedTolerance: noWorseThanDeployed ? 0 : nil)
    }
}

/// The fourth stage: let the gate decide and record it.
public enum DeploymentStage {
    /// The registry below a home folder.
    public static func registry(home: URL) throws -> ModelRegistry {
        try ModelRegistry(folder: home.appendingPathComponent("registry"))
    }

    /// Checks that a file holds a model that loads and predicts. Nothing is deployed without it.
    ///
    /// - Throws: what reading the file throws; `ScoringError` for answers that can't be used.
    public static func verify(_ url: URL, pool: WorkerPool) throws {
        let file = try ModelFile.read(url)
        let model = try file.makeModel(pool: pool)
        let size = model.inputShape.pixels
        // A blank image and a gradient: any finite network answers them with probabilities.
        let pixels = [UInt8](repeating: 0, count: size) + (0..<size).map { UInt8($0 % 256) }
        let samples = ImageSamples(
            pixels: pixels, labels: [0, 0], height: model.inputShape.height,
            width: model.inputShape.width, normalization: file.description.normalization)
        let probabilities = Evaluator.probabilities(model, samples)
        for (index, value) in probabilities.enumerated() where !(0...1.0001).contains(value) {
            throw ScoringError.probability(
                path: url.lastPathComponent,
                label: file.description.classNames[index % model.config.classCount], got: value)
        }
    }

    /// The metrics in a model file's description that gates look at: the test set's where there
    /// are any, else the validation set's.
    public static func gateMetrics(_ description: ModelDescription) -> GateMetrics? {
        for set in ["test", "validation"] {
            let prefix = "\(set)_"
            let found = description.metrics.filter { $0.key.hasPrefix(prefix) }
            guard !found.isEmpty else { continue }
            return GateMetrics(
                Dictionary(
                    uniqueKeysWithValues: found.map {
                        (String($0.key.dropFirst(prefix.count)), $0.value)
                    }))
        }
        return nil
    }
}
