/// How pixels become the model's input: (pixel / 255 − mean) / standardDeviation.
///
/// It is stored with the model, so that inference prepares images as training did.
public struct Normalization: Codable, Sendable, Equatable, Hashable {
    /// Of pixel values scaled to [0, 1].
    public let mean: Float
    public let standardDeviation: Float

    /// MNIST's training images: the one place where these two numbers are written.
    public static let mnist = Normalization(mean: 0.1307, standardDeviation: 0.3081)

    /// - Precondition: both finite, the deviation positive.
    public init(mean: Float, standardDeviation: Float) {
        precondition(
            mean.isFinite && standardDeviation.isFinite && standardDeviation > 0,
            "mean \(mean), standard deviation \(standardDeviation)")
        self.mean = mean
        self.standardDeviation = standardDeviation
    }

    private enum CodingKeys: String, CodingKey {
        case mean
        case standardDeviation = "standard_deviation"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let mean = try container.decode(Float.self, forKey: .mean)
        let deviation = try container.decode(Float.self, forKey: .standardDeviation)
        guard mean.isFinite else {
            throw DecodingError.dataCorruptedError(
                forKey: .mean, in: container, debugDescription: "mean \(mean), expected a number")
        }
        guard deviation.isFinite, deviation > 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .standardDeviation, in: container,
                debugDescription: "standard_deviation \(deviation), expected more than 0")
        }
        self.init(mean: mean, standardDeviation: deviation)
    }

    /// The model's input for one pixel value.
    @inlinable
    public func normalize(_ pixel: UInt8) -> Float {
        (Float(pixel) / 255 - mean) / standardDeviation
    }

    /// The model's input for each of the 256 pixel values: preparing an image is a look-up.
    public var table: [Float] { (0...255).map { normalize(UInt8($0)) } }
}
