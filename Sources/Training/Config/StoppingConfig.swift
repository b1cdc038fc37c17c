/// When training ends early: by the validation loss.
public struct StoppingConfig: Sendable, Equatable {
    public var isEnabled = true
    public var patience = 7
    public var minDelta = 1e-3

    public init() {}
}

extension StoppingConfig {
    public static let keys: [ConfigKey<StoppingConfig>] = ConfigKey.group(
        .training,
        [
            .boolean(
                "early_stopping", \.isEnabled, "stop when validation loss no longer improves"),
            .integer(
                "patience", \.patience, 1...100_000, "epochs without improvement before stopping"),
            .number(
                "min_delta", \.minDelta, .nonNegative, "smallest fall of the loss that counts"),
        ])
}
