/// How a training goes about it, whatever it trains: its length, its batches, and what is done with
/// gradients and weights.
public struct TrainingOptions: Codable, Sendable, Equatable {
    public var epochs = 10
    /// Samples of a forward and backward pass.
    public var batchSize = 64
    /// Passes whose gradients are summed before the optimizer takes a step: a step then is of
    /// `batchSize · accumulationSteps` samples with the memory of `batchSize`. Without dropout and
    /// batch norm it is the step of one large batch, up to rounding; batch norm takes its statistics of
    /// each pass by itself.
    public var accumulationSteps = 1
    /// Of the order of samples.
    public var seed: UInt64 = 42
    /// Largest norm of all gradients together; nil leaves them as they are.
    public var gradientClipNorm: Double?
    /// Decay of the weights' exponential moving average, which is then validated and kept; nil keeps
    /// none.
    public var emaDecay: Double?
    /// Nil trains to the last epoch.
    public var earlyStopping: EarlyStopping?

    public init(
        epochs: Int = 10, batchSize: Int = 64, accumulationSteps: Int = 1, seed: UInt64 = 42,
        gradientClipNorm: Double? = nil, emaDecay: Double? = nil,
        earlyStopping: EarlyStopping? = nil
    ) {
        self.epochs = epochs
        self.batchSize = batchSize
        self.accumulationSteps = accumulationSteps
        self.seed = seed
        self.gradientClipNorm = gradientClipNorm
        self.emaDecay = emaDecay
        self.earlyStopping = earlyStopping
    }

    enum CodingKeys: String, CodingKey {
        case epochs
        case batchSize = "batch_size"
        case accumulationSteps = "accumulation_steps"
        case seed
        case gradientClipNorm = "gradient_clip_norm"
        case emaDecay = "ema_decay"
        case earlyStopping = "early_stopping"
    }

    /// - Throws: `TrainingError.option` for the first that no training can have.
    func validate() throws {
        func require(_ isMet: Bool, _ key: CodingKeys, _ value: Any, _ allowed: String) throws {
            guard isMet else {
                throw TrainingError.option(
                    name: key.rawValue, value: "\(value)", allowed: allowed)
            }
        }
        try require((1...100_000).contains(epochs), .epochs, epochs, "1 to 100000")
        try require((1...65_536).contains(batchSize), .batchSize, batchSize, "1 to 65536")
        try require(
            (1...65_536).contains(accumulationSteps), .accumulationSteps, accumulationSteps,
            "1 to 65536")
        if let norm = gradientClipNorm {
            try require(
                norm > 0 && norm.isFinite, .gradientClipNorm, norm, "greater than 0 and finite")
        }
        if let decay = emaDecay {
            try require(decay >= 0 && decay < 1, .emaDecay, decay, "at least 0 and below 1")
        }
    }

    /// Samples of an optimizer step.
    var stepSize: Int { batchSize * accumulationSteps }

    /// Optimizer steps of an epoch over that many samples, the last short one included: for schedules
    /// that go by steps.
    public func stepsPerEpoch(sampleCount: Int) -> Int {
        (sampleCount + stepSize - 1) / stepSize
    }
}
