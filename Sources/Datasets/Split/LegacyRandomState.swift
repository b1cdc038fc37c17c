/// NumPy's `RandomState`, as far as scikit-learn's splits use it: MT19937 with legacy seeding and
/// the legacy shuffle. Kept for equal indices, not as a generator for anything else.
///
/// Sources: Matsumoto, Nishimura (1998), "Mersenne Twister"; NumPy 2.4, `mt19937.c`
/// (`mt19937_seed`), `legacy-distributions.c` and `mtrand.pyx` (`shuffle`, `permutation`, `choice`).
struct LegacyRandomState {
    private var state = [UInt32](repeating: 0, count: 624)
    private var position = 624

    init(seed: UInt32) {
        var value = seed
        for index in 0..<624 {
            state[index] = value
            value = 1_812_433_253 &* (value ^ (value >> 30)) &+ UInt32(index) &+ 1
        }
    }

    /// The next 32 random bits.
    mutating func next() -> UInt32 {
        if position == 624 { regenerate() }
        var value = state[position]
        position += 1
        value ^= value >> 11
        value ^= (value << 7) & 0x9d2c_5680
        value ^= (value << 15) & 0xefc6_0000
        return value ^ (value >> 18)
    }

    /// A number in 0…`limit`: random bits under the smallest mask that covers it, drawn again while
    /// they are above it.
    mutating func interval(_ limit: UInt32) -> UInt32 {
        guard limit > 0 else { return 0 }
        let mask = UInt32.max >> UInt32(limit.leadingZeroBitCount)
        while true {
            let value = next() & mask
            if value <= limit { return value }
        }
    }

    /// `RandomState.permutation` of a list: Fisher–Yates from the end.
    mutating func permutation<Element>(_ elements: [Element]) -> [Element] {
        var shuffled = elements
        for index in stride(from: elements.count - 1, to: 0, by: -1) {
            shuffled.swapAt(index, Int(interval(UInt32(index))))
        }
        return shuffled
    }

    /// `RandomState.choice(elements, size, replace=False)`.
    mutating func choice<Element>(_ elements: [Element], count: Int) -> [Element] {
        permutation(Array(elements.indices)).prefix(count).map { elements[$0] }
    }

    private mutating func regenerate() {
        for index in 0..<624 {
            let bits = (state[index] & 0x8000_0000) | (state[(index + 1) % 624] & 0x7fff_ffff)
            let twist: UInt32 = bits & 1 == 0 ? 0 : 0x9908_b0df
            state[index] = state[(index + 397) % 624] ^ (bits >> 1) ^ twist
        }
        position = 0
    }
}
