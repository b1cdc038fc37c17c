/// Asks whether samples, a loss and a network fit one another, before anything is computed.
struct SampleCheck {
    /// What the samples are called in errors, such as `training`.
    let set: String
    let network: Network
    let loss: any Loss

    /// - Throws: `TrainingError` for the first thing that doesn't fit, and where the samples have no mean
    ///   loss.
    func check(_ samples: any SampleSource) throws {
        try checkEach(samples)
        try checkCounts(samples)
    }

    /// The same for samples of which batches may count nothing, as in training.
    func checkEach(_ samples: any SampleSource) throws {
        guard samples.count > 0 else { throw TrainingError.noSamples(set: set) }
        guard samples.inputShape == network.inputShape else {
            throw TrainingError.inputShape(
                set: set, shape: "\(samples.inputShape)", expected: "\(network.inputShape)")
        }
        if let problem = loss.problem(outputCount: outputCount, targets: samples.targetKind) {
            throw TrainingError.unfit(set: set, problem: problem)
        }
        for position in 0..<samples.count {
            if let problem = loss.problem(target: samples.target(position)) {
                throw TrainingError.unfit(set: set, problem: "sample \(position) has \(problem)")
            }
        }
    }

    /// A mean over weights that are all 0 is none.
    private func checkCounts(_ samples: any SampleSource) throws {
        let counts = (0..<samples.count).contains {
            loss.weight(of: samples.target($0), outputCount: outputCount) > 0
        }
        guard !counts else { return }
        throw TrainingError.unfit(
            set: set,
            problem: "the weights of all of its samples are 0, so that it has no mean loss; give "
                + "other class weights, or samples of a class that counts")
    }

    private var outputCount: Int { network.outputShape.count }
}
