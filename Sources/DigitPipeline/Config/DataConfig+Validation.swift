import Training

extension DataConfig {
    /// Checks the values that depend on one another.
    ///
    /// - Throws: `ConfigError.conflict`.
    func validate() throws {
        let isFolder = dataset.hasPrefix("images:")
        let isColor = dataset == "cifar10" || dataset.hasPrefix("cifar10:")
        if color == .rgb && !isFolder && !isColor {
            throw ConfigError.conflict(
                key: "color", value: color.rawValue, otherKey: "dataset", otherValue: dataset,
                allowed: "color rgb with images:DIR; the others have the channels that they have")
        }
        guard let imageSize, color == .grey || !isFolder else { return }
        throw isFolder
            ? ConfigError.conflict(
                key: "image_size", value: imageSize, otherKey: "color", otherValue: color.rawValue,
                allowed: "an image_size with color rgb; grey pictures become digits of 28×28")
            : ConfigError.conflict(
                key: "image_size", value: imageSize, otherKey: "dataset", otherValue: dataset,
                allowed: "an image_size with images:DIR; the others have the size that they have")
    }
}
