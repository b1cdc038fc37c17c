import Kernels

/// Repeatable random numbers of a check.
struct RandomFloats {
    private let random: Philox
    private var block: UInt32 = 0

    init(seed: UInt64) { random = Philox(key: seed) }

    /// Uniform in [low, high).
    mutating func floats(_ count: Int, from low: Float = -1, to high: Float = 1) -> [Float] {
        var values: [Float] = []
        while values.count < count {
            let draws = random.uniform(SIMD4(block, 0, 0, 0))
            block += 1
            values += (0..<4).map { low + (high - low) * draws[$0] }
        }
        return Array(values.prefix(count))
    }
}

/// Distinct values at least `gap` apart in random order, around zero: no ties for a maximum, nothing
/// at ReLU's kink, and a step below `gap` changes no argmax.
public func separatedValues(_ count: Int, gap: Float = 0.05, seed: UInt64 = 1) -> [Float] {
    var random = RandomFloats(seed: seed)
    let keys = random.floats(count)
    let order = (0..<count).sorted { (keys[$0], $0) < (keys[$1], $1) }
    return order.map { (Float($0 - count / 2) + 0.5) * gap }
}
