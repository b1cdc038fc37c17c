import Kernels

/// The order in which an epoch visits the training images: a permutation that depends on the seed
/// and the epoch alone.
///
/// Source: Fisher–Yates, in Durstenfeld's form (1964), each draw reduced without bias by Lemire
/// (2019), "Fast Random Integer Generation in an Interval".
struct EpochOrder {
    private(set) var positions: [Int] = []
    private let random: Philox

    init(seed: UInt64) { random = Philox(key: seed) }

    /// Makes the order of an epoch over `count` images.
    mutating func shuffle(count: Int, epoch: Int) {
        if positions.count != count { positions = Array(0..<count) }
        for index in 0..<count { positions[index] = index }
        var draws = PhiloxSequence(random, purpose: RandomPurpose.shuffle, stream: epoch)
        for index in stride(from: count - 1, to: 0, by: -1) {
            positions.swapAt(index, Int(draws.next(upperBound: UInt64(index + 1))))
        }
    }
}

/// The words of one Philox stream, one after another.
struct PhiloxSequence: RandomNumberGenerator {
    private let random: Philox
    private let purpose: UInt32
    private let stream: UInt32
    private var block: UInt64 = 0
    private var words = SIMD4<UInt32>()
    private var used = 4

    init(_ random: Philox, purpose: UInt32, stream: Int) {
        self.random = random
        self.purpose = purpose
        self.stream = UInt32(truncatingIfNeeded: stream)
    }

    mutating func next() -> UInt64 {
        if used == 4 {
            words = random.words(
                SIMD4(
                    UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32),
                    stream, purpose))
            block += 1
            used = 0
        }
        defer { used += 2 }
        return UInt64(words[used]) | UInt64(words[used + 1]) << 32
    }
}
