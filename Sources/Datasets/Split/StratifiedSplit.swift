/// Indices of a training and a held-out part in which each class has its share.
///
/// They are exactly those of scikit-learn's
/// `train_test_split(range(n), test_size=…, random_state=seed, stratify=labels)`, in its order.
/// Source: scikit-learn 1.9, `StratifiedShuffleSplit` and `_approximate_mode`.
public struct StratifiedSplit: Sendable, Equatable {
    public let train: [Int]
    /// scikit-learn's test part: the pipeline's validation set.
    public let test: [Int]

    /// How large a part is.
    public enum Size: Sendable, Equatable, CustomStringConvertible {
        /// Of all samples, in (0, 1); rounded up for the test part, down for the training part.
        case fraction(Double)
        /// Samples, 1 to n − 1.
        case count(Int)

        public var description: String {
            switch self {
            case .fraction(let value): "\(value)"
            case .count(let value): "\(value)"
            }
        }
    }

    /// Splits the samples 0…n−1 by their labels.
    ///
    /// - Parameter train: what the test part leaves when it is not given.
    /// - Throws: `SplitError` where scikit-learn raises `ValueError`: a size out of range, a class
    ///   with one member, a part with fewer samples than there are classes.
    public init(labels: [UInt8], test: Size, train: Size? = nil, seed: UInt32) throws {
        let sizes = try PartSizes(sampleCount: labels.count, test: test, train: train)
        let members = Self.membersByClass(labels)
        try Self.check(members, sizes)

        var random = LegacyRandomState(seed: seed)
        let counts = members.map(\.indices.count)
        let trainCounts = Self.approximateMode(counts, draws: sizes.train, &random)
        let left = zip(counts, trainCounts).map { $0 - $1 }
        let testCounts = Self.approximateMode(left, draws: sizes.test, &random)

        var trainIndices: [Int] = []
        var testIndices: [Int] = []
        for (index, member) in members.enumerated() {
            let shuffled = random.permutation(member.indices)
            trainIndices += shuffled.prefix(trainCounts[index])
            testIndices += shuffled.dropFirst(trainCounts[index]).prefix(testCounts[index])
        }
        self.train = random.permutation(trainIndices)
        self.test = random.permutation(testIndices)
    }

    // MARK: - Steps

    private typealias Member = (label: UInt8, indices: [Int])

    /// The indices of each label that occurs, by rising label, each list rising.
    private static func membersByClass(_ labels: [UInt8]) -> [Member] {
        var indices = [[Int]](repeating: [], count: 256)
        for (index, label) in labels.enumerated() { indices[Int(label)].append(index) }
        return indices.enumerated().filter { !$1.isEmpty }.map { (UInt8($0), $1) }
    }

    private static func check(_ members: [Member], _ sizes: PartSizes) throws {
        let single = members.filter { $0.indices.count < 2 }.map { Int($0.label) }
        guard single.isEmpty else { throw SplitError.tooFewMembers(classes: single) }
        guard sizes.train >= members.count else {
            throw SplitError.partTooSmall(
                part: "training", size: sizes.train, classCount: members.count)
        }
        guard sizes.test >= members.count else {
            throw SplitError.partTooSmall(
                part: "test", size: sizes.test, classCount: members.count)
        }
    }

    /// How many of `draws` fall to each class: the floor of its share, then one more by the largest
    /// remainder, ties broken at random.
    ///
    /// The arithmetic is scikit-learn's, operation by operation: which remainders are equal, and so
    /// how much randomness is used, depends on its rounding.
    private static func approximateMode(
        _ counts: [Int], draws: Int, _ random: inout LegacyRandomState
    ) -> [Int] {
        let total = Double(counts.reduce(0, +))
        let shares = counts.map { Double($0) / total * Double(draws) }
        var allotted = shares.map { Int($0.rounded(.down)) }
        let remainders = zip(shares, allotted).map { $0 - Double($1) }
        var missing = draws - allotted.reduce(0, +)
        for value in Set(remainders).sorted(by: >) where missing > 0 {
            let tied = remainders.indices.filter { remainders[$0] == value }
            let chosen = random.choice(tied, count: min(tied.count, missing))
            for index in chosen { allotted[index] += 1 }
            missing -= chosen.count
        }
        return allotted
    }
}

/// scikit-learn's sizes of the two parts.
private struct PartSizes {
    let train: Int
    let test: Int

    init(sampleCount n: Int, test: StratifiedSplit.Size, train: StratifiedSplit.Size?) throws {
        try Self.check(test, part: "test", sampleCount: n)
        if let train { try Self.check(train, part: "training", sampleCount: n) }
        if case .fraction(let f) = test, case .fraction(let g) = train, f + g > 1 {
            throw SplitError.sum(test: test, train: .fraction(g), sampleCount: n)
        }
        let testCount =
            switch test {
            case .fraction(let f): Int((f * Double(n)).rounded(.up))
            case .count(let count): count
            }
        let trainCount =
            switch train {
            case .fraction(let f): Int((f * Double(n)).rounded(.down))
            case .count(let count): count
            case nil: n - testCount
            }
        guard trainCount + testCount <= n else {
            throw SplitError.sum(test: test, train: train ?? .count(trainCount), sampleCount: n)
        }
        guard trainCount > 0 else { throw SplitError.emptyTraining(test: test, sampleCount: n) }
        self.train = trainCount
        self.test = testCount
    }

    private static func check(_ size: StratifiedSplit.Size, part: String, sampleCount: Int) throws {
        let isPossible =
            switch size {
            case .fraction(let f): f > 0 && f < 1
            case .count(let count): count > 0 && count < sampleCount
            }
        guard isPossible else {
            throw SplitError.size(part: part, got: size, sampleCount: sampleCount)
        }
    }
}
