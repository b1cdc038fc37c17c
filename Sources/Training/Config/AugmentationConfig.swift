/// Random changes of the training images.
public struct AugmentationConfig: Sendable, Equatable {
    public var isEnabled = true
    public var rotationDegrees = 15.0
    /// Largest shift as a fraction of the image's side.
    public var translationFraction = 0.1
    public var scaleMin = 0.9
    public var scaleMax = 1.1

    public init() {}
}

extension AugmentationConfig {
    public static let keys: [ConfigKey<AugmentationConfig>] = ConfigKey.group(
        .training,
        [
            enabledKey,
            .number(
                "rotation_degrees", \.rotationDegrees, .init(.included(0), .included(180)),
                "largest rotation, either way"),
            .number(
                "translation_fraction", \.translationFraction, .belowOne,
                "largest shift, as a share of the side"),
            scaleMinKey, scaleMaxKey,
        ])

    package static let enabledKey = ConfigKey<AugmentationConfig>.boolean(
        "augmentation", \.isEnabled, "random rotations, shifts and scales in training")

    private static let scales = NumberRange(.excluded(0), .included(10))
    private static let scaleMinKey = ConfigKey<AugmentationConfig>.number(
        "scale_min", \.scaleMin, scales, "smallest scale")
    private static let scaleMaxKey = ConfigKey<AugmentationConfig>.number(
        "scale_max", \.scaleMax, scales, "largest scale")

    func validateScales() throws {
        guard scaleMin > scaleMax else { return }
        let (smallest, largest) = (Self.scaleMinKey.name, Self.scaleMaxKey.name)
        throw ConfigError.conflict(
            key: smallest, value: "\(scaleMin)", otherKey: largest, otherValue: "\(scaleMax)",
            allowed: "a \(smallest) of at most \(largest)")
    }
}
