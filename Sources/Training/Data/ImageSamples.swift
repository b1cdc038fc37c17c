import Kernels
import LinearAlgebra

/// The labelled images that a training or evaluation reads: bytes, and how they become inputs.
///
/// A subset shares the bytes and lists its samples, so that a split copies no image.
public struct ImageSamples: Sendable {
    public let height: Int
    public let width: Int
    /// `[N, H, W]`, all images, those outside the subset included.
    public let pixels: [UInt8]
    public let labels: [Int]
    /// Which images belong to this set, in order.
    public let indices: [Int]
    public let normalization: InputNormalization
    private let table: FloatSlice

    /// - Precondition: one label and H·W bytes for each image; indices within.
    public init(
        pixels: [UInt8], labels: [Int], height: Int, width: Int, indices: [Int]? = nil,
        normalization: InputNormalization
    ) {
        precondition(
            pixels.count == labels.count * height * width,
            "\(pixels.count) bytes for \(labels.count) images of \(height)×\(width)")
        let chosen = indices ?? Array(labels.indices)
        precondition(chosen.allSatisfy(labels.indices.contains), "an index outside the images")
        self.pixels = pixels
        self.labels = labels
        self.height = height
        self.width = width
        self.indices = chosen
        self.normalization = normalization
        table = normalizationTable(
            mean: normalization.mean, standardDeviation: normalization.standardDeviation)
    }

    public var count: Int { indices.count }

    /// Other images of the same file.
    public func including(_ indices: [Int]) -> ImageSamples {
        ImageSamples(
            pixels: pixels, labels: labels, height: height, width: width, indices: indices,
            normalization: normalization)
    }

    /// The same images, as another model's training normalised them.
    public func normalized(by normalization: InputNormalization) -> ImageSamples {
        guard normalization != self.normalization else { return self }
        return ImageSamples(
            pixels: pixels, labels: labels, height: height, width: width, indices: indices,
            normalization: normalization)
    }

    /// The label of the subset's sample `position`.
    public func label(_ position: Int) -> Int { labels[indices[position]] }

    /// Writes the normalised image of the subset's sample `position`, `[H, W]`.
    public func load(_ position: Int, into out: FloatSlice) {
        normalize(pixels, from: indices[position] * height * width, table: table, into: out)
    }

    /// The same, seen through an affine map.
    public func load(_ position: Int, through map: AffineMap, into out: FloatSlice) {
        warpAndNormalize(
            pixels, from: indices[position] * height * width, height: height, width: width, map,
            mean: Float(normalization.mean),
            standardDeviation: Float(normalization.standardDeviation), into: out)
    }
}

/// How bytes become inputs: (byte/255 − mean) / standardDeviation.
///
/// Stored with each model, so that inference can't drift from training.
public struct InputNormalization: Codable, Sendable, Equatable {
    /// The mean and standard deviation of MNIST's training pixels, in [0, 1].
    public static let mnist = InputNormalization(mean: 0.1307, standardDeviation: 0.3081)

    public let mean: Double
    public let standardDeviation: Double

    public init(mean: Double, standardDeviation: Double) {
        self.mean = mean
        self.standardDeviation = standardDeviation
    }

    enum CodingKeys: String, CodingKey {
        case mean
        case standardDeviation = "standard_deviation"
    }
}
