/// The shape of one sample inside the engine: pixels in rows, a pixel's channels together (HWC).
///
/// A feature vector has height and width 1.
public struct SampleShape: Equatable, Sendable, CustomStringConvertible {
    public let height: Int
    public let width: Int
    public let channels: Int

    public init(height: Int, width: Int, channels: Int) {
        precondition(
            height > 0 && width > 0 && channels > 0, "a shape of \(height)×\(width)×\(channels)")
        self.height = height
        self.width = width
        self.channels = channels
    }

    public init(features: Int) { self.init(height: 1, width: 1, channels: features) }

    /// Floats in one sample.
    public var count: Int { height * width * channels }
    public var pixels: Int { height * width }
    public var description: String { "\(height)×\(width)×\(channels)" }
}
