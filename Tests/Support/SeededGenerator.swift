import Foundation

/// SplitMix64: a small repeatable generator for random test cases.
///
/// Source: Steele, Lea, Flood (2014), "Fast Splittable Pseudorandom Number Generators".
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// `count` floats, uniform in [low, high); each takes the top 24 bits of one draw.
    public mutating func floats(_ count: Int, from low: Float = -1, to high: Float = 1) -> [Float] {
        (0..<count).map { _ in
            low + (high - low) * (Float(next() >> 40) * 0x1p-24)
        }
    }

    /// `count` floats of the standard normal distribution, by Box and Muller's method.
    public mutating func normals(_ count: Int) -> [Float] {
        (0..<count).map { _ in
            // Never zero, whose logarithm is none.
            let radius = (-2 * log((Double(next() >> 11) + 0.5) * 0x1p-53)).squareRoot()
            let angle = 2 * Double.pi * Double(next() >> 11) * 0x1p-53
            return Float(radius * cos(angle))
        }
    }
}
