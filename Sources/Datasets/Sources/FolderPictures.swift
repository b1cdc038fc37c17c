import Foundation

/// What becomes of the pictures in `images:FOLDER`.
public enum FolderPictures: Sendable, Equatable {
    /// One digit each, brought into MNIST's form.
    case digits(Polarity)
    /// Colours as they are, all of one size: this one, to which they are resized whatever their
    /// proportions, or the one that they all have.
    case color(ImageSize?)

    var color: ImageColor {
        switch self {
        case .digits: .grey
        case .color: .rgb
        }
    }
}

/// Brings pictures into the form that is wanted, one after another.
struct FolderPicturePreparer {
    private let wanted: FolderPictures
    private let limits: DatasetLimits
    /// The sizes that were met where they may not differ, with the first picture of each.
    private var sizes: [(size: ImageSize, count: Int, first: String)] = []

    init(_ wanted: FolderPictures, limits: DatasetLimits) {
        self.wanted = wanted
        self.limits = limits
    }

    var color: ImageColor { wanted.color }
    var channels: Int { wanted.color == .grey ? 1 : 3 }

    /// Of the pictures so far; one pixel where there was none, which is an error elsewhere.
    var size: ImageSize {
        switch wanted {
        case .digits: ImageSize(height: DigitNormalizer.side, width: DigitNormalizer.side)
        case .color(let given): given ?? sizes.first?.size ?? ImageSize(height: 1, width: 1)
        }
    }

    /// - Parameter path: what errors call it.
    /// - Returns: `[height, width, channels]`; nil for a picture of another size than the others, which
    ///   `check` tells.
    /// - Throws: `ImageError` for what can't be used.
    mutating func pixels(_ image: DecodedImage, path: String) throws -> [UInt8]? {
        switch wanted {
        case .digits(let polarity):
            return try DigitNormalizer(polarity: polarity).normalize(image)
        case .color(let given?):
            return image.colors(in: given)
        case .color(nil):
            let found = ImageSize(height: image.height, width: image.width)
            note(found, path)
            return found == size ? ColorPicture(image).pixels : nil
        }
    }

    private mutating func note(_ size: ImageSize, _ path: String) {
        guard let index = sizes.firstIndex(where: { $0.size == size }) else {
            sizes.append((size, 1, path))
            return
        }
        sizes[index].count += 1
    }

    /// - Throws: `DatasetError.pictureSizes` if they differ, or are too large for a network.
    func check(folder: String) throws {
        guard sizes.count > 1 || max(size.height, size.width) > limits.imageSide else { return }
        throw DatasetError.pictureSizes(
            path: folder, sizes: sizes.map { "\($0.size) (\($0.first))" }, limit: limits.imageSide)
    }
}
