/// Labelled one-channel images of one size, in memory.
///
/// The pixels are raw bytes, 0 (black) to 255 (white), as in the files; a model's normalisation
/// turns them into its input.
public struct ImageSet: Sendable, Equatable {
    /// Pixels of one image, vertically and horizontally.
    public let height: Int
    public let width: Int
    /// `[N, height, width]`, row-major.
    public let pixels: [UInt8]
    /// `[N]`; each an index into `classNames`.
    public let labels: [UInt8]
    public let classNames: [String]

    public var count: Int { labels.count }
    public var pixelsPerImage: Int { height * width }

    /// - Precondition: `pixels.count = labels.count · height · width`, each label below
    ///   `classNames.count`. Readers of outside data check both and throw before they come here.
    public init(
        height: Int, width: Int, pixels: [UInt8], labels: [UInt8], classNames: [String]
    ) {
        precondition(
            pixels.count == labels.count * height * width,
            "\(pixels.count) pixels for \(labels.count) images of \(height)×\(width)")
        precondition(
            labels.allSatisfy { $0 < classNames.count },
            "label \(labels.max() ?? 0) with \(classNames.count) classes")
        self.height = height
        self.width = width
        self.pixels = pixels
        self.labels = labels
        self.classNames = classNames
    }

    /// The pixels of one image, `[height, width]`; their indices start at `index · pixelsPerImage`.
    public func image(at index: Int) -> ArraySlice<UInt8> {
        pixels[index * pixelsPerImage..<(index + 1) * pixelsPerImage]
    }

    /// The images at `indices`, in that order; an index may occur more than once.
    public func subset(_ indices: [Int]) -> ImageSet {
        var chosen: [UInt8] = []
        chosen.reserveCapacity(indices.count * pixelsPerImage)
        for index in indices { chosen += image(at: index) }
        return ImageSet(
            height: height, width: width, pixels: chosen, labels: indices.map { labels[$0] },
            classNames: classNames)
    }

    /// How many images each class has, in the order of `classNames`.
    public var classCounts: [Int] {
        var counts = [Int](repeating: 0, count: classNames.count)
        for label in labels { counts[Int(label)] += 1 }
        return counts
    }
}
