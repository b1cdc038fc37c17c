/// What an optimizer's settings may be, as PyTorch's constructors check them. NaN is in no range.
struct OptimizerSetting {
    private let name: String
    private let value: Double

    init(_ name: String, _ value: Double) {
        self.name = name
        self.value = value
    }

    /// A decay of running means: at 1 they would never see a gradient.
    func isDecay() throws {
        try require(value >= 0 && value < 1, "at least 0 and below 1")
    }

    func isNotNegative() throws {
        try require(value >= 0 && value.isFinite, "at least 0 and finite")
    }

    private func require(_ isMet: Bool, _ allowed: String) throws {
        guard isMet else {
            throw TrainingError.option(name: name, value: "\(value)", allowed: allowed)
        }
    }
}
