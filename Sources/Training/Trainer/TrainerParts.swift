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
        var names: Set<String> = []
        for metric in metrics where !names.insert(metric.name).inserted {
            throw TrainingError.repeatedMetric(name: metric.name)
        }
        try check(training, "training")
        try check(validation, "validation")
    }

    private func check(_ samples: any SampleSource, _ name: String) throws {
        guard samples.count > 0 else { throw TrainingError.noSamples(set: name) }
        guard samples.inputShape == network.inputShape else {
            throw TrainingError.inputShape(
                set: name, shape: "\(samples.inputShape)", expected: "\(network.inputShape)")
        }
        if let problem = loss.problem(
            outputCount: network.outputShape.count, targets: samples.targetKind)
        {
            throw TrainingError.unfit(set: name, problem: problem)
        }
        for position in 0..<samples.count {
            if let problem = loss.problem(target: samples.target(position)) {
                throw TrainingError.unfit(set: name, problem: "sample \(position) has \(problem)")
            }
        }
    }
}
