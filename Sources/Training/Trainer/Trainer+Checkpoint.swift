import LinearAlgebra

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
        add("model", network.stateDictionary())
        parked.take(network)
        best.restore(network)
        add("best", network.stateDictionary())
        parked.restore(network)
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
        for (key, text) in try parts.identity.metadata() { metadata[key.rawValue] = text }
        func add(_ key: Checkpoint.Key, _ value: some Encodable) throws {
            metadata[key.rawValue] = try Checkpoint.json(value)
        }
        try add(.progress, progress)
        try add(.history, history)
        try add(.schedule, schedule.state)
        if let stopper { try add(.stopper, stopper) }
        try add(.stepCount, optimizer.stepCount)
        try add(.averageCount, average?.updateCount ?? 0)
        if let average { try add(.averageRule, average.rule) }
        try add(.trainingSet, trainingSetDigest)
        try add(.cpuKinds, cpuKinds)
        return metadata
    }

    /// Continues from a checkpoint of the same training and samples; call before `run`.
    ///
    /// - Parameter acceptingOtherCPU: go on although another kind of CPU trained before, to other bits
    ///   than there.
    /// - Throws: `TrainingError.checkpointMismatch` for another training's checkpoint,
    ///   `TrainingError.otherCPU` for another kind of CPU's, `ModelFileError` for a damaged one. The
    ///   trainer is not to be used after a throw.
    public func resume(from checkpoint: Checkpoint, acceptingOtherCPU: Bool = false) throws {
        try checkSameTraining(checkpoint)
        cpuKinds = try checkpoint.cpuKindsGoingOn(
            here: parts.cpuKind, acceptingOther: acceptingOtherCPU)
        let content = checkpoint.content
        try best(from: content)
        try network.load(state("model", content))
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
        try parts.identity.check(checkpoint)
        let digest = try checkpoint.metadata(.trainingSet, as: String.self)
        try Checkpoint.require(
            digest == trainingSetDigest, "training set's digest", digest, trainingSetDigest)
    }

    private func checkedProgress(_ checkpoint: Checkpoint) throws -> TrainingProgress {
        let progress = try checkpoint.metadata(.progress, as: TrainingProgress.self)
        let (epochs, count) = (parts.options.epochs, parts.training.count)
        guard (1...epochs + 1).contains(progress.epoch),
            (0...batchCount).contains(progress.nextBatch),
            (0...count).contains(progress.sampleCount),
            (1...epochs).contains(progress.bestEpoch ?? 1)
        else {
            throw TrainingError.checkpointMismatch(
                field: "progress", found: "\(progress)",
                expected: "a place in \(epochs) epochs of \(batchCount) batches")
        }
        return progress
    }

    private func best(from content: SafetensorsFile) throws {
        try network.load(state("best", content))
        best.take(network)
    }

    private func state(_ prefix: String, _ content: SafetensorsFile) throws -> StateDictionary {
        var part = content
        part.tensors = [:]
        for (name, tensor) in content.tensors where name.hasPrefix("\(prefix).") {
            part.tensors[String(name.dropFirst(prefix.count + 1))] = tensor
        }
        return try StateDictionary(part, layout: network.stateLayout)
    }

    private func restore(
        _ values: FloatSlice, named name: String, _ content: SafetensorsFile
    ) throws {
        values.update(from: try content.float32(named: name, shape: [values.count]))
    }
}
