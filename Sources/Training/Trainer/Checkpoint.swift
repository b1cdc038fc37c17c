import DurableFiles
import Foundation

/// All of a training's state between two steps: what it takes to go on as if never interrupted.
///
/// A safetensors file: the model's tensors under `model.`, the best epoch's under `best.`, in
/// PyTorch's names and order; the optimizer's and the moving average's flat arrays under
/// `optimizer.`, `average` and `average_statistics`, in the engine's order; the rest as JSON in the
/// metadata.
public struct Checkpoint: Sendable {
    let content: SafetensorsFile

    /// Whether its file carried a digest of its content, by which it was verified.
    public var integrity: ContentIntegrity { content.integrity }

    /// Writes it atomically, with a digest of its content.
    ///
    /// - Throws: `FileError`, `ModelFileError`.
    public func write(to url: URL) throws { try content.sealed().write(to: url) }

    /// - Throws: `FileError`, `ModelFileError` for a file that breaks the format or was altered.
    public static func read(_ url: URL) throws -> Checkpoint {
        Checkpoint(content: try SafetensorsFile.read(url))
    }

    /// Optimizer steps that were taken.
    public func stepCount() throws -> Int { try count(.stepCount) }

    /// The configuration of the training, which the one that resumes must have.
    ///
    /// - Throws: `ModelFileError.field`, for the checkpoint of a training without one, too; `ConfigError`.
    public func config() throws -> ModelConfig {
        let config = try metadata(.config, as: ModelConfig.self)
        try config.validate()
        return config
    }

    /// How the training computes its convolutions, which the model that resumes it must do, too.
    public func plan() throws -> ConvolutionPlan {
        // Before plans were recorded, there were one network and one way.
        guard content.metadata[Key.plan.rawValue] != nil else {
            return ConvolutionPlan(
                ["conv1": .im2col, "conv2": .im2col, "conv3": .im2col], isLayerByLayer: true)
        }
        return try metadata(.plan, as: ConvolutionPlan.self)
    }

    /// How the training averages its weights, which the one that resumes must do, too; nil where it
    /// doesn't.
    ///
    /// - Throws: `ModelFileError.field`, `ConfigError`.
    public func averageRule() throws -> WeightAverage.Rule? {
        if content.metadata[Key.averageRule.rawValue] != nil {
            return try metadata(.averageRule, as: WeightAverage.Rule.self)
        }
        // Before rules were recorded, there was one, and a config in every checkpoint.
        guard content.metadata[Key.config.rawValue] != nil else { return nil }
        return try config().optimizer.emaDecay == nil ? nil : .constant
    }

    // MARK: - Metadata

    enum Key: String, CaseIterable {
        case config, training, progress, history, schedule, stopper
        case stepCount = "step_count"
        case averageCount = "average_count"
        case averageRule = "average_rule"
        case trainingSet = "training_set"
        case plan = "convolution_plan"
        case cpuKinds = "cpu_kinds"
    }

    func metadata<Value: Decodable>(_ key: Key, as type: Value.Type) throws -> Value {
        func failure(_ got: String) -> ModelFileError {
            .field(
                file: content.name, field: "__metadata__.\(key.rawValue)",
                expected: "a training's \(key.rawValue), as Tessera writes it", got: got)
        }
        guard let text = content.metadata[key.rawValue] else { throw failure("none") }
        do { return try JSONDecoder().decode(Value.self, from: Data(text.utf8)) } catch {
            throw failure("\(text.prefix(80)) (\(error))")
        }
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// A count that a training can have.
    func count(_ key: Key) throws -> Int {
        let value = try metadata(key, as: Int.self)
        guard (0...ScheduleState.largestCount).contains(value) else {
            throw ModelFileError.field(
                file: content.name, field: "__metadata__.\(key.rawValue)",
                expected: "a count of steps", got: "\(value)")
        }
        return value
    }
}
