/// A number for each of an image's two axes, such as a kernel's size or a stride.
///
/// Written as one number where both are the same: `stride: 2`. Encoded so too, else as the pair
/// `[height, width]`, which is PyTorch's order.
public struct HeightWidth: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible
{
    public let height: Int
    public let width: Int

    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }

    /// The same number for both.
    public init(_ both: Int) { self.init(height: both, width: both) }

    public init(integerLiteral value: Int) { self.init(value) }

    /// The number if it is the same for both.
    public var both: Int? { height == width ? height : nil }

    /// `3×5`
    public var description: String { "\(height)×\(width)" }
}

extension HeightWidth: Codable {
    public init(from decoder: any Decoder) throws {
        if let both = try? decoder.singleValueContainer().decode(Int.self) {
            self.init(both)
            return
        }
        guard let pair = try? decoder.singleValueContainer().decode([Int].self), pair.count == 2
        else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "expected a whole number, or a list of a height and a width"))
        }
        self.init(height: pair[0], width: pair[1])
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let both { try container.encode(both) } else { try container.encode([height, width]) }
    }
}
