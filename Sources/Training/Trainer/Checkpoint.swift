import DurableFiles
import Foundation
import LinearAlgebra

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
    public func config() throws -> ModelConfig {
        let config = try metadata(.config, as: ModelConfig.self)
        try config.validate()
        return config
    }

    /// How the training computes its convolutions, which the model that resumes it must do, too.
    public func plan() throws -> ConvolutionPlan {
        // Before plans were recorded, there was one way.
        guard content.metadata[Key.plan.rawValue] != nil else { return .im2col }
        return try metadata(.plan, as: ConvolutionPlan.self)
    }

    /// How the training averages its weights, which the one that resumes must do, too; nil where it
    /// doesn't.
    ///
    /// - Throws: `ModelFileError.field`, `ConfigError`.
    public func averageRule() throws -> WeightAverage.Rule? {
        guard try config().emaDecay != nil else { return nil }
        // Before rules were recorded, there was one.
        guard content.metadata[Key.averageRule.rawValue] != nil else { return .constant }
        return try metadata(.averageRule, as: WeightAverage.Rule.self)
    }

    // MARK: - Metadata

    enum Key: String, CaseIterable {
        case config, progress, history, schedule, stopper
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

extension Trainer {
    /// The state now. Between steps only: `run` calls it after a batch.
    func checkpoint() throws -> Checkpoint {
        var tensors: [String: SafetensorsFile.Tensor] = [:]
        func add(_ prefix: String, _ state: StateDictionary) {
            for (name, tensor) in state.tensors { tensors["\(prefix).\(name)"] = tensor }
        }
        func add(_ name: String, _ values: FloatSlice) {
            tensors[name] = SafetensorsFile.Tensor(values.array, shape: [values.count])
        }
        add("model", model.stateDictionary())
        parked.take(model.network)
        best.restore(model.network)
        add("best", model.stateDictionary())
        parked.restore(model.network)
        for (name, values) in optimizer.state { add("optimizer.\(name)", values) }
        if let average {
            add("average", average.values)
            if average.rule == .warmedUp { add("average_statistics", average.statistics) }
        }
        return Checkpoint(
            content: SafetensorsFile(
                tensors: tensors, metadata: try checkpointMetadata(), name: "checkpoint"))
    }

    private func checkpointMetadata() throws -> [String: String] {
        var metadata: [String: String] = [:]
        func add(_ key: Checkpoint.Key, _ value: some Encodable) throws {
            metadata[key.rawValue] = try Checkpoint.json(value)
        }
        try add(.config, config)
        try add(.progress, progress)
        try add(.history, history)
        try add(.schedule, schedule.state)
        if let stopper { try add(.stopper, stopper) }
        try add(.stepCount, optimizer.stepCount)
        try add(.averageCount, average?.updateCount ?? 0)
        if let average { try add(.averageRule, average.rule) }
        try add(.trainingSet, trainingSetDigest)
        try add(.plan, model.plan)
        try add(.cpuKinds, cpuKinds)
        return metadata
    }

    func digestOfSets() -> String {
        let hasher = SHA256()
        hasher.update(training.pixels)
        for set in [training, validation] {
            set.indices.withUnsafeBytes { hasher.update($0) }
            set.labels.withUnsafeBytes { hasher.update($0) }
        }
        return hasher.finalize()
    }

    /// Continues from a checkpoint of the same config, convolution plan and data; call before `run`.
    ///
    /// - Parameter acceptingOtherCPU: go on although another kind of CPU trained before, to other bits
    ///   than there.
    /// - Throws: `TrainingError.checkpointMismatch` for another training's checkpoint,
    ///   `TrainingError.otherCPU` for another kind of CPU's, `ModelFileError` for a damaged one. The
    ///   trainer is not to be used after a throw.
    public func resume(from checkpoint: Checkpoint, acceptingOtherCPU: Bool = false) throws {
        try checkSameTraining(checkpoint)
        cpuKinds = try checkpoint.cpuKindsGoingOn(acceptingOther: acceptingOtherCPU)
        let content = checkpoint.content
        try best(from: content)
        try model.load(state("model", content))
        for (name, values) in optimizer.state {
            try restore(values, named: "optimizer.\(name)", content)
        }
        optimizer.stepCount = try checkpoint.count(.stepCount)
        if let average, let rule = try checkpoint.averageRule() {
            average.rule = rule
            average.updateCount = try checkpoint.count(.averageCount)
            try restore(average.values, named: "average", content)
            if rule == .warmedUp {
                try restore(average.statistics, named: "average_statistics", content)
            }
        }
        try schedule.restore(checkpoint.metadata(.schedule, as: ScheduleState.self))
        if stopper != nil {
            stopper = try checkpoint.metadata(.stopper, as: EarlyStopping.self)
        }
        progress = try checkedProgress(checkpoint)
        history = try checkpoint.metadata(.history, as: [EpochRecord].self)
    }

    private func checkSameTraining(_ checkpoint: Checkpoint) throws {
        let found = try checkpoint.config()
        guard found == config else {
            throw TrainingError.checkpointMismatch(
                field: "config", found: "\(found)", expected: "\(config)")
        }
        let plan = try checkpoint.plan()
        guard plan == model.plan else {
            throw TrainingError.checkpointMismatch(
                field: "convolution plan", found: "\(plan)", expected: "\(model.plan)")
        }
        let digest = try checkpoint.metadata(.trainingSet, as: String.self)
        guard digest == trainingSetDigest else {
            throw TrainingError.checkpointMismatch(
                field: "training set's digest", found: digest, expected: trainingSetDigest)
        }
    }

    private func checkedProgress(_ checkpoint: Checkpoint) throws -> TrainingProgress {
        let progress = try checkpoint.metadata(.progress, as: TrainingProgress.self)
        guard (1...config.epochs + 1).contains(progress.epoch),
            (0...batchCount).contains(progress.nextBatch),
            (0...training.count).contains(progress.sampleCount),
            (1...config.epochs).contains(progress.bestEpoch ?? 1)
        else {
            throw TrainingError.checkpointMismatch(
                field: "progress", found: "\(progress)",
                expected: "a place in \(config.epochs) epochs of \(batchCount) batches")
        }
        return progress
    }

    private func best(from content: SafetensorsFile) throws {
        try model.load(state("best", content))
        best.take(model.network)
    }

    private func state(_ prefix: String, _ content: SafetensorsFile) throws -> StateDictionary {
        var part = content
        part.tensors = [:]
        for (name, tensor) in content.tensors where name.hasPrefix("\(prefix).") {
            part.tensors[String(name.dropFirst(prefix.count + 1))] = tensor
        }
        return try StateDictionary(
            part,
            layout: model.network.stateLayout)
    }

    private func restore(
        _ values: FloatSlice, named name: String, _ content: SafetensorsFile
    ) throws {
        values.update(from: try content.float32(named: name, shape: [values.count]))
    }
}
