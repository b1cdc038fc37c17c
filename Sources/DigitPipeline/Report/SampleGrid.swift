import Datasets
import Foundation

/// The first images of each class in one picture, a row a class: what a data set looks like.
struct SampleGrid: Equatable {
    /// White pixels between images.
    static let gap = 2
    static let imagesPerClass = 10
    /// Of a set with more, the first are shown.
    static let classLimit = 20

    let height: Int
    let width: Int
    /// As the images have.
    let channels: Int
    /// `[height, width, channels]`.
    let pixels: [UInt8]

    init(_ set: ImageSet) {
        let rows = Self.rows(set)
        let columns = rows.map(\.count).max() ?? 0
        height = rows.count * (set.height + Self.gap) + Self.gap
        width = columns * (set.width + Self.gap) + Self.gap
        channels = set.channels
        var pixels = [UInt8](repeating: 255, count: height * width * channels)
        for (row, images) in rows.enumerated() {
            for (column, image) in images.enumerated() {
                let top = Self.gap + row * (set.height + Self.gap)
                let left = Self.gap + column * (set.width + Self.gap)
                let lineBytes = set.width * channels
                let bytes = Array(set.image(at: image))
                for y in 0..<set.height {
                    let start = ((top + y) * width + left) * channels
                    pixels.replaceSubrange(
                        start..<start + lineBytes,
                        with: bytes[y * lineBytes..<(y + 1) * lineBytes])
                }
            }
        }
        self.pixels = pixels
    }

    /// The images of each class, in the order of the file.
    private static func rows(_ set: ImageSet) -> [[Int]] {
        var rows = [[Int]](repeating: [], count: min(classLimit, set.classNames.count))
        for (index, label) in set.labels.enumerated()
        where Int(label) < rows.count && rows[Int(label)].count < imagesPerClass {
            rows[Int(label)].append(index)
        }
        return rows
    }

    /// Nil for images that PNG has no form for, or that are too large to be shown together.
    func png() throws -> Data? {
        guard channels == 1 || channels == 3,
            max(height, width) <= ImageLimits.maximumSide
        else { return nil }
        return try PNGEncoder.encode(pixels, width: width, height: height, channels: channels)
    }
}
