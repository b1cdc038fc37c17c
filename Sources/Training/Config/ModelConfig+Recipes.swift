/// A named set of defaults.
public enum Recipe: String, Codable, Sendable, CaseIterable {
    /// The defaults of the pipeline that is compared with.
    case reference
    /// The best test accuracy in a few minutes on two cores.
    case fast
}

extension ModelConfig {
    public init(recipe: Recipe) {
        switch recipe {
        case .reference: self = .reference
        case .fast: self = .fast
        }
    }

    public static let reference = ModelConfig()

    /// One cycle of a high rate replaces the thirty epochs, and the averaged weights replace the
    /// choice of a best epoch.
    public static let fast: ModelConfig = {
        var config = reference
        config.epochs = 8
        config.schedule.type = .oneCycle
        config.optimizer.learningRate = 0.005
        config.optimizer.emaDecay = 0.99
        config.augmentation.rotationDegrees = 10
        config.augmentation.translationFraction = 0.08
        config.stopping.isEnabled = false
        return config
    }()
}
