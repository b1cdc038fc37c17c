/// What a training is put together from.
struct TrainerParts {
    let network: Network
    let loss: any Loss
    let optimizer: any Optimizer
    let schedule: any LearningRateSchedule
    let training: any SampleSource
    let validation: any SampleSource
    let options: TrainingOptions
    let metrics: [TrainingMetric]
    let identity: any TrainingIdentity
    let cpuKind: CPUKind
    /// Of the samples; asked once, at the first checkpoint.
    let digest: () -> String

    /// - Throws: `TrainingError` for the first part that doesn't fit.
    func validate() throws {
        try options.validate()
        try optimizer.validate()
        var names: Set<String> = []
        for metric in metrics where !names.insert(metric.name).inserted {
            throw TrainingError.repeatedMetric(name: metric.name)
        }
        try SampleCheck(set: "training", network: network, loss: loss).checkEach(training)
        try SampleCheck(set: "validation", network: network, loss: loss.forValidation)
            .check(validation)
        try checkPasses()
    }

    /// Where the samples don't divide evenly, an epoch's last pass is short.
    private func checkPasses() throws {
        let batchSize = min(options.batchSize, training.count)
        let remainder = training.count % batchSize
        let smallest = remainder == 0 ? batchSize : remainder
        for case let layer as any BatchStatisticsLayer in network.layers
        where layer.leastSampleCount > smallest {
            throw TrainingError.shortBatch(
                layer: layer.name, sampleCount: smallest, least: layer.leastSampleCount,
                trainCount: training.count, batchSize: options.batchSize,
                fitting: fittingBatchSize(least: layer.leastSampleCount))
        }
    }

    /// The size nearest to the one asked for with which no pass is too short; nil where none is.
    private func fittingBatchSize(least: Int) -> Int? {
        guard training.count >= least else { return nil }
        let asked = min(options.batchSize, training.count)
        return (least...max(least, training.count)).filter {
            training.count % $0 == 0 || training.count % $0 >= least
        }.min { abs($0 - asked) < abs($1 - asked) }
    }
}
