/// A counter-based random generator: each value depends on the key and its counter alone, so that
/// workers draw in any order and get the same numbers.
///
/// Source: Salmon, Moraes, Dror, Shaw (2011), "Parallel Random Numbers: As Easy as 1, 2, 3":
/// Philox4x32-10.
public struct Philox: Sendable {
    private let key: (UInt32, UInt32)

    public init(key: UInt64) {
        self.key = (UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32))
    }

    /// The four 32-bit words at a counter.
    public func words(_ counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
        var (c0, c1, c2, c3) = (counter.x, counter.y, counter.z, counter.w)
        var (k0, k1) = key
        for _ in 0..<10 {
            let p0 = UInt64(c0) &* 0xD251_1F53
            let p1 = UInt64(c2) &* 0xCD9E_8D57
            (c0, c1, c2, c3) = (
                UInt32(truncatingIfNeeded: p1 >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: p1),
                UInt32(truncatingIfNeeded: p0 >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: p0)
            )
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return SIMD4(c0, c1, c2, c3)
    }

    /// Four floats in [0, 1), each from the top 24 bits of a word.
    public func uniform(_ counter: SIMD4<UInt32>) -> SIMD4<Float> {
        let bits = words(counter)
        return SIMD4<Float>(SIMD4<Int32>(truncatingIfNeeded: bits &>> 8)) * 0x1p-24
    }
}

/// What a stream of random numbers is for; the last word of its counter.
///
/// Purposes never share a counter, so that changing one (the dropout rate, say) leaves the others'
/// numbers as they were.
public enum RandomPurpose {
    public static let initialization: UInt32 = 1
    public static let shuffle: UInt32 = 2
    public static let augmentation: UInt32 = 3
    /// Dropout layers count on from here.
    public static let dropout: UInt32 = 16
}
