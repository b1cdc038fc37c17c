import Datasets
import Kernels
import Training

extension DataConfig {
    /// Nil for a text that names no data set.
    var kind: DatasetKind? { DatasetKind.parse(dataset)?.kind }

    /// The images' shape, where it follows from the config; nil where only the files tell.
    public var imageShape: SampleShape? {
        guard let kind else { return nil }
        if kind == .images {
            guard color == .rgb else {
                let side = DigitNormalizer.side
                return SampleShape(height: side, width: side, channels: 1)
            }
            return imageSize.flatMap(ImageSize.init(parsing:)).map {
                SampleShape(height: $0.height, width: $0.width, channels: 3)
            }
        }
        guard let size = kind.imageSize, let channels = kind.channels else { return nil }
        return SampleShape(height: size.height, width: size.width, channels: channels)
    }

    /// Checks the values that depend on one another.
    ///
    /// - Throws: `ConfigError.conflict`.
    func validate() throws {
        let isFolder = kind == .images
        let folder = DatasetKind.images.usage
        let (colorKey, sizeKey) = (ConfigSchema.colorKey.name, ConfigSchema.imageSizeKey.name)
        if color == .rgb && !isFolder && kind?.channels != 3 {
            throw conflict(
                colorKey, color.rawValue,
                allowed:
                    "\(colorKey) rgb with \(folder); the others have the channels that they have")
        }
        guard let imageSize, color == .grey || !isFolder else { return }
        throw isFolder
            ? ConfigError.conflict(
                key: sizeKey, value: imageSize, otherKey: colorKey, otherValue: color.rawValue,
                allowed: "an \(sizeKey) with \(colorKey) rgb; grey pictures become digits of 28×28")
            : conflict(
                sizeKey, imageSize,
                allowed: "an \(sizeKey) with \(folder); the others have the size that they have")
    }

    private func conflict(_ key: String, _ value: String, allowed: String) -> ConfigError {
        .conflict(
            key: key, value: value, otherKey: ConfigSchema.datasetKey.name, otherValue: dataset,
            allowed: allowed)
    }
}
